# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An environment's network, read as resources."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.known import Existing
from ..engine.tags import ENVIRONMENT, tags_of
from ..kinds import service_discovery
from ..kinds.ec2 import calls
from ..kinds.ec2 import guardduty as ec2_guardduty
from ..kinds.ec2.kind import described
from ..kinds.ec2.network import answers
from ..kinds.ec2.network import documents as ec2_network
from ..kinds.ec2.network.kinds import vpc_of
from ..kinds.ec2.network.patience import retry_until_visible
from ..kinds.ec2.network_acl import NetworkAcl
from ..kinds.ec2.network_acl import documents as acls
from ..kinds.ec2.route_table import documents as ec2_route_tables
from ..kinds.ec2.security_group import SecurityGroup
from ..kinds.ec2.security_group import documents as ec2_security_groups
from ..kinds.ec2.vpc_endpoint import VpcEndpoint
from ..kinds.ec2.vpc_endpoint import documents as ec2_vpc_endpoints
from ..kinds.service_discovery import documents as service_discovery_documents
from . import names, network
from . import security_groups as groups_layer
from .reader import TAGS, Owns, Reader, named, prefetched_tags, reads, said_to_be_own

Inputs = Mapping[str, Any]

#: How AWS names the group that it makes with each VPC.
_DEFAULT_GROUP = "default"


def _by_tag(pattern: str) -> Owns:
    """The test of what EC2 gives no name but a tag; its ``name`` is its id where another has that tag too."""

    def test(inputs: Inputs, known: Existing, resource: Resource) -> bool:
        name = resource.properties["tags"].get("Name", resource.name)
        return bool(re.fullmatch(f"{re.escape(names.environment(inputs))}{pattern}", name))

    return test


_OF_THE_ENVIRONMENT = _by_tag("")
_NAT = _by_tag("-nat-[a-z]")


def _group_names(inputs: Inputs, known: Existing) -> list[str]:
    groups = (*groups_layer.GROUPS, groups_layer.DEFAULT)
    return [groups_layer.group_name(inputs, group) for group in groups]


