"""Two environments of one account, of which the name of one begins as the other's: neither takes what is the other's,
whatever somebody has written on it.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.stack.contents import contents
from tests.stack.listing import difference, listing
from tests.stack.look import Looks

from .tagging import read_tags, write_tags

TASK = """\
shared_volume: true
policy:
  - {Effect: Allow, Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::example-bucket/*"]}
"""


class Environment:
    """One of the two, with every kind of resource that carries tags."""

    def __init__(self, playbooks: Any, variables: dict[str, Any], name: str) -> None:
        self.aws, self.playbooks = playbooks.aws, playbooks
        self.variables = {**variables, "farflow_environment": name, "worker_pool_scaling": "cpu"}
        playbooks.deploy(**self.variables)
        self.ids = self.ids_now()

    def ids_now(self) -> dict[tuple[str, str], str]:
        found = contents(self.aws, self.variables)
        return {key: some[0][0] for key, some in found.items() if read_tags(self.aws, key, some[0][0])}

    def write(self, **tags: str) -> None:
        """Writes tags on all that it has."""
        added = {f"farflow:{key}": value for key, value in tags.items()}
        for key, id_ in self.ids.items():
            before = read_tags(self.aws, key, id_)
            write_tags(self.aws, key, id_, before, {**before, **added})

    def plan(self) -> dict[str, str]:
        return Looks(self.aws, self.variables).plan()

    def teardown(self) -> None:
        confirmed = {"farflow_teardown_confirm": self.variables["farflow_environment"], "farflow_teardown_keep": []}
        self.playbooks.teardown(**confirmed, **self.variables)


@pytest.mark.thorough
def test_neither_takes_what_is_the_others_whatever_its_tags_say(playbooks, aws, project):
    (project.tasks / "hello" / "task.yml").write_text(TASK)
    before = listing(aws)
    dev, other = (Environment(playbooks, project.variables, name) for name in ("dev", "dev-x"))
    assert dev.plan() == other.plan() == {}
    assert not dev.ids.keys() & other.ids.keys()

    other.write(environment="dev")
    assert dev.plan() == {}
    dev.teardown()
    assert other.ids_now() == other.ids

    changes = other.plan()
    assert {each.split()[0] for each in changes} == {"change"}
    assert [reasons for reasons in changes.values() if not reasons.startswith("tags ")] == []
    playbooks.deploy(**other.variables)
    assert other.plan() == {}
    other.teardown()
    assert difference(before, listing(aws)) == {}
