# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An environment's network, read as resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..aws import ec2 as api
from ..aws import ec2_security_groups as api_of_groups
from ..aws.calls import Clients
from ..core.actions import Resource
from ..core.known import Known
from ..pure import ec2_documents as pure
from ..pure import ec2_route_tables, ec2_security_groups, ec2_vpc_endpoints
from ..pure.layers import names, network
from ..pure.layers import security_groups as groups_layer
from ..pure.tags import ENVIRONMENT, tags_of

Inputs = Mapping[str, Any]
Finder = Callable[[Clients, Inputs, Known], list[Resource]]


def vpcs(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
    """VPCs with their DNS attributes."""
    return [
        pure.vpc(
            vpc,
            api.vpc_attribute(clients, vpc["VpcId"], "enableDnsSupport"),
            api.vpc_attribute(clients, vpc["VpcId"], "enableDnsHostnames"),
        )
        for vpc in api.vpcs(clients, names.environment(inputs))
    ]


def security_groups(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
    """Security groups and, apart from them, their rules."""
    environment = names.environment(inputs)
    found = api.security_groups(clients, environment)
    documents = [document for document in found if tags_of(document).get(ENVIRONMENT) == environment]
    groups = [ec2_security_groups.canonical_group(document) for document in documents]
    return groups + [ec2_security_groups.canonical_rules(document) for document in documents]


def rules_of_default_group(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
    """The rules of the group that AWS makes with each VPC. Nobody can tag it in time, so its VPC finds it."""
    vpc_ids = [str(vpc.id) for vpc in known.of_type(network.VPC)]
    found = api_of_groups.describe(clients, {"vpc-id": vpc_ids, "group-name": ["default"]}) if vpc_ids else []
    name = groups_layer.group_name(inputs, groups_layer.DEFAULT)
    rules = [ec2_security_groups.canonical_rules(document) for document in found if document["VpcId"] in vpc_ids]
    return [replace(one, name=name) for one in rules]


def availability_zones(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
    """The region's zones, whatever the environment."""
    return [pure.availability_zone(zone) for zone in api.availability_zones(clients)]


def _plain(describe: Callable[..., list[Any]], canonical: Callable[[Any], Resource]) -> Finder:
    def find(clients: Clients, inputs: Inputs, known: Known) -> list[Resource]:
        environment = names.environment(inputs)
        found = [canonical(document) for document in describe(clients, environment)]
        # AWS filters by this tag already; what it shows is deleted on the strength of it, so it is looked at twice.
        return [one for one in found if one.properties["tags"].get(ENVIRONMENT) == environment]

    return find


#: What is asked first to see a network; each is one call, the VPC's three.
FINDERS = [
    vpcs,
    security_groups,
    availability_zones,
    _plain(api.subnets, pure.subnet),
    _plain(api.internet_gateways, pure.internet_gateway),
    _plain(api.addresses, pure.elastic_ip),
    _plain(api.nat_gateways, pure.nat_gateway),
    _plain(api.route_tables, ec2_route_tables.canonical),
    _plain(api.vpc_endpoints, ec2_vpc_endpoints.canonical),
]