@reads(ec2_network.VPC, own={ec2_network.VPC: _OF_THE_ENVIRONMENT})
def vpcs(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """VPCs with their DNS attributes."""

    def read() -> list[Resource]:
        return [vpc_of(clients, vpc) for vpc in calls.vpcs(clients, names.environment(inputs))]

    return retry_until_visible(read)


@reads(
    ec2_security_groups.GROUP,
    ec2_security_groups.RULES,
    own=dict.fromkeys((ec2_security_groups.GROUP, ec2_security_groups.RULES), named(_group_names)),
)
def security_groups(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """Security groups and, apart from them, the rules of those that are ours by their names."""
    environment = names.environment(inputs)
    ours = {groups_layer.group_name(inputs, group) for group in groups_layer.GROUPS}
    found = calls.security_groups(clients, environment)
    documents = [document for document in found if tags_of(document).get(ENVIRONMENT) == environment]
    groups = [ec2_security_groups.canonical_group(document) for document in documents]
    with_rules = [one for one in documents if one["GroupName"] in ours]
    return groups + [ec2_security_groups.canonical_rules(one) for one in with_rules]


@reads(ec2_security_groups.RULES, ec2_guardduty.GROUP, after=(ec2_network.VPC,))
def groups_that_aws_makes(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The rules of the group that comes with the VPC, and the group that GuardDuty makes there. Nobody can tag them in
    time, so their VPC finds them.
    """
    vpc_ids = _vpc_ids(inputs, known)
    wanted = [_DEFAULT_GROUP, *map(ec2_guardduty.group_name, vpc_ids)]
    filters = {"vpc-id": vpc_ids, "group-name": wanted}
    found = described(SecurityGroup(), clients, filters) if vpc_ids else []
    there = [document for document in found if document["VpcId"] in vpc_ids]
    name = groups_layer.group_name(inputs, groups_layer.DEFAULT)
    rules = [ec2_security_groups.canonical_rules(one) for one in there if one["GroupName"] == _DEFAULT_GROUP]
    return [
        *(replace(one, name=name) for one in rules),
        *(ec2_guardduty.group(document) for document in there if ec2_guardduty.is_group(document)),
    ]


@reads(
    ec2_vpc_endpoints.TYPE,
    ec2_guardduty.ENDPOINT,
    after=(ec2_network.VPC,),
    own={ec2_vpc_endpoints.TYPE: _by_tag("-s3")},
)
def vpc_endpoints(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's endpoints, and those that GuardDuty makes in its VPC."""
    found = _endpoints(clients, _vpc_ids(inputs, known))
    environment = names.environment(inputs)
    return [
        *(ec2_vpc_endpoints.canonical(one) for one in found if tags_of(one).get(ENVIRONMENT) == environment),
        *(ec2_guardduty.endpoint(one) for one in found if ec2_guardduty.is_endpoint(one)),
    ]


def endpoints_of(clients: Clients, vpc_ids: list[str]) -> list[Resource]:
    """All endpoints in the VPCs, whosever they are."""
    return [ec2_vpc_endpoints.canonical(one) for one in _endpoints(clients, vpc_ids)]


def _endpoints(clients: Clients, vpc_ids: list[str]) -> list[dict[str, Any]]:
    found = described(VpcEndpoint(), clients, {"vpc-id": vpc_ids}) if vpc_ids else []
    return [one for one in found if one["VpcId"] in vpc_ids and ec2_vpc_endpoints.is_there(one)]


def _vpc_ids(inputs: Inputs, known: Existing) -> list[str]:
    """The environment's VPC, if there is one of its name."""
    vpc = known.get(ec2_network.VPC, names.environment(inputs))
    return [str(vpc.id)] if vpc else []


@reads(ec2_network.ZONE)
def availability_zones(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The region's zones, whatever the environment."""
    return [answers.availability_zone(zone) for zone in calls.availability_zones(clients)]


def _tagged(type_: str, describe: Callable[..., list[Any]], canonical: Callable[[Any], Resource], own: Owns) -> Reader:
    @reads(type_, own={type_: own})
    def read(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
        environment = names.environment(inputs)
        found = [canonical(document) for document in describe(clients, environment)]
        # AWS filters by this tag already; what it shows is deleted on the strength of it, so it is looked at twice.
        return [one for one in found if one.properties["tags"].get(ENVIRONMENT) == environment]

    return read


@reads(ec2_network.NAT_GATEWAY, own={ec2_network.NAT_GATEWAY: _NAT})
def nat_gateways(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """NAT gateways, and of those that failed the last one of each name."""
    environment = names.environment(inputs)
    found = [one for one in calls.nat_gateways(clients, environment) if tags_of(one).get(ENVIRONMENT) == environment]
    there = [answers.nat_gateway(document) for document in found if document["State"] != "failed"]
    failures = [document for document in found if document["State"] == "failed"]
    told = map(answers.failed_nat_gateway, sorted(failures, key=lambda document: document["CreateTime"]))
    return there + list({one.name: one for one in told}.values())


@reads(*acls.TYPES, after=(ec2_network.VPC, ec2_network.SUBNET))
def network_acls(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The ACL that came with the environment's VPC, and others in there."""
    vpc = known.get(ec2_network.VPC, names.environment(inputs))
    found = described(NetworkAcl(), clients, {"vpc-id": [str(vpc.id)]}) if vpc else []
    name, subnets = network.acl_name(inputs), network.known_subnet_ids(inputs, known)
    return [acls.canonical(name, one, subnets) if one["IsDefault"] else acls.other(one) for one in found]


@reads(
    service_discovery_documents.NAMESPACE,
    service_discovery_documents.SERVICE,
    after=(TAGS,),
    own={
        service_discovery_documents.NAMESPACE: named(lambda inputs, known: [names.namespace(inputs)]),
        service_discovery_documents.SERVICE: named(lambda inputs, known: [names.api_server(inputs)]),
    },
)
def private_names(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's namespace, and the services in it."""
    expected, prefetched = said_to_be_own(known), prefetched_tags(inputs, known)
    return service_discovery.find(clients, names.environment(inputs), [names.namespace(inputs)], expected, prefetched)


#: What is asked once the VPC is known; each is one call.
IN_VPC = (groups_that_aws_makes, vpc_endpoints, network_acls)

#: Each is one call, the VPC's three.
READERS = (
    vpcs,
    security_groups,
    availability_zones,
    _tagged(ec2_network.SUBNET, calls.subnets, answers.subnet, _by_tag(f"-({network.PUBLIC}|{network.PRIVATE})-[a-z]")),
    _tagged(ec2_network.INTERNET_GATEWAY, calls.internet_gateways, answers.internet_gateway, _OF_THE_ENVIRONMENT),
    _tagged(ec2_network.ELASTIC_IP, calls.addresses, answers.elastic_ip, _NAT),
    nat_gateways,
    _tagged(
        ec2_route_tables.TYPE,
        calls.route_tables,
        ec2_route_tables.canonical,
        _by_tag(f"-({network.PUBLIC}|{network.PRIVATE}(-[a-z])?)"),
    ),
    private_names,
    *IN_VPC,
)


def is_found_in_vpc(inputs: Inputs, resource: Resource) -> bool:
    """Whether it is one of those that these find."""
    types = {ec2_vpc_endpoints.TYPE, *ec2_guardduty.TYPES, *acls.TYPES}
    default = groups_layer.group_name(inputs, groups_layer.DEFAULT)
    return resource.type in types or (resource.type, resource.name) == (ec2_security_groups.RULES, default)
