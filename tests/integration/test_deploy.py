"""Plan, deploy, deploy again, tear down: what each does to an account."""

from __future__ import annotations

from tests.stack.listing import difference, listing, more

from .stack import SERVICES, STACK, mutating_calls


def test_check_on_an_empty_account_names_what_is_missing_and_creates_nothing(aws, playbooks, project):
    before = listing(aws)
    aws.reset_calls()
    plan = playbooks.deploy("--check", **project.variables)
    named = ["vpc local", "rds_instance local-database", "ecs_cluster local", "ecs_task_definition local-hello"]
    named += [f"ecs_service {name}" for name in SERVICES]
    assert [name for name in named if f": {name}\n" not in plan.output] == [], plan.output
    assert mutating_calls(aws) == []
    assert difference(before, listing(aws)) == {}


def test_deploys_the_stack_once_and_takes_it_away_whole(aws, playbooks, project):
    before = listing(aws)

    playbooks.deploy(**project.variables)
    assert {kind: len(names) for kind, names in more(before, listing(aws)).items()} == STACK

    aws.reset_calls()
    again = playbooks.deploy(**project.variables)
    assert again.changed == 0, again.output
    assert mutating_calls(aws) == []

    playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}

    aws.reset_calls()
    again = playbooks.teardown(**project.variables)
    assert again.changed == 0, again.output
    assert mutating_calls(aws) == []
