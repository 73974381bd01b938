# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network ACL that AWS makes with a VPC, read as a resource and brought to what is desired."""

from __future__ import annotations

from collections.abc import Sequence

from ....engine.actions import Resource
from ....engine.clients import Clients
from ....engine.converge import converge
from ....engine.errors import FarflowError
from ....engine.reconcile import Operations, Outcome
from . import calls as api
from . import documents as pure


def read(clients: Clients, wanted: Sequence[Resource]) -> list[Resource]:
    """Those of the wanted ones whose VPC exists, each with those of the wanted subnets that use it."""
    by_vpc = {str(one.properties["vpc_id"]): one for one in wanted}
    found = api.describe(clients, {"vpc-id": list(by_vpc), "default": ["true"]}) if by_vpc else []
    pairs = [(document, by_vpc[document["VpcId"]]) for document in found]
    return [pure.canonical(one.name, document, one.properties["subnets"]) for document, one in pairs]


def present(clients: Clients, wanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of them. Raises FarflowError for a VPC that does not exist."""
    return converge(wanted, lambda: read(clients, wanted), _operations(clients), check_mode)


def _operations(clients: Clients) -> Operations:
    """AWS makes and deletes them with their VPCs."""

    def create(wanted: Resource) -> str:
        raise FarflowError(f"there is no VPC {wanted.properties['vpc_id']}")

    def change(wanted: Resource, found: Resource) -> None:
        """Entries first, so that no subnet comes to an ACL that lets nothing through."""
        acl_id, entries, before = str(found.id), wanted.properties["entries"], found.properties["entries"]
        for key in entries:
            if key not in before:
                api.create_entry(clients, acl_id, pure.entry(key))
            elif before[key] != entries[key]:
                api.replace_entry(clients, acl_id, pure.entry(key))
        for key in before:
            if key not in entries:
                api.delete_entry(clients, acl_id, *pure.parts(key))
        _associate(clients, acl_id, set(wanted.properties["subnets"]) - set(found.properties["subnets"]))

    return Operations(create, change, lambda found: None)


def _associate(clients: Clients, acl_id: str, subnets: set[str]) -> None:
    others = api.describe(clients, {"association.subnet-id": sorted(subnets)}) if subnets else []
    for association in (each for acl in others for each in acl["Associations"]):
        if association["SubnetId"] in subnets and association["NetworkAclId"] != acl_id:
            api.associate(clients, acl_id, association["NetworkAclAssociationId"])
