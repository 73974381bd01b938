"""What RDS does not have is refused by the plan of a new environment, not by AWS when the network stands already."""

from __future__ import annotations

import pytest

from .stack import mutating_calls

RIGHTS = ["rds DescribeEngineDefaultParameters", "rds DescribeOrderableDBInstanceOptions"]
WRONG = {
    "rds_instance_class": "db.m8g.large",
    "rds_engine_version": "16",
    "rds_parameters": {"work_memm": "64", "log_statement": "some", "rds.extensions": "pgcrypto"},
}


@pytest.mark.parametrize("playbook", ["plan", "deploy"])
def test_what_there_is_not_is_refused_together(aws, playbooks, project, playbook):
    refused = playbooks.run(playbook, **project.variables, **WRONG)
    assert refused.code != 0
    for said in (
        "rds_parameters.work_memm: is no parameter of postgres16, did you mean 'work_mem'?; allowed: those that aws",
        "rds_parameters.log_statement: is 'some'; allowed in postgres16: none,ddl,mod,all",
        "rds_parameters.rds.extensions: is set by RDS alone in postgres16, allowed: to leave it out",
        "rds_instance_class: is 'db.m8g.large', allowed: a class in which RDS has Postgres 16 in us-east-1, such as",
        "nothing was done",
    ):
        assert said in refused.output, refused.output
    assert mutating_calls(aws) == []


def test_a_version_that_there_is_not_is_told_alone(aws, playbooks, project):
    """Neither its parameters nor its classes can be known."""
    refused = playbooks.run("plan", **project.variables, **{**WRONG, "rds_engine_version": "99"})
    assert refused.code != 0
    assert "rds_engine_version: is '99', allowed: one that AWS has in this region, 14, 15, 16, 17, 18" in refused.output
    assert "rds_parameters" not in refused.output
    assert "rds_instance_class" not in refused.output


def test_without_the_rights_to_ask_a_plan_warns_and_goes_on(aws, playbooks, project):
    with aws.behaviours(denied=RIGHTS):
        plan = playbooks.run("plan", **project.variables, **WRONG)
    assert plan.code == 0, plan.output
    said = " ".join(plan.output.split())
    assert "rds_parameters: whether they exist was not seen: could not list parameters of database family" in said
    assert "rds_instance_class: whether it exists was not seen: could not list classes of database engine" in said


def test_a_plan_that_names_no_parameter_does_not_ask_for_them(aws, playbooks, project):
    playbooks.deploy("--check", **project.variables)
    calls = [f"{call['service']} {call['operation']}" for call in aws.calls()]
    assert RIGHTS[0] not in calls
    assert calls.count(RIGHTS[1]) == 1
