# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Security groups: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ....engine.clients import Clients, doing, pages, unless
from ..tags import specification

_WHAT = "security group"
_IN_USE = {"DependencyViolation", "InvalidGroup.InUse"}
_UNKNOWN = {"InvalidGroup.NotFound", "InvalidGroupId.NotFound"}
_AUTHORIZED = "InvalidPermission.Duplicate"
_REVOKED = "InvalidPermission.NotFound"

Permission = dict[str, Any]


def describe(clients: Clients, filters: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """The security groups that EC2's filters leave, each filter with its values."""
    with doing("describe", "security groups"):
        return pages(
            clients("ec2"),
            "describe_security_groups",
            "SecurityGroups",
            Filters=[{"Name": name, "Values": values} for name, values in filters.items()],
        )


def create(clients: Clients, name: str, wanted: Mapping[str, Any]) -> str | None:
    """Makes a security group with its tags; its id, or None when another run has just made it."""
    with doing("create", _WHAT, name):
        answer = unless(
            {"InvalidGroup.Duplicate"},
            lambda: clients("ec2").create_security_group(
                GroupName=name,
                Description=wanted["description"],
                VpcId=wanted["vpc_id"],
                **specification("security-group", wanted["tags"]),
            ),
        )
    return str(answer["GroupId"]) if answer else None


def authorize(clients: Clients, group_id: str, direction: str, permissions: list[Permission]) -> bool:
    """Adds rules to one direction, ``ingress`` or ``egress``; those that are there already are fine. False while AWS
    does not know the group, or one that a rule names.
    """
    call = getattr(clients("ec2"), f"authorize_security_group_{direction}")
    with doing(f"authorize {direction} of", _WHAT, group_id):
        return _known(lambda: _all_or_each(call, group_id, permissions, _AUTHORIZED))


def revoke(clients: Clients, group_id: str, direction: str, permissions: list[Permission]) -> bool:
    """Takes rules from one direction; those that are gone are fine. False while AWS does not know the group."""
    call = getattr(clients("ec2"), f"revoke_security_group_{direction}")
    with doing(f"revoke {direction} of", _WHAT, group_id):
        return _known(lambda: _all_or_each(call, group_id, permissions, _REVOKED))


def set_descriptions(clients: Clients, group_id: str, direction: str, permissions: list[Permission]) -> None:
    """Gives rules of one direction the descriptions that stand in the permissions, or none."""
    call = getattr(clients("ec2"), f"update_security_group_rule_descriptions_{direction}")
    with doing(f"set the descriptions of {direction} rules of", _WHAT, group_id):
        call(GroupId=group_id, IpPermissions=permissions)


def delete(clients: Clients, group_id: str) -> bool:
    """Deletes a security group; one that is gone is fine. False while something uses it."""
    with doing("delete", _WHAT, group_id):
        answer = unless(
            _IN_USE,
            lambda: unless(_UNKNOWN, lambda: clients("ec2").delete_security_group(GroupId=group_id)),
            default="in use",
        )
    return bool(answer != "in use")


def network_interfaces(clients: Clients, group_id: str) -> list[dict[str, Any]]:
    """The network interfaces that are in a security group."""
    with doing("describe", "network interfaces of security group", group_id):
        found = pages(
            clients("ec2"),
            "describe_network_interfaces",
            "NetworkInterfaces",
            Filters=[{"Name": "group-id", "Values": [group_id]}],
        )
    return [one for one in found if any(group["GroupId"] == group_id for group in one.get("Groups", []))]


def _all_or_each(call: Callable[..., Any], group_id: str, permissions: list[Permission], done: str) -> bool:
    """One call for all permissions. AWS refuses all when one of them is ``done`` already: then one call for each."""
    answer = unless({done}, lambda: call(GroupId=group_id, IpPermissions=permissions))
    if answer is None and len(permissions) > 1:
        for permission in permissions:
            _all_or_each(call, group_id, [permission], done)
    return True


def _known(call: Callable[[], bool]) -> bool:
    return bool(unless(_UNKNOWN, call, default=False))
