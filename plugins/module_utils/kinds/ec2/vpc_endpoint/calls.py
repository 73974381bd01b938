# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gateway endpoints: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....engine.clients import Clients, doing, is_one_of, pages, unless
from ....engine.errors import FarflowError
from ..tags import specification

_WHAT = "VPC endpoint"

#: What was made a moment ago may not be known everywhere yet.
_NOT_YET = {"InvalidRouteTableID.NotFound", "InvalidVpcID.NotFound"}
_GONE = {"InvalidVpcEndpointId.NotFound"}


def describe(clients: Clients, vpc_ids: list[str]) -> list[dict[str, Any]]:
    """All endpoints of the VPCs."""
    with doing("describe", "endpoints of", ", ".join(vpc_ids)):
        filters = [{"Name": "vpc-id", "Values": vpc_ids}]
        return pages(clients("ec2"), "describe_vpc_endpoints", "VpcEndpoints", Filters=filters)


def create(clients: Clients, name: str, arguments: Mapping[str, Any], tags: Mapping[str, str], token: str) -> str:
    """Makes a gateway endpoint with its tags; its id, or "" while AWS does not know its VPC or a route table."""
    named = specification("vpc-endpoint", tags)

    def call() -> Any:
        return clients("ec2").create_vpc_endpoint(VpcEndpointType="Gateway", ClientToken=token, **arguments, **named)

    with doing("create", _WHAT, name):
        answer = unless(_NOT_YET, call)
    return str(answer["VpcEndpoint"]["VpcEndpointId"]) if answer else ""


def modify(clients: Clients, endpoint_id: str, changes: Mapping[str, Any]) -> bool:
    """Changes route tables or policy. False while AWS does not know a route table."""

    def call() -> bool:
        clients("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint_id, **changes)
        return True

    with doing("change", _WHAT, endpoint_id):
        return bool(unless(_NOT_YET, call, default=False))


def delete(clients: Clients, endpoint_id: str) -> None:
    """Deletes an endpoint; one that is gone is fine."""
    with doing("delete", _WHAT, endpoint_id):
        answer = unless(
            _GONE,
            lambda: clients("ec2").delete_vpc_endpoints(VpcEndpointIds=[endpoint_id]),
            default={},
        )
    for refused in answer.get("Unsuccessful", []):
        error = refused.get("Error", {})
        if not is_one_of(error.get("Code", ""), _GONE):
            raise FarflowError(f"could not delete {_WHAT} {endpoint_id}: {error.get('Message')}")
