# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Instances of Amazon RDS: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....engine.clients import Clients, doing, pages, refused, tag_list, unless

_WHAT = "database"

#: Both spellings are in use: one by AWS, one in its documentation.
_GONE = {"DBInstanceNotFound", "DBInstanceNotFoundFault"}
_NOT_NOW = {"InvalidDBInstanceState", "InvalidDBInstanceStateFault"}
_THERE = {"DBInstanceAlreadyExists", "DBInstanceAlreadyExistsFault"}


def describe(clients: Clients, identifier: str) -> dict[str, Any] | None:
    """The instance; None when there is none of that name."""
    client = clients("rds")
    with doing("describe", _WHAT, identifier):
        answer = unless(_GONE, lambda: client.describe_db_instances(DBInstanceIdentifier=identifier))
    found: list[dict[str, Any]] = (answer or {}).get("DBInstances") or []
    return found[0] if found else None


def list_all(clients: Clients) -> list[dict[str, Any]]:
    """Every instance of the account in the region."""
    with doing("list", "databases"):
        return pages(clients("rds"), "describe_db_instances", "DBInstances")


def create(clients: Clients, arguments: Mapping[str, Any], password: str, tags: Mapping[str, str]) -> None:
    """Starts a creation; one that another run has just started is taken as it is."""
    with doing("create", _WHAT, arguments["DBInstanceIdentifier"]):
        unless(
            _THERE,
            lambda: clients("rds").create_db_instance(
                **arguments, MasterUserPassword=password, Tags=tag_list(dict(tags))
            ),
        )


def restore(clients: Clients, arguments: Mapping[str, Any], snapshot: str, tags: Mapping[str, str]) -> None:
    """Starts a creation from a snapshot, with the password that was in force when it was taken."""
    with doing("restore", _WHAT, arguments["DBInstanceIdentifier"]):
        unless(
            _THERE,
            lambda: clients("rds").restore_db_instance_from_db_snapshot(
                **arguments, DBSnapshotIdentifier=snapshot, Tags=tag_list(dict(tags))
            ),
        )


def modify(
    clients: Clients, identifier: str, arguments: Mapping[str, Any], password: str | None, immediately: bool
) -> bool:
    """Asks for a change, of the password too if one is given. Whether the instance's state permits it now."""
    given = {**arguments, "MasterUserPassword": password} if password else dict(arguments)
    with doing("change", _WHAT, identifier):
        answer = unless(
            _NOT_NOW,
            lambda: clients("rds").modify_db_instance(
                DBInstanceIdentifier=identifier, ApplyImmediately=immediately, **given
            ),
        )
    return answer is not None


def tags(clients: Clients, arn: str) -> list[dict[str, str]]:
    """The instance's tags as they are now: its description may show a change minutes later."""
    with doing("read the tags of", _WHAT, arn):
        found: list[dict[str, str]] = clients("rds").list_tags_for_resource(ResourceName=arn)["TagList"]
    return found


def set_tags(clients: Clients, arn: str, tags: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients("rds")
    with doing("tag", _WHAT, arn):
        if superfluous:
            client.remove_tags_from_resource(ResourceName=arn, TagKeys=superfluous)
        if tags:
            client.add_tags_to_resource(ResourceName=arn, Tags=tag_list(dict(tags)))


def start(clients: Clients, identifier: str) -> None:
    """Starts an instance that was stopped."""
    with doing("start", _WHAT, identifier):
        clients("rds").start_db_instance(DBInstanceIdentifier=identifier)


def delete(clients: Clients, identifier: str, final_snapshot: str | None, delete_automated_backups: bool) -> str:
    """Starts the deletion, after a final snapshot if one is named; one that is gone is fine. AWS's words when the
    instance's state does not permit it now; empty when it does.
    """
    arguments: dict[str, Any] = {"SkipFinalSnapshot": True}
    if final_snapshot:
        arguments = {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": final_snapshot}
    arguments["DeleteAutomatedBackups"] = delete_automated_backups

    def ask() -> Any:
        return unless(_GONE, lambda: clients("rds").delete_db_instance(DBInstanceIdentifier=identifier, **arguments))

    with doing("delete", _WHAT, identifier):
        return refused(_NOT_NOW, ask)


def events(clients: Clients, identifier: str, minutes: int) -> list[dict[str, Any]]:
    """What happened to an instance in the last minutes, oldest first."""
    with doing("read the events of", _WHAT, identifier):
        return pages(
            clients("rds"),
            "describe_events",
            "Events",
            SourceIdentifier=identifier,
            SourceType="db-instance",
            Duration=minutes,
        )
