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
from . import answers
from . import calls as api
from . import documents as pure
from .patience import delete_when_free

Document = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """How those are described that EC2's filters leave, how one is seen as a resource, created (its id), changed but
    for its tags, and deleted (AWS's words while something uses it). In one of the states ``made`` it counts as made,
    and without them in every one in which it is described; ``failure`` tells by its id why AWS could not make one.
    """

    describe: Callable[[Clients, api.Filters], list[Document]]
    canonical: Callable[[Clients, Document], Resource]
    create: Callable[[Clients, str, Mapping[str, Any]], str]
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
            api.set_vpc_attribute(clients, str(found.id), attribute, wanted.properties[key])


def _delete_vpc(clients: Clients, found: Resource) -> str:
    return api.delete_vpc(clients, str(found.id))


def _change_subnet(clients: Clients, wanted: Resource, found: Resource) -> None:
    public = wanted.properties["map_public_ip_on_launch"]
    if public != found.properties["map_public_ip_on_launch"]:
        api.set_public_ip_on_launch(clients, str(found.id), public)


def _delete_subnet(clients: Clients, found: Resource) -> str:
    return api.delete_subnet(clients, str(found.id))


def _change_internet_gateway(clients: Clients, wanted: Resource, found: Resource) -> None:
    vpc_id = wanted.properties["vpc_id"]
    if vpc_id != found.properties["vpc_id"]:
        delete_when_free(clients, found, lambda: _detach(clients, found))
        api.attach(clients, str(found.id), vpc_id)


def _detach(clients: Clients, found: Resource) -> str:
    vpc_id = found.properties["vpc_id"]
    return api.detach(clients, str(found.id), vpc_id) if vpc_id else ""


def _delete_internet_gateway(clients: Clients, found: Resource) -> str:
    return _detach(clients, found) or api.delete_internet_gateway(clients, str(found.id))


def _change_nothing(clients: Clients, wanted: Resource, found: Resource) -> None:
    """An address has nothing but tags; of a NAT gateway AWS changes nothing."""


def _release(clients: Clients, found: Resource) -> str:
    return api.release_address(clients, str(found.id))


def _delete_nat_gateway(clients: Clients, found: Resource) -> str:
    return api.delete_nat_gateway(clients, str(found.id))


def _why_failed(clients: Clients, gateway_id: str) -> str:
    failed = api.failed_nat_gateway(clients, gateway_id)
    return answers.failed_nat_gateway(failed).reason if failed else ""


def _seen(canonical: Callable[[Document], Resource]) -> Callable[[Clients, Document], Resource]:
    return lambda clients, document: canonical(document)


KINDS = {
    pure.VPC: Kind(api.vpcs, vpc_of, api.create_vpc, _change_vpc, _delete_vpc),
    pure.SUBNET: Kind(api.subnets, _seen(answers.subnet), api.create_subnet, _change_subnet, _delete_subnet),
    pure.INTERNET_GATEWAY: Kind(
        api.internet_gateways,
        _seen(answers.internet_gateway),
        api.create_internet_gateway,
        _change_internet_gateway,
        _delete_internet_gateway,
    ),
    pure.ELASTIC_IP: Kind(api.addresses, _seen(answers.elastic_ip), api.allocate_address, _change_nothing, _release),
    pure.NAT_GATEWAY: Kind(
        api.nat_gateways,
        _seen(answers.nat_gateway),
        api.create_nat_gateway,
        _change_nothing,
        _delete_nat_gateway,
        made=None,  # minutes lie between: who needs it waits
        failure=_why_failed,
    ),
}
