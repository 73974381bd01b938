# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gateway endpoints. They are found by their id, or by their tag ``Name`` in a VPC, which several may bear."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients, doing, is_one_of, pages, tag_list
from ....engine.converge import converge
from ....engine.errors import FarflowError
from ....engine.immutable import refuse_changes
from ....engine.kind import Kind, operations
from ....engine.reconcile import Outcome
from . import documents


class VpcEndpoint(Kind):
    """A gateway endpoint of a VPC. How it is made, changed and deleted."""

    type = documents.TYPE
    title, titles = "VPC endpoint", "VPC endpoints"
    gone = frozenset({"InvalidVpcEndpointId.NotFound"})
    #: What was made a moment ago may not be known everywhere yet.
    busy = frozenset({"InvalidRouteTableID.NotFound", "InvalidVpcID.NotFound"})
    patience = 180

    def __init__(self) -> None:
        self.run = uuid.uuid4()

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """With the same token, so that AWS makes one however often this run asks for it."""
        token = str(uuid.uuid5(self.run, f"{wanted.properties['vpc_id']} {wanted.name}"))
        made = clients("ec2").create_vpc_endpoint(ClientToken=token, **documents.create_request(wanted))
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        request = documents.modify_request(wanted, found, differs)
        clients("ec2").modify_vpc_endpoint(VpcEndpointId=found.id, **request)

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients("ec2").create_tags(Resources=[found.id], Tags=tag_list(dict(tags)))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients("ec2").delete_tags(Resources=[found.id], Tags=[{"Key": key} for key in keys])

    def delete(self, clients: Clients, found: Resource) -> None:
        """AWS answers, and says in it what it did not do."""
        answer = clients("ec2").delete_vpc_endpoints(VpcEndpointIds=[found.id])
        errors = [refused.get("Error", {}) for refused in answer.get("Unsuccessful", [])]
        words = [str(error.get("Message")) for error in errors if not is_one_of(error.get("Code", ""), self.gone)]
        if words:
            raise FarflowError(f"could not delete {self.title} {found.id}: {'; '.join(words)}")


def in_vpcs(clients: Clients, vpc_ids: Sequence[str]) -> list[dict[str, Any]]:
    """DescribeVpcEndpoints' documents of all endpoints of the VPCs that are not gone."""
    if not vpc_ids:
        return []
    with doing("describe", "endpoints of", ", ".join(vpc_ids)):
        filters = [{"Name": "vpc-id", "Values": vpc_ids}]
        found = pages(clients("ec2"), "describe_vpc_endpoints", "VpcEndpoints", Filters=filters)
    return [document for document in found if documents.is_there(document)]


def present(clients: Clients, wanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of the endpoints."""

    def read() -> list[Resource]:
        endpoints = _endpoints(clients, wanted)
        meant = [(endpoint, documents.chosen(endpoint, endpoints)) for endpoint in wanted]
        missing = [str(endpoint.id) for endpoint, found in meant if endpoint.id and not found]
        if missing:
            raise FarflowError(f"there is no VPC endpoint {', '.join(missing)}")
        existing = [replace(found, name=endpoint.name) for endpoint, found in meant if found]
        refuse_changes(wanted, existing, documents.IMMUTABLE)
        return existing

    return converge(wanted, read, operations(VpcEndpoint(), clients), check_mode)


def absent(clients: Clients, unwanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of the endpoints. One without an id must be the only one of its name in its VPC."""

    def read() -> list[Resource]:
        endpoints = _endpoints(clients, unwanted)
        meant = [(endpoint.name, documents.meant(endpoint, endpoints)) for endpoint in unwanted]
        ambiguous = ", ".join(name for name, found in meant if len(found) > 1)
        if ambiguous:
            raise FarflowError(f"several VPC endpoints are called {ambiguous}: give the id of the one to delete")
        return [replace(endpoint, name=name) for name, found in meant for endpoint in found]

    return converge([], read, operations(VpcEndpoint(), clients), check_mode)


def _endpoints(clients: Clients, named: Sequence[Resource]) -> list[Resource]:
    vpcs = sorted({str(endpoint.properties["vpc_id"]) for endpoint in named})
    return [documents.canonical(document) for document in in_vpcs(clients, vpcs)]
