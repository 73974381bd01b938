"""What an organization forbids is asked of IAM for what is to be made, and told with what helps."""

from __future__ import annotations

import json
import re
from pathlib import Path
from unittest.mock import Mock

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import CHANGE, CREATE, Action, Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.environment import guardrails
from ansible_collections.farflow.airflow.plugins.module_utils.environment.arns import Account
from ansible_collections.farflow.airflow.plugins.module_utils.environment.deployer.rights import SCOPES, spelled
from ansible_collections.farflow.airflow.plugins.module_utils.environment.guardrails import documents
from botocore.exceptions import ClientError

from tests.kinds import KINDS

WHERE = Account("aws", "eu-west-1", "123456789012")
SESSION = "arn:aws:sts::123456789012:assumed-role/deployer/ada"
ROLE = "arn:aws:iam::123456789012:role/ci/deployer"
INPUTS = {
    "farflow_environment": "dev",
    "farflow_tags": {"team": "data"},
    "farflow_permissions_boundary_arn": "arn:aws:iam::123456789012:policy/boundary",
}
TO_MAKE = [Action(CREATE, Resource(type_, "dev")) for type_ in ("vpc", "internet_gateway", "iam_role")]


class Aws:
    """STS and IAM, where the organization forbids these actions."""

    def __init__(self, forbidden=(), caller=SESSION, error=None, organization=True):
        self.forbidden, self.caller, self.error, self.organization = forbidden, caller, error, organization
        self.asked = []
        self.meta = Mock()

    def get_caller_identity(self):
        return {"Account": WHERE.id, "Arn": self.caller}

    def get_role(self, RoleName):  # noqa: N803  as boto3 calls it
        return {"Role": {"Arn": f"arn:aws:iam::123456789012:role/ci/{RoleName}"}}

    def can_paginate(self, operation):
        return False

    def simulate_principal_policy(self, **arguments):
        self.asked.append(arguments)
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": "no"}}, "SimulatePrincipalPolicy")
        results = [{"EvalActionName": action, "EvalDecision": "allowed"} for action in arguments["ActionNames"]]
        if self.organization:
            for each in results:
                allowed = each["EvalActionName"] not in self.forbidden
                each["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allowed}
        return {"EvaluationResults": results}

    def get_paginator(self, operation):
        return self

    def paginate(self, **arguments):
        arguments.pop("PaginationConfig", None)
        yield self.simulate_principal_policy(**arguments)


def warnings(aws, actions=TO_MAKE):
    return guardrails.warnings(Clients(lambda service, config: aws), INPUTS, WHERE, actions)


def test_nothing_is_asked_where_nothing_is_to_be_made():
    aws = Aws(["ec2:CreateVpc"])
    assert warnings(aws, [Action(CHANGE, Resource("vpc", "dev"))]) == []
    assert aws.asked == []


def test_what_is_to_be_made_is_asked_for_the_role_of_the_session_with_what_conditions_look_at():
    aws = Aws()
    assert warnings(aws) == []
    [asked] = aws.asked
    assert asked["PolicySourceArn"] == ROLE
    assert {"ec2:CreateVpc", "ec2:CreateInternetGateway", "iam:CreateRole"} <= set(asked["ActionNames"])
    context = {each["ContextKeyName"]: each["ContextKeyValues"] for each in asked["ContextEntries"]}
    assert context["aws:RequestedRegion"] == ["eu-west-1"]
    assert context["aws:RequestTag/team"] == ["data"]
    assert context["aws:TagKeys"] == ["team", "farflow:environment", "farflow:role"]
    assert context["iam:PermissionsBoundary"] == [INPUTS["farflow_permissions_boundary_arn"]]


def test_what_is_forbidden_is_told_with_what_helps():
    told = warnings(Aws(["ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "iam:CreateRole"]))
    assert [line.partition(" (")[0] for line in told] == [
        "the organization forbids ec2:AttachInternetGateway, ec2:CreateInternetGateway in this account",
        "the organization forbids iam:CreateRole in this account",
    ]
    assert "farflow_permissions_boundary_arn" in told[1]


def test_what_is_not_usual_is_told_too():
    assert warnings(Aws(["ec2:CreateSecurityGroup"]), [Action(CREATE, Resource("security_group", "dev"))]) == [
        "the organization forbids ec2:CreateSecurityGroup in this account: "
        "ask who manages the organization to allow it in this account"
    ]


def test_an_account_of_no_organization_forbids_nothing():
    assert warnings(Aws(["ec2:CreateVpc"], organization=False)) == []


@pytest.mark.parametrize(
    ("aws", "words"),
    [
        (Aws(error="AccessDenied"), "could not ask what is allowed to"),
        (Aws(caller="arn:aws:iam::123456789012:root"), "AWS simulates nothing for arn:aws:iam::123456789012:root"),
    ],
)
def test_where_it_can_not_be_known_that_is_told(aws, words):
    [told] = warnings(aws)
    assert told.startswith("what the organization forbids is not known: ")
    assert words in told


def test_a_user_is_asked_for_by_the_own_arn():
    user = "arn:aws:iam::123456789012:user/ci/ada"
    aws = Aws(caller=user)
    warnings(aws)
    assert [asked["PolicySourceArn"] for asked in aws.asked] == [user]


def test_every_kind_that_is_made_says_by_what():
    """Those of the facts that make something, under the names that IAM has."""
    prefixes = {"monitoring": "cloudwatch"}
    for kind, facts in KINDS.items():
        if not isinstance(facts.made_by, str) or kind not in documents.MADE_BY:
            continue
        service, operation = facts.made_by.split()
        assert f"{prefixes.get(service, service)}:{operation}" in documents.MADE_BY[kind], kind
    made = {kind for kind, facts in KINDS.items() if isinstance(facts.made_by, str)}
    assert made - documents.MADE_BY.keys() == {"dag_bundle"}  # an object in a bucket, which is told of


def test_all_that_is_asked_for_is_a_right_that_a_deployer_needs():
    rights = {action for scope in SCOPES for _doors, text in scope.actions for action in spelled(text)}
    asked = {action for some in documents.MADE_BY.values() for action in some}
    usual = {action for each in documents.USUAL for action in each.actions}
    assert asked <= rights
    assert usual <= asked


def test_what_helps_are_variables_that_there_are():
    meta = yaml.safe_load((Path(__file__).parents[3] / "playbooks" / "deploy.meta.yml").read_text())
    options = meta["argument_specs"]["deploy"]["options"]
    named = set(
        re.findall(r"\b(?:farflow|rds|airflow_service)_[a-z_]+", json.dumps([e.helps for e in documents.USUAL]))
    )
    assert named
    assert named - options.keys() == set()
