"""Route tables: a destination has one route, a subnet one table."""

from __future__ import annotations

from typing import Any

from ministack.services import ec2


def apply() -> None:
    actions = ec2._ACTION_MAP
    actions["CreateRoute"] = refuse_another_route(actions["CreateRoute"])
    actions["AssociateRouteTable"] = associate_once(actions["AssociateRouteTable"])


def refuse_another_route(create):
    """Fault: a second route to a destination is added, and ReplaceRoute finds the first of them alone."""

    def handler(parameters: dict[str, Any]):
        destination = ec2._p(parameters, "DestinationCidrBlock")
        table = ec2._route_tables.get(ec2._p(parameters, "RouteTableId"), {"Routes": []})
        if any(route.get("DestinationCidrBlock") == destination for route in table["Routes"]):
            return ec2._error("RouteAlreadyExists", f"The route identified by {destination} already exists.", 400)
        return create(parameters)

    return handler


def associate_once(associate):
    """Fault: a subnet can have several tables, and one of them several times. On AWS the same call is answered as it
    was, and one for another table refused.
    """

    def handler(parameters: dict[str, Any]):
        table, subnet = ec2._p(parameters, "RouteTableId"), ec2._p(parameters, "SubnetId")
        there = [
            each for one in ec2._route_tables.values() for each in one["Associations"] if each.get("SubnetId") == subnet
        ]
        if not subnet or not there or table not in ec2._route_tables:
            return associate(parameters)
        if there[0]["RouteTableId"] != table:
            message = f"the specified association for route table {table} conflicts with an existing association"
            return ec2._error("Resource.AlreadyAssociated", message, 400)
        association = f"<associationId>{there[0]['RouteTableAssociationId']}</associationId>"
        return ec2._xml(200, "AssociateRouteTableResponse", association)

    return handler
