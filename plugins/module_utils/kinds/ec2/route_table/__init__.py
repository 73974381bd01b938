# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Route tables with their routes, and the subnets that use them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients, unless
from ....engine.kind import Document
from ..kind import Ec2Kind, described
from ..tags import specification
from . import documents


class RouteTable(Ec2Kind):
    """A route table of a VPC."""

    type = documents.TYPE
    title, titles = "route table", "route tables"
    operation, key = "describe_route_tables", "RouteTables"
    gone = frozenset({"InvalidRouteTableID.NotFound"})
    busy = frozenset(
        {
            # What was made a moment ago may not be known everywhere yet, a NAT gateway for minutes.
            *("InvalidRouteTableID.NotFound", "InvalidVpcID.NotFound", "InvalidSubnetID.NotFound"),
            *("InvalidGatewayID.NotFound", "InvalidInternetGatewayID.NotFound"),
            *("InvalidNatGatewayID.NotFound", "NatGatewayNotFound"),
            # Who uses which table may have changed since it was read.
            *("InvalidAssociationID.NotFound", "Resource.AlreadyAssociated", "DependencyViolation"),
        }
    )
    patience = 180
    immutable = documents.IMMUTABLE

    def __init__(self, all_wanted: Sequence[Resource] = ()) -> None:
        """A subnet that another table of ``all_wanted`` takes is left to it."""
        self.taken = {subnet for table in all_wanted for subnet in table.properties["subnets"]}

    def name(self, document: Document) -> str:
        return str(document["RouteTableId"])

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return documents.canonical(document)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """botocore adds a client token, so a call that it repeats makes no second one."""
        tags = specification("route-table", wanted.properties["tags"])
        made = clients("ec2").create_route_table(VpcId=wanted.properties["vpc_id"], **tags)
        return str(made["RouteTable"]["RouteTableId"])

    def as_created(self, wanted: Resource) -> Resource:
        return replace(wanted, properties={**wanted.properties, "routes": {}, "subnets": []})

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        if "routes" in differs:
            _set_routes(clients("ec2"), str(found.id), wanted.properties["routes"], found.properties["routes"])
        if "subnets" in differs:
            self._set_subnets(clients, wanted, str(found.id))

    def _set_subnets(self, clients: Clients, wanted: Resource, table_id: str) -> None:
        """By the associations as they are by now. A subnet moves in one call, so it is never without a table."""
        client, subnets = clients("ec2"), set(wanted.properties["subnets"])
        tables = described(self, clients, {"vpc-id": [wanted.properties["vpc_id"]]})
        used = {table["RouteTableId"]: documents.associations(table) for table in tables}
        mine = used.pop(table_id, {})
        others = {subnet: association for table in used.values() for subnet, association in table.items()}
        for subnet in sorted(subnets - set(mine)):
            if subnet in others:
                client.replace_route_table_association(AssociationId=others[subnet], RouteTableId=table_id)
            else:
                client.associate_route_table(RouteTableId=table_id, SubnetId=subnet)
        for subnet in sorted(set(mine) - subnets - self.taken):
            _disassociate(client, mine[subnet])

    def delete(self, clients: Clients, found: Resource) -> None:
        """Subnets that use it use the VPC's main table from then on."""
        client = clients("ec2")
        for document in client.describe_route_tables(RouteTableIds=[found.id])["RouteTables"]:
            for association in documents.removable_associations(document):
                _disassociate(client, association)
        client.delete_route_table(RouteTableId=found.id)


def _set_routes(client: Any, table_id: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> None:
    for destination, target in wanted.items():
        if found.get(destination) != target:
            route = documents.route_arguments(destination, target)
            _set_route(client, destination in found, RouteTableId=table_id, **route)
    for destination in sorted(set(found) - set(wanted)):
        _delete_route(client, RouteTableId=table_id, **documents.destination_argument(destination))


def _set_route(client: Any, exists: bool, **route: str) -> None:
    """One that has come meanwhile gets our target."""
    if exists or unless({"RouteAlreadyExists"}, lambda: client.create_route(**route)) is None:
        client.replace_route(**route)


def _delete_route(client: Any, **route: str) -> None:
    unless({"InvalidRoute.NotFound"}, lambda: client.delete_route(**route))


def _disassociate(client: Any, association_id: str) -> None:
    unless({"InvalidAssociationID.NotFound"}, lambda: client.disassociate_route_table(AssociationId=association_id))
