# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parts of a network whose tags were touched: looked for by what nobody can edit, and known by it.

What carries its tags is found by them, and costs no further call. Only where something that is desired was not found,
or not with the tags that it shall have, is there a call for its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.known import Existing
from ..kinds.ec2 import identity
from ..kinds.ec2.kind import described
from ..kinds.ec2.network import answers
from ..kinds.ec2.network import calls as network_calls
from ..kinds.ec2.network import documents as network_documents
from ..kinds.ec2.network.kinds import vpc_of
from ..kinds.ec2.network.patience import retry_until_visible
from ..kinds.ec2.route_table import RouteTable
from ..kinds.ec2.route_table import documents as ec2_route_tables
from ..kinds.ec2.security_group import SecurityGroup
from ..kinds.ec2.security_group import documents as ec2_security_groups
from ..kinds.ec2.vpc_endpoint import documents as ec2_vpc_endpoints
from ..kinds.service_discovery import documents as service_discovery
from . import names, network, security_groups
from . import network_readers as ec2

Inputs = Mapping[str, Any]
LookUp = Callable[[Clients, Inputs, Existing], list[Resource]]


def recognise(clients: Clients, inputs: Inputs, resources: list[Resource]) -> list[Resource]:
    """The resources with every part of the network that is there under the name by which it is desired, and without
    what is in a network of somebody else's.
    """
    seen_in = _place(inputs, resources)
    resources = _with_the_vpc(clients, inputs, resources)
    resources = identity.in_vpcs(resources)
    resources = identity.in_subnets(_recognised(clients, inputs, resources, network_documents.SUBNET))
    if _place(inputs, resources) != seen_in:
        resources = _seen_anew(clients, inputs, resources)
    for type_ in [each for each in _LOOK_UPS if each != network_documents.SUBNET]:
        resources = _recognised(clients, inputs, resources, type_)
    return identity.without_used_addresses(resources)


def _place(inputs: Inputs, resources: list[Resource]) -> tuple[str, list[str]]:
    """The VPC and the subnets, by which stages before this one have looked further."""
    known = Existing(resources)
    return _vpc_id(inputs, known), network.known_subnet_ids(inputs, known)


def _seen_anew(clients: Clients, inputs: Inputs, resources: list[Resource]) -> list[Resource]:
    others = [one for one in resources if not ec2.is_found_in_vpc(inputs, one)]
    return [*others, *(one for read in ec2.IN_VPC for one in read(clients, inputs, Existing(others)))]


def _with_the_vpc(clients: Clients, inputs: Inputs, resources: list[Resource]) -> list[Resource]:
    known = Existing(resources)
    wanted = network.desired(inputs, known)
    vpc = next(one for one in wanted if one.type == network_documents.VPC)
    id_ = known.id(network_documents.VPC, vpc.name)
    places = {one.properties["vpc_id"] for one in _our_groups(resources, inputs)}
    if identity.is_in_order(vpc, resources, known) and places == {id_}:
        return identity.with_the_vpc(vpc, id_, resources)
    namespace = known.get(service_discovery.NAMESPACE, names.namespace(inputs))
    evidence = identity.Evidence(
        namespace.attributes[service_discovery.VPC_IDS] if namespace else (),
        identity.vpcs_of(_named_groups(clients, inputs)),
        identity.vpcs_of_parts(wanted, resources),
    )
    there = [one for one in resources if one.type == network_documents.VPC]
    more = {*evidence.namespace, *evidence.groups, *evidence.parts} - {str(one.id) for one in there}
    there += _vpcs(clients, sorted(more))
    chosen = identity.the_vpc(vpc, evidence, there)
    used = _in_use(clients, [str(one.id) for one in there if one.id != chosen])
    others = [one for one in resources if one.type != network_documents.VPC]
    return identity.with_the_vpc(vpc, chosen, [*others, *(one for one in there if str(one.id) not in used)])


def _in_use(clients: Clients, ids: list[str]) -> set[str]:
    """Those of the VPCs in which something is. What a call has doubled whose answer was lost is empty."""
    if not ids:
        return set()
    subnets = network_calls.subnets(clients, {"vpc-id": ids})
    groups = described(SecurityGroup(), clients, {"vpc-id": ids})
    gateways = network_calls.internet_gateways(clients, {"attachment.vpc-id": ids})
    return {
        *(one["VpcId"] for one in subnets),
        *(one["VpcId"] for one in groups if one["GroupName"] != "default"),
        *(attachment["VpcId"] for one in gateways for attachment in one["Attachments"]),
    }


