"""A deploy and a teardown by somebody whom IAM judges."""

from __future__ import annotations

import re

import pytest

from tests.stack.listing import difference, listing

ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
#: What somebody lacks. The teardown meets it when the rest is gone.
WITHOUT = {"deploy": "iam:CreateRole", "teardown": "ecs:DeleteCluster"}


def everything_but(action):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": action, "Resource": "*"}]}


@pytest.fixture
def deployer(aws, project):
    """The variables of somebody who has a policy alone."""

    def variables(policy):
        keys = aws.identity([policy])
        return {
            **project.variables,
            "farflow_access_key": keys["AWS_ACCESS_KEY_ID"],
            "farflow_secret_key": keys["AWS_SECRET_ACCESS_KEY"],
        }

    return variables


def refused(aws):
    """What the account's calls were refused."""
    codes = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotImplemented")
    return [f"{call['service']} {call['operation']}" for call in aws.calls() if call["error"] in codes]


def words(action, output):
    return [line for line in output.splitlines() if "is not authorized to perform: " in line and f"{action} on" in line]


@pytest.mark.thorough
def test_a_deploy_and_a_teardown_need_what_they_call_and_say_what_is_missing(aws, playbooks, deployer):
    before = listing(aws)
    with aws.behaviours(enforced_iam=True):
        may = deployer(ALL)
        without = playbooks.run("deploy", **deployer(everything_but(WITHOUT["deploy"])))
        assert without.code != 0
        assert words(WITHOUT["deploy"], without.output), without.output[-4000:]
        assert set(refused(aws)) == {"iam CreateRole"}

        aws.reset_calls()
        playbooks.deploy(**may)
        assert refused(aws) == []
        assert {re.sub(r"\d+$", "", call["principal"]) for call in aws.calls()} == {
            "arn:aws:iam::123456789012:user/identity-"
        }

        without = playbooks.run(
            "teardown", farflow_teardown_confirm="local", **deployer(everything_but(WITHOUT["teardown"]))
        )
        assert without.code != 0
        assert words(WITHOUT["teardown"], without.output), without.output[-4000:]
        assert set(refused(aws)) == {"ecs DeleteCluster"}
        aws.reset_calls()
        playbooks.teardown(**may)
        assert refused(aws) == []
    assert difference(before, listing(aws)) == {}
