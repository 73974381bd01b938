"""IAM: the roles."""

from __future__ import annotations

import json
from urllib.parse import unquote

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.iam_role import IamRole

from .facts import Tagging, drift, kind, mapping, pairs

kind(
    "iam_role",
    made_by="iam CreateRole",
    read_by="iam GetAccountAuthorizationDetails",
    tags=Tagging(
        lambda aws, name, id_: mapping(aws.client("iam").list_role_tags(RoleName=name)["Tags"]),
        lambda aws, name, id_, tags: aws.client("iam").tag_role(RoleName=name, Tags=pairs(tags)),
        lambda aws, name, id_, keys: aws.client("iam").untag_role(RoleName=name, TagKeys=keys),
    ),
    changed_by=IamRole("/"),
)


ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"


def document(answer):
    """A policy document as IAM tells it: decoded, or not yet."""
    return answer if isinstance(answer, dict) else json.loads(unquote(answer))


@drift("change iam_role local-airflow-worker", "policies worker Statement")
def a_statement_of_a_role_widened(aws):
    iam = aws.client("iam")
    name = {"RoleName": "local-airflow-worker", "PolicyName": "worker"}
    found = document(iam.get_role_policy(**name)["PolicyDocument"])
    narrow = next(each for each in found["Statement"] if each["Sid"] == "RunFargateTasks")
    narrow["Resource"] = "*"
    iam.put_role_policy(**name, PolicyDocument=json.dumps(found))


@drift("change iam_role local-airflow-triggerer", "policies triggerer")
def an_inline_policy_of_a_role_removed(aws):
    aws.client("iam").delete_role_policy(RoleName="local-airflow-triggerer", PolicyName="triggerer")


@drift("change iam_role local-task-hello", "policies mine")
def an_inline_policy_added_to_a_role(aws):
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    aws.client("iam").put_role_policy(
        RoleName="local-task-hello",
        PolicyName="mine",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )


@drift("change iam_role local-task", f"managed_policy_arns [{ADMINISTRATOR}] -> (none)")
def a_managed_policy_attached_to_a_role(aws):
    aws.client("iam").attach_role_policy(RoleName="local-task", PolicyArn=ADMINISTRATOR)


@drift("change iam_role local-airflow-scheduler", "assume_role_policy Statement")
def a_role_that_others_may_take(aws):
    iam = aws.client("iam")
    found = document(iam.get_role(RoleName="local-airflow-scheduler")["Role"]["AssumeRolePolicyDocument"])
    found["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::210987654321:root"}
    iam.update_assume_role_policy(RoleName="local-airflow-scheduler", PolicyDocument=json.dumps(found))


@drift("change iam_role local-airflow-worker", 'description of a hand -> ""', seen_by="iam ListRoles")
def a_description_of_a_role(aws):
    aws.client("iam").update_role_description(RoleName="local-airflow-worker", Description="of a hand")


@drift("change iam_role local-airflow-command", "max_session_duration 43200 -> 3600", seen_by="iam ListRoles")
def a_role_taken_for_longer(aws):
    aws.client("iam").update_role(RoleName="local-airflow-command", MaxSessionDuration=43200)


@drift("change iam_role local-airflow-api-server", f"permissions_boundary (none) -> {BOUNDARY}")
def the_boundary_of_a_role_removed(aws):
    aws.client("iam").delete_role_permissions_boundary(RoleName="local-airflow-api-server")


@drift("change iam_role local-tasks-execution", "tags team (none) -> data")
def a_tag_of_a_role_removed(aws):
    aws.client("iam").untag_role(RoleName="local-tasks-execution", TagKeys=["team"])


@drift("create iam_role local-airflow-dag-processor")
def a_role_deleted(aws):
    iam = aws.client("iam")
    for name in iam.list_role_policies(RoleName="local-airflow-dag-processor")["PolicyNames"]:
        iam.delete_role_policy(RoleName="local-airflow-dag-processor", PolicyName=name)
    iam.delete_role(RoleName="local-airflow-dag-processor")
