"""What is looked for in answers is there, by botocore's models."""

from __future__ import annotations

import botocore.session
import jmespath
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.observations import members

SESSION = botocore.session.get_session()
LEAVES = {"boolean": True, "integer": 1, "long": 1, "double": 1.0, "float": 1.0, "timestamp": "now", "blob": b""}


def example(shape, above=()):
    """A document with all members of a shape."""
    if shape is None or shape.name in above:
        return None
    above = (*above, shape.name)
    if shape.type_name == "structure":
        return {name: example(each, above) for name, each in shape.members.items()}
    if shape.type_name == "list":
        return [example(shape.member, above)]
    if shape.type_name == "map":
        return {"key": example(shape.value, above)}
    return LEAVES.get(shape.type_name, shape.name)


def document(call):
    service, operation = call.split()
    model = SESSION.get_service_model(service).operation_model(operation)
    return {"asked": example(model.input_shape), "told": example(model.output_shape)}


SHOWN = [(call, kind) for call, kinds in members.SHOWN.items() for kind in kinds]


@pytest.mark.parametrize(("call", "kind"), SHOWN, ids=str)
def test_what_is_shown_is_pairs_of_an_id_and_a_state(call, kind):
    found = jmespath.search(members.SHOWN[call][kind], document(call))
    assert [len(pair) for pair in found] == [2]
    assert None not in found[0]


@pytest.mark.parametrize("call", members.DONE)
def test_what_was_done_is_done_to_ids(call):
    done, expression = members.DONE[call]
    found = jmespath.search(expression, document(call))
    assert found
    assert all(isinstance(each, str) for each in found)
    assert done in (members.MADE, members.CHANGED, members.GONE)
