"""What a task.yml says of the capacity is in the task definition, of which a change of it alone is a new revision."""

from __future__ import annotations

import pytest

from tests.stack.look import Looks

from .stack import running

CHANGE = "change ecs_task_definition local-hello"


@pytest.mark.thorough
def test_a_change_of_the_capacity_alone_is_a_new_task_definition(aws, playbooks, project):
    playbooks.deploy(**project.variables)
    before, looks = running(aws), Looks(aws, project.variables)

    for line, label, reason in (
        ("capacity: spot\n", {"farflow.capacity": "spot"}, "docker_labels farflow.capacity (none) -> spot"),
        ("", {}, "docker_labels farflow.capacity spot -> (none)"),
    ):
        (project.tasks / "hello" / "task.yml").write_text(line)
        plan = looks.plan()
        assert list(plan) == [CHANGE]
        assert reason in plan[CHANGE]
        outcome = playbooks.run("dag_tasks", **project.variables)
        assert outcome.code == 0, outcome.output
        told = aws.client("ecs").describe_task_definition(taskDefinition="local-hello")["taskDefinition"]
        assert told["containerDefinitions"][0].get("dockerLabels", {}) == label
        assert looks.plan() == {}
    assert running(aws) == before
