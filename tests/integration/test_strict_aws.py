"""An AWS at its hardest: late, slow, with collisions and with the quota of a new account. Everything is as ever."""

from __future__ import annotations

import json

import pytest

from tests.stack.listing import difference, listing
from tests.stack.playbooks import ROOT, playbooks_on
from tests.thorough import seeds

from .stack import mutating_calls

pytestmark = pytest.mark.thorough

LOGS = ROOT / "artifacts" / "integration" / "strict"

#: What cannot but strike in a deploy, a change and a teardown.
ALWAYS = {
    *("late_tags", "late_iam", "late_queues", "late_secrets", "late_tasks", "late_authorization_details"),
    *("bucket_busy", "bucket_not_empty", "nat_gateway_seconds", "load_balancer_seconds", "load_balancer_traces"),
    *("database_creating", "database_backing_up", "database_deleting", "unknown_members", "rates"),
}


@pytest.fixture(scope="module", params=seeds(few=1, many=5))
def playbooks(request):
    seed = request.param
    name = f"integration-strict-{seed}"
    with playbooks_on(name, LOGS / str(seed), fast=True, strict=True, seed=seed, clock=60) as playbooks:
        yield playbooks
        told = json.dumps(playbooks.aws.struck(), indent=1)
        (LOGS / str(seed) / "struck.json").write_text(told, encoding="utf-8")


@pytest.fixture
def variables(project):
    (project.tasks / "hello" / "task.yml").write_text("shared_volume: true\n")
    return {**project.variables, "worker_pool_scaling": "cpu"}


def test_a_strict_aws_changes_nothing_but_the_time(aws, playbooks, variables):
    before = listing(aws)
    playbooks.deploy(**variables)

    aws.reset_calls()
    plan = playbooks.run("plan", **variables)
    assert plan.code == 0, plan.output
    assert "PLAN: nothing to create, to change or to delete" in plan.output, plan.output
    assert mutating_calls(aws) == []

    changed = playbooks.deploy(dag_tasks_memory=2048, **variables)
    assert "memory 512 -> 2048" in changed.output
    revisions = [call for call in mutating_calls(aws) if call == "ecs RegisterTaskDefinition"]
    assert len(revisions) == 1, changed.output

    playbooks.teardown(**variables)
    assert difference(before, listing(aws)) == {}
    assert set(aws.struck()) >= ALWAYS
