# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Route tables: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....engine.clients import Clients, doing, pages, unless
from ..tags import specification

_WHAT = "route table"

#: What was made a moment ago may not be known everywhere yet.
_NOT_YET = {
    "InvalidRouteTableID.NotFound",
    "InvalidSubnetID.NotFound",
    "InvalidGatewayID.NotFound",
    "InvalidNatGatewayID.NotFound",
    "InvalidInternetGatewayID.NotFound",
    "NatGatewayNotFound",
}
_GONE = {"InvalidRouteTableID.NotFound"}


def describe(clients: Clients, vpc_ids: list[str]) -> list[dict[str, Any]]:
    """All route tables of the VPCs."""
    with doing("describe", "route tables of", ", ".join(vpc_ids)):
        return pages(
            clients("ec2"),
            "describe_route_tables",
            "RouteTables",
            Filters=[{"Name": "vpc-id", "Values": vpc_ids}],
        )


def create(clients: Clients, name: str, vpc_id: str, tags: Mapping[str, str]) -> str:
    """Makes a route table with its tags; its id. botocore adds a client token, so a repeated call makes no second."""
    with doing("create", _WHAT, name):
        answer = clients("ec2").create_route_table(VpcId=vpc_id, **specification("route-table", tags))
    return str(answer["RouteTable"]["RouteTableId"])


def set_route(clients: Clients, table_id: str, route: Mapping[str, str], exists: bool) -> bool:
    """Makes a route, or changes the target of one that ``exists``. False while AWS does not know table or target."""
    client = clients("ec2")

    def replace() -> bool:
        client.replace_route(RouteTableId=table_id, **route)
        return True

    def create() -> bool:
        made = unless({"RouteAlreadyExists"}, lambda: client.create_route(RouteTableId=table_id, **route))
        return bool(made) or replace()

    with doing("set a route in", _WHAT, table_id):
        return bool(unless(_NOT_YET, replace if exists else create, default=False))


def delete_route(clients: Clients, table_id: str, destination: Mapping[str, str]) -> None:
    """Deletes a route; one that is gone is fine."""
    with doing("delete a route of", _WHAT, table_id):
        unless({"InvalidRoute.NotFound"}, lambda: clients("ec2").delete_route(RouteTableId=table_id, **destination))


def associate(clients: Clients, table_id: str, subnet_id: str, association_id: str | None) -> bool:
    """Lets a subnet use the table; ``association_id`` is that of the table it uses now. False while AWS does not know
    table or subnet.
    """
    client = clients("ec2")

    def call() -> Any:
        if association_id:
            return client.replace_route_table_association(AssociationId=association_id, RouteTableId=table_id)
        return client.associate_route_table(RouteTableId=table_id, SubnetId=subnet_id)

    with doing("associate", _WHAT, f"{table_id} with {subnet_id}"):
        return bool(unless(_NOT_YET, call, default=False))


def disassociate(clients: Clients, association_id: str) -> None:
    """Ends an association; one that is gone is fine. Its subnet uses the VPC's main table from then on."""
    with doing("end", "association of a route table", association_id):
        unless(
            {"InvalidAssociationID.NotFound"},
            lambda: clients("ec2").disassociate_route_table(AssociationId=association_id),
        )


def delete(clients: Clients, table_id: str) -> bool:
    """Deletes a route table; one that is gone is fine. False while something uses it."""
    with doing("delete", _WHAT, table_id):
        answer = unless(
            {"DependencyViolation"},
            lambda: unless(_GONE, lambda: clients("ec2").delete_route_table(RouteTableId=table_id)),
            default="in use",
        )
    return bool(answer != "in use")
