# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gateway endpoints of VPCs."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from ....engine.actions import Resource
from ....engine.clients import Clients, is_one_of
from ....engine.errors import FarflowError
from ....engine.kind import Document
from ..kind import Ec2Kind
from . import documents


class VpcEndpoint(Ec2Kind):
    """A gateway endpoint of a VPC."""

    type = documents.TYPE
    title, titles = "VPC endpoint", "VPC endpoints"
    operation, key = "describe_vpc_endpoints", "VpcEndpoints"
    gone = frozenset({"InvalidVpcEndpointId.NotFound"})
    #: What was made a moment ago may not be known everywhere yet.
    busy = frozenset({"InvalidRouteTableID.NotFound", "InvalidVpcID.NotFound"})
    patience = 180
    immutable = documents.IMMUTABLE

    def __init__(self) -> None:
        self.run = uuid.uuid4()

    def name(self, document: Document) -> str:
        return str(document["VpcEndpointId"])

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return documents.canonical(document) if documents.is_there(document) else None

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """With the same token, so that AWS makes one however often this run asks for it."""
        token = str(uuid.uuid5(self.run, f"{wanted.properties['vpc_id']} {wanted.name}"))
        made = clients("ec2").create_vpc_endpoint(ClientToken=token, **documents.create_request(wanted))
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        request = documents.modify_request(wanted, found, differs)
        clients("ec2").modify_vpc_endpoint(VpcEndpointId=found.id, **request)

    def delete(self, clients: Clients, found: Resource) -> None:
        """AWS answers, and says in it what it did not do."""
        answer = clients("ec2").delete_vpc_endpoints(VpcEndpointIds=[found.id])
        errors = [refused.get("Error", {}) for refused in answer.get("Unsuccessful", [])]
        words = [str(error.get("Message")) for error in errors if not is_one_of(error.get("Code", ""), self.gone)]
        if words:
            raise FarflowError(f"could not delete {self.title} {found.id}: {'; '.join(words)}")
