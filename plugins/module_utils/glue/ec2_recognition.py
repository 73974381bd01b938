# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parts of a network whose tags were touched: looked for by what nobody can edit, and known by it.

What carries its tags is found by them, and costs no further call. Only where something that is desired was not found,
or not with the tags that it shall have, is there a call for its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..aws import ec2_network as api_of_network
from ..aws import ec2_route_tables as api_of_tables
from ..aws import ec2_security_groups as api_of_groups
from ..aws.calls import Clients
from ..core.actions import Resource
from ..core.known import Known
from ..pure import ec2_documents as documents
from ..pure import ec2_identity as identity
from ..pure import ec2_network as pure
from ..pure import ec2_route_tables, ec2_security_groups, ec2_vpc_endpoints
from ..pure.layers import names, network, security_groups
from . import ec2
from .ec2_network_kinds import vpc_of
from .ec2_patience import once_known

Inputs = Mapping[str, Any]
LookUp = Callable[[Clients, Inputs, Known], list[Resource]]


def recognise(clients: Clients, inputs: Inputs, resources: list[Resource]) -> list[Resource]:
    """The resources with every part of the network that is there under the name by which it is desired."""
    for type_, look_up in _LOOK_UPS.items():
        known = Known(resources)
        wanted = [one for one in network.desired(inputs, known) if one.type == type_]
        if all(identity.is_in_order(one, resources) for one in wanted):
            continue
        if type_ != pure.VPC and not known.get(pure.VPC, names.environment(inputs)):
            return resources  # where there is no VPC, there is nothing in it
        there = {(one.type, one.id) for one in resources}
        more = [one for one in look_up(clients, inputs, known) if (one.type, one.id) not in there]
        resources = identity.recognised(wanted, resources, more, Known([*resources, *more]))
        if type_ == pure.VPC and not known.of_type(pure.VPC):
            resources += [one for find in ec2.FINDERS_IN_VPC for one in find(clients, inputs, Known(resources))]
    return resources


def _vpcs(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
    """The VPC that the security groups of our names are in, which come with it; or else that of other parts."""
    wanted = next(one for one in network.desired(inputs, known) if one.type == pure.VPC)
    groups = _named_groups(clients, inputs)
    named = identity.identity(wanted, Known([*known.all(), *groups]))
    filters = {"vpc-id": sorted(named)}
    found = once_known(lambda: [vpc_of(clients, one) for one in api_of_network.vpcs(clients, filters)]) if named else []
    return [*found, *groups]


def _named_groups(clients: Clients, inputs: Inputs, **filters: list[str]) -> list[Resource]:
    """Security groups with our names and descriptions, which nobody can edit."""
    texts = {security_groups.group_name(inputs, group): text for group, text in security_groups.GROUPS.items()}
    found = api_of_groups.describe(clients, {"group-name": sorted(texts), **filters})
    ours = [one for one in found if texts.get(one["GroupName"]) == one["Description"]]
    return [ec2_security_groups.canonical_group(one) for one in ours]


def _vpc_id(inputs: Inputs, known: Known) -> str:
    return known.id(pure.VPC, names.environment(inputs))


def _in_vpc(
    describe: Callable[[Clients, Mapping[str, list[str]]], list[Any]],
    canonical: Callable[[Any], Resource],
    filter_: str = "vpc-id",
) -> LookUp:
    def look_up(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
        return [canonical(one) for one in describe(clients, {filter_: [_vpc_id(inputs, known)]})]

    return look_up


def _groups(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
    return _named_groups(clients, inputs, **{"vpc-id": [_vpc_id(inputs, known)]})


def _rules(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
    ids = [str(group.id) for group in known.of_type(ec2_security_groups.GROUP)]
    found = api_of_groups.describe(clients, {"group-id": ids}) if ids else []
    return [ec2_security_groups.canonical_rules(one) for one in found]


def _addresses(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
    """Those of the NAT gateways."""
    ids = [str(one.properties["allocation_id"]) for one in known.of_type(pure.NAT_GATEWAY)]
    found = api_of_network.addresses(clients, {"allocation-id": ids}) if ids else []
    return [documents.elastic_ip(one) for one in found]


def _route_tables(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
    return [ec2_route_tables.canonical(one) for one in api_of_tables.describe(clients, [_vpc_id(inputs, known)])]


def _endpoints(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
    return ec2.endpoints_of(clients, [_vpc_id(inputs, known)])


#: In this order: each is known by those before it.
_LOOK_UPS: Mapping[str, LookUp] = {
    pure.VPC: _vpcs,
    pure.SUBNET: _in_vpc(api_of_network.subnets, documents.subnet),
    pure.INTERNET_GATEWAY: _in_vpc(api_of_network.internet_gateways, documents.internet_gateway, "attachment.vpc-id"),
    ec2_security_groups.GROUP: _groups,
    ec2_security_groups.RULES: _rules,
    pure.NAT_GATEWAY: _in_vpc(api_of_network.nat_gateways, documents.nat_gateway),
    pure.ELASTIC_IP: _addresses,
    ec2_route_tables.TYPE: _route_tables,
    ec2_vpc_endpoints.TYPE: _endpoints,
}
