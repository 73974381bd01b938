# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Network ACLs of VPCs: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....engine.clients import Clients, doing, pages, unless

_WHAT = "network ACL"


def describe(clients: Clients, filters: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The network ACLs for which each filter has one of its values."""
    given = [{"Name": name, "Values": list(values)} for name, values in filters.items()]
    with doing("describe", "network ACLs"):
        return pages(clients("ec2"), "describe_network_acls", "NetworkAcls", Filters=given)


def create_entry(clients: Clients, acl_id: str, entry: Mapping[str, Any]) -> None:
    """Adds an entry; one that another run has just added is fine. ``entry`` has RuleNumber, Egress and the rest."""
    with doing(f"add entry {entry['RuleNumber']} to", _WHAT, acl_id):
        unless(
            {"NetworkAclEntryAlreadyExists"},
            lambda: clients("ec2").create_network_acl_entry(NetworkAclId=acl_id, **entry),
        )


def replace_entry(clients: Clients, acl_id: str, entry: Mapping[str, Any]) -> None:
    """Replaces the entry of its number and direction."""
    with doing(f"replace entry {entry['RuleNumber']} of", _WHAT, acl_id):
        clients("ec2").replace_network_acl_entry(NetworkAclId=acl_id, **entry)


def delete_entry(clients: Clients, acl_id: str, number: int, egress: bool) -> None:
    """Deletes an entry; one that is gone is fine."""
    with doing(f"delete entry {number} of", _WHAT, acl_id):
        unless(
            {"InvalidNetworkAclEntry.NotFound"},
            lambda: clients("ec2").delete_network_acl_entry(NetworkAclId=acl_id, RuleNumber=number, Egress=egress),
        )


def associate(clients: Clients, acl_id: str, association_id: str) -> None:
    """Gives the ACL to the subnet that has another one by this association."""
    with doing("associate", _WHAT, acl_id):
        clients("ec2").replace_network_acl_association(AssociationId=association_id, NetworkAclId=acl_id)
