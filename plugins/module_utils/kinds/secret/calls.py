# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets of AWS Secrets Manager: one thin function for each call. Takes and gives AWS's documents.

What only reads turns AWS's errors into words; for what changes, its callers do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.clients import Clients, chunks, doing, pages, tag_list, unless

_WHAT = "secret"
REFUSED = {"InvalidRequestException"}
_MOST_IN_A_FILTER = 10
_GONE = {"ResourceNotFoundException"}


def list_all(clients: Clients, prefix: str) -> list[dict[str, Any]]:
    """The secrets whose names start with the prefix, those pending deletion too. Up to five minutes old."""
    names = [{"Key": "name", "Values": [prefix]}] if prefix else []
    with doing("list", "secrets", prefix):
        client = clients("secretsmanager")
        found = pages(client, "list_secrets", "SecretList", Filters=names, IncludePlannedDeletion=True)
    return [secret for secret in found if secret["Name"].startswith(prefix)]


def list_named(clients: Clients, names: list[str]) -> list[dict[str, Any]]:
    """The secrets whose names start with one of these, without those pending deletion. Up to five minutes old."""
    found: list[dict[str, Any]] = []
    for some in chunks(names, _MOST_IN_A_FILTER):
        with doing("list", "secrets", ", ".join(some)):
            filters = [{"Key": "name", "Values": some}]
            found += pages(clients("secretsmanager"), "list_secrets", "SecretList", Filters=filters)
    return found


def describe(clients: Clients, name: str) -> dict[str, Any] | None:
    """A secret as it is now, in the form of ``list_all``; None when there is none of that name."""
    client = clients("secretsmanager")
    with doing("describe", _WHAT, name):
        answer = unless(_GONE, lambda: client.describe_secret(SecretId=name))
    return {**answer, "SecretVersionsToStages": answer.get("VersionIdsToStages")} if answer else None


def resource_policy(clients: Clients, name: str) -> tuple[str | None, str | None]:
    """The ARN of a secret, and the JSON of its resource policy where it has one; neither where the secret is gone or is
    to be deleted.
    """
    with doing("read the policy of", _WHAT, name):
        answer = unless(
            {*_GONE, *REFUSED}, lambda: clients("secretsmanager").get_resource_policy(SecretId=name), default={}
        )
    return answer.get("ARN"), answer.get("ResourcePolicy")


def set_resource_policy(clients: Clients, name: str, document: str | None) -> None:
    """Sets the resource policy, or takes it away when None."""
    client = clients("secretsmanager")
    if document:
        client.put_resource_policy(SecretId=name, ResourcePolicy=document)
    else:
        client.delete_resource_policy(SecretId=name)


def cancel_rotation(clients: Clients, name: str) -> None:
    """Switches the rotation off, and ends one that is under way."""
    clients("secretsmanager").cancel_rotate_secret(SecretId=name)


def create(
    clients: Clients,
    name: str,
    value: str | None,
    description: str | None,
    kms_key_id: str | None,
    tags: Mapping[str, str],
) -> str | None:
    """Makes a secret, with its value if it has one yet. Its ARN, or None when another run has just made one of that
    name.
    """
    arguments: dict[str, Any] = {"Name": name, "Tags": tag_list(dict(tags))}
    if value is not None:
        arguments["SecretString"] = value
    if description:
        arguments["Description"] = description
    if kms_key_id:
        arguments["KmsKeyId"] = kms_key_id
    answer = unless(
        {"ResourceExistsException"}, lambda: clients("secretsmanager").create_secret(**arguments), default={}
    )
    arn: str | None = answer.get("ARN")
    return arn


def put_value(clients: Clients, name: str, value: str) -> None:
    """Makes the value the secret's current version."""
    clients("secretsmanager").put_secret_value(SecretId=name, SecretString=value)


def update(clients: Clients, name: str, changes: Mapping[str, str]) -> None:
    """Sets members of UpdateSecret's input, such as ``Description``."""
    clients("secretsmanager").update_secret(SecretId=name, **changes)


def set_tags(clients: Clients, name: str, tags: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients("secretsmanager")
    if superfluous:
        client.untag_resource(SecretId=name, TagKeys=superfluous)
    if tags:
        client.tag_resource(SecretId=name, Tags=tag_list(dict(tags)))


def restore(clients: Clients, name: str) -> None:
    """Takes a secret back that is pending deletion."""
    clients("secretsmanager").restore_secret(SecretId=name)


def delete(clients: Clients, name: str, recovery_window_in_days: int | None) -> None:
    """Schedules the deletion, or deletes for ever when None; a secret that is gone is fine."""
    arguments: dict[str, Any] = {"RecoveryWindowInDays": recovery_window_in_days}
    if recovery_window_in_days is None:
        arguments = {"ForceDeleteWithoutRecovery": True}
    unless(
        _GONE,
        lambda: clients("secretsmanager").delete_secret(SecretId=name, **arguments),
    )
