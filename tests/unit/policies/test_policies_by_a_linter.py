"""Every policy document, looked at by parliament, which knows AWS's actions with their resources and conditions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import parliament
import pytest
from deployed_policies import resource_policies, rights, roles, trust

_BAD = ("MEDIUM", "HIGH", "CRITICAL")
_STRICTER = Path(parliament.__file__).parent / "community_auditors" / "config_override.yaml"

#: What its stricter auditors say of actions that starting a container needs.
UNAVOIDABLE = {
    # How ECS gets a task's credentials: for its service principal, this account and this region.
    ("CREDENTIALS_EXPOSURE", "sts:assumerole"),
    # Gives a password for the registry; AWS knows no resource for it.
    ("CREDENTIALS_EXPOSURE", "ecr:getauthorizationtoken"),
    # RunTask passes the task's roles on; ours alone, and to ECS alone.
    ("PERMISSIONS_MANAGEMENT_ACTIONS", "iam:passrole"),
}


def _documents() -> dict[str, dict[str, Any]]:
    found = {}
    for execute_command in (False, True):
        for name, role in roles(execute_command).items():
            (statement,) = trust(role)["Statement"]
            # The role itself is what a trust policy is about; parliament wants it named.
            named = {**statement, "Resource": f"arn:aws:iam::111122223333:role/farflow/dev/{name}"}
            found[f"{name}, who may take it"] = {**trust(role), "Statement": [named]}
            for document in rights(role):
                found[f"{name}, execute command {execute_command}"] = document
    return {**found, **resource_policies()}


DOCUMENTS = _documents()


def _findings(document: dict[str, Any], stricter: bool) -> list[Any]:
    findings = parliament.analyze_policy_string(json.dumps(document), include_community_auditors=stricter).findings
    return [finding for finding in map(parliament.enhance_finding, findings) if finding.severity in _BAD]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_finds_nothing_of_medium_or_worse(name):
    assert [str(finding) for finding in _findings(DOCUMENTS[name], stricter=False)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_its_stricter_auditors_find_only_what_a_container_needs(name):
    parliament.override_config(str(_STRICTER))
    found = {
        (finding.issue, action)
        for finding in _findings(DOCUMENTS[name], stricter=True)
        for action in finding.location.get("actions", [finding.detail])
    }
    assert found - UNAVOIDABLE == set()


@pytest.mark.parametrize(
    ("statement", "issue"),
    [
        ({"Action": "ecs:RunTasks"}, "UNKNOWN_ACTION"),
        ({"Resource": "arn:aws:sqs:*:*:x"}, "RESOURCE_MISMATCH"),
        ({"Condition": {"StringEquals": {"s3:prefix": "x"}}}, "UNKNOWN_CONDITION_FOR_ACTION"),
    ],
)
def test_it_would_find_a_mistake(statement, issue):
    right = {
        "Effect": "Allow",
        "Action": "ecs:RunTask",
        "Resource": "arn:aws:ecs:eu-west-1:111122223333:task-definition/x:1",
    }
    document = {"Version": "2012-10-17", "Statement": [{**right, **statement}]}
    findings = parliament.analyze_policy_string(json.dumps(document)).findings
    assert issue in {finding.issue for finding in findings}
