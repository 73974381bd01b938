"""Secrets Manager: the secrets."""

from __future__ import annotations

import json

from ansible_collections.farflow.airflow.plugins.module_utils.kinds import secret

from .facts import CloudFormation, Tagging, drift, kind, mapping, pairs

kind(
    "secret",
    made_by="secretsmanager CreateSecret",
    read_by="secretsmanager ListSecrets",
    tags=Tagging(
        lambda aws, name, id_: mapping(aws.client("secretsmanager").describe_secret(SecretId=name).get("Tags") or []),
        lambda aws, name, id_, tags: aws.client("secretsmanager").tag_resource(SecretId=name, Tags=pairs(tags)),
        lambda aws, name, id_, keys: aws.client("secretsmanager").untag_resource(SecretId=name, TagKeys=keys),
    ),
    cloudformation=CloudFormation(
        "AWS::SecretsManager::Secret", {"state": None, "value": None, "composed_from": None, "rotation": None}
    ),
    changed_by=lambda clients, wanted: secret._operations(clients, {wanted.name: wanted.arguments}),
)


@drift("change secret farflow/local/admin-password", "description")
def a_secret_described_otherwise(aws):
    aws.client("secretsmanager").update_secret(SecretId="farflow/local/admin-password", Description="mine")


@drift("change secret farflow/local/fernet-key", "tags team (none) -> data")
def a_tag_of_a_secret_removed(aws):
    aws.client("secretsmanager").untag_resource(SecretId="farflow/local/fernet-key", TagKeys=["team"])


@drift(
    "change secret farflow/local/fernet-key", "policy Statement Stranger", seen_by="secretsmanager GetResourcePolicy"
)
def a_secret_opened_to_another_account(aws):
    who = {"AWS": "arn:aws:iam::210987654321:root"}
    read = {"Sid": "Stranger", "Effect": "Allow", "Principal": who, "Action": "secretsmanager:*", "Resource": "*"}
    aws.client("secretsmanager").put_resource_policy(
        SecretId="farflow/local/fernet-key",
        ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [read]}),
    )


@drift("change secret farflow/local/api-secret-key", "rotation true -> false")
def a_secret_rotated_by_the_clock(aws):
    aws.client("secretsmanager").rotate_secret(
        SecretId="farflow/local/api-secret-key",
        RotationLambdaARN="arn:aws:lambda:us-east-1:123456789012:function:rotate",
        RotationRules={"AutomaticallyAfterDays": 30},
    )