def _vpcs(clients: Clients, ids: list[str]) -> list[Resource]:
    filters = {"vpc-id": ids}
    return (
        retry_until_visible(lambda: [vpc_of(clients, one) for one in network_calls.vpcs(clients, filters)])
        if ids
        else []
    )


def _recognised(clients: Clients, inputs: Inputs, resources: list[Resource], type_: str) -> list[Resource]:
    """The resources with what is desired of a type under its name."""
    known = Existing(resources)
    wanted = [one for one in network.desired(inputs, known) if one.type == type_]
    if all(identity.is_in_order(one, resources, known) for one in wanted):
        return resources
    if not known.get(network_documents.VPC, names.environment(inputs)):
        return resources  # where there is no VPC, there is nothing in it
    there = {(one.type, one.id) for one in resources}
    more = [one for one in _LOOK_UPS[type_](clients, inputs, known) if (one.type, one.id) not in there]
    return identity.recognised(wanted, resources, more, known)


def _our_groups(groups: list[Resource], inputs: Inputs) -> list[Resource]:
    """Those security groups that have names and descriptions of ours, which nobody can edit."""
    texts = {security_groups.group_name(inputs, group): text for group, text in security_groups.GROUPS.items()}
    types = (ec2_security_groups.GROUP,)
    return [one for one in groups if one.type in types and one.properties["description"] == texts.get(one.name)]


def _named_groups(clients: Clients, inputs: Inputs, **filters: list[str]) -> list[Resource]:
    group_names = sorted(security_groups.group_name(inputs, group) for group in security_groups.GROUPS)
    found = described(SecurityGroup(), clients, {"group-name": group_names, **filters})
    return _our_groups([ec2_security_groups.canonical_group(one) for one in found], inputs)


def _vpc_id(inputs: Inputs, known: Existing) -> str:
    return known.id(network_documents.VPC, names.environment(inputs))


def _in_vpc(
    describe: Callable[[Clients, Mapping[str, list[str]]], list[Any]],
    canonical: Callable[[Any], Resource],
    filter_: str = "vpc-id",
) -> LookUp:
    def look_up(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
        return [canonical(one) for one in describe(clients, {filter_: [_vpc_id(inputs, known)]})]

    return look_up


def _groups(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    return _named_groups(clients, inputs, **{"vpc-id": [_vpc_id(inputs, known)]})


def _rules(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    ids = [str(group.id) for group in known.of_type(ec2_security_groups.GROUP)]
    found = described(SecurityGroup(), clients, {"group-id": ids}) if ids else []
    return [ec2_security_groups.canonical_rules(one) for one in found]


def _addresses(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """Those of the NAT gateways."""
    ids = [str(one.properties["allocation_id"]) for one in known.of_type(network_documents.NAT_GATEWAY)]
    found = network_calls.addresses(clients, {"allocation-id": ids}) if ids else []
    return [answers.elastic_ip(one) for one in found]


def _route_tables(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    found = described(RouteTable(), clients, {"vpc-id": [_vpc_id(inputs, known)]})
    return [ec2_route_tables.canonical(one) for one in found]


def _endpoints(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    return ec2.endpoints_of(clients, [_vpc_id(inputs, known)])


#: In this order: each is known by those before it.
_LOOK_UPS: Mapping[str, LookUp] = {
    network_documents.SUBNET: _in_vpc(network_calls.subnets, answers.subnet),
    network_documents.INTERNET_GATEWAY: _in_vpc(
        network_calls.internet_gateways, answers.internet_gateway, "attachment.vpc-id"
    ),
    ec2_security_groups.GROUP: _groups,
    ec2_security_groups.RULES: _rules,
    ec2_route_tables.TYPE: _route_tables,
    network_documents.NAT_GATEWAY: _in_vpc(network_calls.nat_gateways, answers.nat_gateway),
    network_documents.ELASTIC_IP: _addresses,
    ec2_vpc_endpoints.TYPE: _endpoints,
}
