# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What differs between VPCs, subnets, internet gateways, elastic IP addresses and NAT gateways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients
from .. import calls as ec2
from . import answers, documents
from . import calls as network_calls
from .patience import delete_when_free

Document = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """How those are described that EC2's filters leave, how one is seen as a resource, created (its id), changed but
    for its tags, and deleted (AWS's words while something uses it). In one of the states ``made`` it counts as made,
    and without them in every one in which it is described; ``failure`` tells by its id why AWS could not make one.
    """

    describe: Callable[[Clients, network_calls.Filters], list[Document]]
    canonical: Callable[[Clients, Document], Resource]
    create: Callable[[Clients, Mapping[str, Any]], str]
    change: Callable[[Clients, Resource, Resource], None]
    delete: Callable[[Clients, Resource], str]
    made: frozenset[str] | None = frozenset({"available"})
    failure: Callable[[Clients, str], str] = lambda clients, id_: ""


def vpc_of(clients: Clients, document: Document) -> Resource:
    """A VPC of DescribeVpcs' answer, with its DNS attributes: two calls."""
    return answers.vpc(
        document,
        ec2.vpc_attribute(clients, document["VpcId"], "enableDnsSupport"),
        ec2.vpc_attribute(clients, document["VpcId"], "enableDnsHostnames"),
    )


def _change_vpc(clients: Clients, wanted: Resource, found: Resource) -> None:
    for key, attribute in (("dns_support", "EnableDnsSupport"), ("dns_hostnames", "EnableDnsHostnames")):
        if wanted.properties[key] != found.properties[key]:
            network_calls.set_vpc_attribute(clients, str(found.id), attribute, wanted.properties[key])


def _delete_vpc(clients: Clients, found: Resource) -> str:
    return network_calls.delete_vpc(clients, str(found.id))


def _change_subnet(clients: Clients, wanted: Resource, found: Resource) -> None:
    public = wanted.properties["map_public_ip_on_launch"]
    if public != found.properties["map_public_ip_on_launch"]:
        network_calls.set_public_ip_on_launch(clients, str(found.id), public)


def _delete_subnet(clients: Clients, found: Resource) -> str:
    return network_calls.delete_subnet(clients, str(found.id))


def _change_internet_gateway(clients: Clients, wanted: Resource, found: Resource) -> None:
    vpc_id = wanted.properties["vpc_id"]
    if vpc_id != found.properties["vpc_id"]:
        delete_when_free(clients, found, lambda: _detach(clients, found))
        network_calls.attach(clients, str(found.id), vpc_id)


def _detach(clients: Clients, found: Resource) -> str:
    vpc_id = found.properties["vpc_id"]
    return network_calls.detach(clients, str(found.id), vpc_id) if vpc_id else ""


def _delete_internet_gateway(clients: Clients, found: Resource) -> str:
    return _detach(clients, found) or network_calls.delete_internet_gateway(clients, str(found.id))


def _change_nothing(clients: Clients, wanted: Resource, found: Resource) -> None:
    """An address has nothing but tags; of a NAT gateway AWS changes nothing."""


def _release(clients: Clients, found: Resource) -> str:
    return network_calls.release_address(clients, str(found.id))


def _delete_nat_gateway(clients: Clients, found: Resource) -> str:
    return network_calls.delete_nat_gateway(clients, str(found.id))


def _why_failed(clients: Clients, gateway_id: str) -> str:
    failed = network_calls.failed_nat_gateway(clients, gateway_id)
    return answers.failed_nat_gateway(failed).reason if failed else ""


def _seen(canonical: Callable[[Document], Resource]) -> Callable[[Clients, Document], Resource]:
    return lambda clients, document: canonical(document)


KINDS = {
    documents.VPC: Kind(network_calls.vpcs, vpc_of, network_calls.create_vpc, _change_vpc, _delete_vpc),
    documents.SUBNET: Kind(
        network_calls.subnets, _seen(answers.subnet), network_calls.create_subnet, _change_subnet, _delete_subnet
    ),
    documents.INTERNET_GATEWAY: Kind(
        network_calls.internet_gateways,
        _seen(answers.internet_gateway),
        network_calls.create_internet_gateway,
        _change_internet_gateway,
        _delete_internet_gateway,
    ),
    documents.ELASTIC_IP: Kind(
        network_calls.addresses, _seen(answers.elastic_ip), network_calls.allocate_address, _change_nothing, _release
    ),
    documents.NAT_GATEWAY: Kind(
        network_calls.nat_gateways,
        _seen(answers.nat_gateway),
        network_calls.create_nat_gateway,
        _change_nothing,
        _delete_nat_gateway,
        made=None,  # minutes lie between: who needs it waits
        failure=_why_failed,
    ),
}
