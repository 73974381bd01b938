"""A deploy, the sample DAG, the same deploy again, a change and a teardown on an AWS at its hardest, by further seeds
than the story's.
"""

from __future__ import annotations

import json

import pytest

from tests.stack.listing import difference, listing
from tests.stack.playbooks import playbooks_on
from tests.stack.strict import ALWAYS

from .conftest import ARTIFACTS, SEED, airflow_of

pytestmark = pytest.mark.thorough

#: Slower than the story's, so that more is met while it is late.
CLOCK = 15


@pytest.fixture(params=range(SEED + 1, SEED + 5))
def playbooks(request):
    logs = ARTIFACTS / "strict-seeds" / str(request.param)
    with playbooks_on("strict-seeds", logs, fast=False, strict=True, seed=request.param, clock=CLOCK) as playbooks:
        yield playbooks
        (logs / "struck.json").write_text(json.dumps(playbooks.aws.struck(), indent=1))


@pytest.fixture
def aws(playbooks):
    return playbooks.aws


def test_everything_is_as_ever(aws, playbooks):
    before = listing(aws)
    playbooks.deploy()
    assert airflow_of(aws).dag_run("example")["state"] == "success"

    aws.reset_calls()
    assert playbooks.deploy().changed == 0
    assert [call for call in aws.calls(mutating=True) if call["caller"] == "host"] == []

    changed = playbooks.deploy(dag_tasks_memory=2048)
    assert "memory 512 -> 2048" in changed.output
    assert airflow_of(aws).dag_run("example")["state"] == "success"

    playbooks.teardown()
    assert difference(before, listing(aws)) == {}
    assert ALWAYS - set(aws.struck()) == set()
