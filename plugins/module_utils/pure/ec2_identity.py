# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""By what nobody can edit each part of a network is known, whatever has become of its tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ..core.actions import Resource
from ..core.known import Known
from . import ec2_network as network
from . import ec2_route_tables, ec2_security_groups, ec2_vpc_endpoints
from .tags import ENVIRONMENT

Marks = frozenset[str]

#: What says by its own documents in which VPC it is. Groups tell best: nobody can edit their names.
_IN_VPC = (
    (ec2_security_groups.GROUP,),
    (network.SUBNET, network.INTERNET_GATEWAY, ec2_route_tables.TYPE, ec2_vpc_endpoints.TYPE),
)

#: Of these AWS lets several have the same marks. So one that carries all the tags that it shall is not doubted.
_SEVERAL = frozenset({network.VPC, network.NAT_GATEWAY, ec2_route_tables.TYPE, ec2_vpc_endpoints.TYPE})


def identity(resource: Resource, known: Known) -> Marks:
    """What nobody can edit of a part of a network, desired or existing: two of one type that share a mark are one.
    ``known`` is the network as far as it is known by now.
    """
    return _MARKS[resource.type](resource, known)


def _vpc(vpc: Resource, known: Known) -> Marks:
    """Its id; of a desired one the id that most of its parts name, or where there are none that of a tagged one."""
    if vpc.id:
        return frozenset({vpc.id})
    for types in _IN_VPC:
        parts = [part for type_ in types for part in known.of_type(type_) if part.properties["vpc_id"]]
        named = Counter(str(part.properties["vpc_id"]) for part in parts)
        if named:
            most = max(named.values())
            return frozenset({min(id_ for id_, times in named.items() if times == most)})
    environment = vpc.properties["tags"][ENVIRONMENT]
    return frozenset(
        str(one.id)
        for one in known.of_type(network.VPC)
        if one.properties["cidr"] == vpc.properties["cidr"] and one.properties["tags"].get(ENVIRONMENT) == environment
    )


def _elastic_ip(address: Resource, known: Known) -> Marks:
    """Its id; of a desired one the id of the address that the NAT gateway of its name has."""
    if address.id:
        return frozenset({address.id})
    gateway = known.get(network.NAT_GATEWAY, address.name)
    return frozenset({str(gateway.properties["allocation_id"])}) if gateway else frozenset()


def _together(*keys: str) -> Callable[[Resource, Known], Marks]:
    def marks(resource: Resource, known: Known) -> Marks:
        return frozenset({" ".join(str(resource.properties[key]) for key in keys)})

    return marks


def _group(group: Resource, known: Known) -> Marks:
    return frozenset({f"{group.properties['vpc_id']} {group.name}"})


def _route_table(table: Resource, known: Known) -> Marks:
    """The subnets that use it: a subnet uses one table."""
    return frozenset(table.properties["subnets"])


_MARKS: Mapping[str, Callable[[Resource, Known], Marks]] = {
    network.VPC: _vpc,
    network.SUBNET: _together("vpc_id", "cidr"),
    network.INTERNET_GATEWAY: _together("vpc_id"),
    ec2_security_groups.GROUP: _group,
    ec2_security_groups.RULES: _together("group_id"),
    network.NAT_GATEWAY: _together("subnet_id"),
    network.ELASTIC_IP: _elastic_ip,
    ec2_route_tables.TYPE: _route_table,
    ec2_vpc_endpoints.TYPE: _together("vpc_id", "service"),
}

TYPES = tuple(_MARKS)


def is_in_order(wanted: Resource, resources: Iterable[Resource]) -> bool:
    """Whether there is one under its name that carries the tags that it shall, so that nothing has to tell more."""
    return any(
        (one.type, one.name) == (wanted.type, wanted.name)
        and one.properties.get("tags") == wanted.properties.get("tags")
        for one in resources
    )


def recognised(
    wanted: Sequence[Resource], resources: Sequence[Resource], strangers: Sequence[Resource], known: Known
) -> list[Resource]:
    """The resources, each that a wanted one is under its name; and those of the ``strangers``, which no tag tells to be
    ours, that a wanted one is. All wanted ones are of one type.
    """
    names: dict[tuple[str, str | None], str] = {}
    for one in wanted:
        found = [each for each in (*resources, *strangers) if each.type == one.type]
        names.update({(each.type, each.id): one.name for each in _meant(one, found, known)})
    ours = [*resources, *(each for each in strangers if (each.type, each.id) in names)]
    return [replace(each, name=names.get((each.type, each.id), each.name)) for each in ours]


def _meant(wanted: Resource, found: Sequence[Resource], known: Known) -> list[Resource]:
    if wanted.type in _SEVERAL and is_in_order(wanted, found):
        return []
    marks = identity(wanted, known)
    return [one for one in found if marks & identity(one, known)]
