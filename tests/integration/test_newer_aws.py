"""An AWS that is late with its tags, and newer than the collection is: deploy, plan, change and teardown as ever."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.embedded_aws import newer_models
from tests.stack.listing import difference, listing, more
from tests.stack.playbooks import ROOT

from .stack import STACK, mutating_calls

_CLIENT = re.compile(r"clients(?:\.once)?\(\"([a-z0-9-]+)\"\)")


def services() -> set[str]:
    """Those of AWS that the collection calls."""
    files = (ROOT / "plugins").rglob("*.py")
    return {"application-autoscaling", "servicediscovery"}.union(
        *(_CLIENT.findall(path.read_text(encoding="utf-8")) for path in files)
    )


@pytest.fixture
def newer_botocore(tmp_path, monkeypatch):
    """The playbooks' botocore knows what AWS has added, so that they get to see it."""
    newer_models.write(Path(tmp_path / "models"), services())
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path / "models"))


def test_what_aws_adds_and_what_it_tells_late_changes_nothing(aws, playbooks, project, newer_botocore):
    before = listing(aws)
    with aws.behaviours(late_tags=3600, unknown_members=1.0):
        playbooks.deploy(**project.variables)
        assert {kind: len(names) for kind, names in more(before, listing(aws)).items()} == STACK
        aws.reset_calls()
        plan = playbooks.run("plan", **project.variables)
        (ROOT / "artifacts" / "calls.txt").write_text(
            "\n".join(sorted({f"{call['service']} {call['operation']}" for call in aws.calls()}))
        )
        assert mutating_calls(aws) == []
        again = playbooks.deploy(**project.variables)
        assert again.changed == 0, again.output
        changed = playbooks.deploy(dag_tasks_memory=2048, **project.variables)
        assert "memory 512 -> 2048" in changed.output
        playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}
    assert plan.code == 0, plan.output
