# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network ACL that AWS makes with a VPC."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients, unless
from ....engine.errors import FarflowError
from ....engine.kind import Document
from ..kind import Ec2Kind, described
from . import documents


class NetworkAcl(Ec2Kind):
    """The network ACL of a VPC, with those of the wanted subnets that use it. AWS makes and deletes it with the VPC."""

    type = documents.TYPE
    title, titles = "network ACL", "network ACLs"
    operation, key = "describe_network_acls", "NetworkAcls"
    #: Which ACL a subnet has may have changed since it was read, also by a call whose answer was lost.
    busy = frozenset({"InvalidAssociationID.NotFound"})
    names_a_call = 200
    shown_together = True

    def __init__(self, all_wanted: Sequence[Resource] = ()) -> None:
        self.wanted = {str(acl.properties["vpc_id"]): acl for acl in all_wanted}

    def look_up_all(self, clients: Clients, names: Sequence[str]) -> Iterable[Document]:
        vpcs = [vpc_id for vpc_id, acl in self.wanted.items() if acl.name in names]
        return described(self, clients, {"vpc-id": vpcs, "default": ["true"]})

    def name(self, document: Document) -> str:
        return self.wanted[document["VpcId"]].name

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        acl = self.wanted[document["VpcId"]]
        return documents.canonical(acl.name, document, acl.properties["subnets"])

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        raise FarflowError(f"there is no VPC {wanted.properties['vpc_id']}")

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        """Entries first, so that no subnet comes to an ACL that lets nothing through."""
        _set_entries(clients, found, wanted.properties["entries"])
        subnets = set(wanted.properties["subnets"]) - set(found.properties["subnets"])
        others = described(self, clients, {"association.subnet-id": sorted(subnets)}) if subnets else []
        for association in (each for acl in others for each in acl["Associations"]):
            if association["SubnetId"] in subnets and association["NetworkAclId"] != found.id:
                clients("ec2").replace_network_acl_association(
                    AssociationId=association["NetworkAclAssociationId"], NetworkAclId=found.id
                )


def _set_entries(clients: Clients, found: Resource, wanted: Mapping[str, str]) -> None:
    client, acl, before = clients("ec2"), {"NetworkAclId": found.id}, found.properties["entries"]
    for key in wanted:
        if key not in before:
            _unless("NetworkAclEntryAlreadyExists", client.create_network_acl_entry, **acl, **documents.entry(key))
        elif before[key] != wanted[key]:
            client.replace_network_acl_entry(**acl, **documents.entry(key))
    for key in sorted(set(before) - set(wanted)):
        number, egress = documents.parts(key)
        entry = {**acl, "RuleNumber": number, "Egress": egress}
        _unless("InvalidNetworkAclEntry.NotFound", client.delete_network_acl_entry, **entry)


def _unless(code: str, call: Callable[..., Any], **arguments: Any) -> None:
    """Makes a call, unless another run has just done it."""
    unless({code}, lambda: call(**arguments))
