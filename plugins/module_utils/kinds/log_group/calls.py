# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch log groups: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.clients import Clients, doing, pages, unless

_WHAT = "log group"
_GONE = {"ResourceNotFoundException"}
BUSY = {"OperationAbortedException"}


def describe(clients: Clients, prefix: str, told: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """The log groups whose names start with the prefix, each with ``tags`` added to AWS's members: those that are
    ``told`` for its ARN, else a call's answer. One that is listed after its deletion is left out.
    """
    client = clients("logs")

    def tags(arn: str) -> Mapping[str, str] | None:
        answer = unless(_GONE, lambda: client.list_tags_for_resource(resourceArn=arn))
        return None if answer is None else answer.get("tags", {})

    with doing("describe", "log groups", prefix):
        groups = pages(client, "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
        arns = [group["arn"].removesuffix(":*") for group in groups]
        found = [told.get(arn) or tags(arn) for arn in arns]
    return [{**group, "tags": dict(each)} for group, each in zip(groups, found, strict=True) if each is not None]


def create(clients: Clients, name: str, kms_key_id: str | None, tags: Mapping[str, str]) -> None:
    """Makes a log group; one that another run has just made is taken as it is."""
    arguments: dict[str, Any] = {"logGroupName": name, "tags": dict(tags)}
    if kms_key_id:
        arguments["kmsKeyId"] = kms_key_id
    with doing("create", _WHAT, name):
        unless({"ResourceAlreadyExistsException"}, lambda: clients("logs").create_log_group(**arguments))


def set_retention(clients: Clients, name: str, days: int | None) -> None:
    """Keeps log events for so many days, or for ever when None."""
    client = clients("logs")
    with doing("set the retention of", _WHAT, name):
        if days is None:
            client.delete_retention_policy(logGroupName=name)
        else:
            client.put_retention_policy(logGroupName=name, retentionInDays=days)


def set_kms_key(clients: Clients, name: str, kms_key_id: str | None) -> None:
    """Encrypts what is written from now on with the key, or with AWS's own when None."""
    client = clients("logs")
    with doing("set the KMS key of", _WHAT, name):
        if kms_key_id is None:
            client.disassociate_kms_key(logGroupName=name)
        else:
            client.associate_kms_key(logGroupName=name, kmsKeyId=kms_key_id)


def set_tags(clients: Clients, arn: str, tags: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients("logs")
    with doing("tag", _WHAT, arn):
        if superfluous:
            client.untag_resource(resourceArn=arn, tagKeys=superfluous)
        if tags:
            client.tag_resource(resourceArn=arn, tags=dict(tags))


def delete(clients: Clients, name: str) -> None:
    """Deletes a log group with what it holds; one that is gone is fine."""
    with doing("delete", _WHAT, name):
        unless(_GONE, lambda: clients("logs").delete_log_group(logGroupName=name))
