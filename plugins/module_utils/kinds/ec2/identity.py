# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""By what nobody can edit each part of a network is known, whatever has become of its tags.

Of some kinds AWS lets several be alike, as two NAT gateways in one subnet. Then the one is taken for which most speaks:
what uses it, and the tags that it has. Never more than one is, since a plan deletes what it has one too many of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ...engine.actions import Resource
from ...engine.errors import FarflowError
from ...engine.known import Existing
from ...engine.tags import ENVIRONMENT, ROLE
from .network import documents as network
from .route_table import documents as ec2_route_tables
from .security_group import documents as ec2_security_groups
from .vpc_endpoint import documents as ec2_vpc_endpoints

_NAME = "Name"
#: What the use of a part weighs, as much as all three tags of ours: who uses it has to be told by another call each.
_USE = 3
#: So much has to speak for what no tag tells to be ours.
_LEAST = 1.5

#: What says by its own documents in which VPC it is.
_IN_VPC = (
    network.SUBNET,
    network.INTERNET_GATEWAY,
    ec2_security_groups.GROUP,
    ec2_route_tables.TYPE,
    ec2_vpc_endpoints.TYPE,
)

#: What nobody can change of a part, and so tells where it is.
_FIXED: Mapping[str, tuple[str, ...]] = {
    network.SUBNET: ("vpc_id", "cidr"),
    network.INTERNET_GATEWAY: ("vpc_id",),
    network.NAT_GATEWAY: ("subnet_id",),
    ec2_security_groups.GROUP: ("vpc_id",),
    ec2_vpc_endpoints.TYPE: ("vpc_id",),
}


def is_in_order(wanted: Resource, resources: Iterable[Resource], known: Existing) -> bool:
    """Whether there is one and no other under its name, which carries the tags that it shall and is where it shall be,
    so that nothing has to tell more.
    """
    named = [one for one in resources if (one.type, one.name) == (wanted.type, wanted.name)]
    if len(named) != 1 or named[0].properties.get("tags") != wanted.properties.get("tags"):
        return False
    if wanted.type == network.ELASTIC_IP:
        gateway = known.get(network.NAT_GATEWAY, wanted.name)
        return gateway is None or gateway.properties["allocation_id"] == named[0].id
    if wanted.type == ec2_route_tables.TYPE:
        return bool(set(wanted.properties["subnets"]) & set(named[0].properties["subnets"]))
    if (
        wanted.type == network.NAT_GATEWAY
        and known.of_type(ec2_route_tables.TYPE)
        and not _is_routed_to(named[0], known)
    ):
        return False
    if wanted.type == ec2_vpc_endpoints.TYPE and not _used(wanted, named[0], "route_tables"):
        return False
    return _agree(wanted, named[0], *_FIXED.get(wanted.type, ()))


def vpcs_of(parts: Iterable[Resource]) -> list[str]:
    """The ids of the VPCs that parts are in, those of most first."""
    return [id_ for id_, _unused in Counter(str(one.properties["vpc_id"]) for one in parts).most_common()]


def vpcs_of_parts(wanted: Iterable[Resource], resources: Iterable[Resource]) -> list[str]:
    """The ids of the VPCs that parts of a wanted network are in to which all tags have been left, those of most
    first.
    """
    parts = {(one.type, one.name): one for one in wanted if one.type in _IN_VPC}
    there = [(parts[one.type, one.name], one) for one in resources if (one.type, one.name) in parts]
    whole = [found for one, found in there if all(_shared_tags(one, found))]
    return vpcs_of(one for one in whole if one.properties["vpc_id"])


@dataclass(frozen=True)
class Evidence:
    """What tells which VPC is the wanted one, by the VPCs' ids. ``namespace`` are those that the private DNS namespace
    of ours is in, which has its name once; ``groups`` have security groups with names and descriptions of ours, which
    nobody can edit but anybody can make; ``parts`` have parts with all of our tags.
    """

    namespace: Collection[str] = ()
    groups: Collection[str] = ()
    parts: Collection[str] = ()

    def of(self, wanted: Resource, vpc: Resource) -> tuple[int, ...]:
        """How much speaks for a VPC, the strongest first; nothing where the VPC could not be the wanted one."""
        id_, tags = str(vpc.id), sum(_shared_tags(wanted, vpc))
        alike = _agree(wanted, vpc, "cidr") and vpc.name in (wanted.name, id_)
        likely = alike and (tags > 1 or id_ in self.parts)
        found = id_ in self.namespace, id_ in self.groups
        return (*map(int, found), tags, int(id_ in self.parts)) if likely or any(found) else ()


def the_vpc(wanted: Resource, evidence: Evidence, vpcs: Iterable[Resource]) -> str | None:
    """The id of the VPC that is the wanted one, if there is one. Raises FarflowError where two may be."""
    found = sorted(((evidence.of(wanted, one), str(one.id)) for one in vpcs), reverse=True)
    likely = [(weight, id_) for weight, id_ in found if weight]
    if len(likely) > 1 and likely[0][0] == likely[1][0] and any(likely[0][0][:2]):
        raise FarflowError(
            f"VPC {wanted.name}: {likely[0][1]} and {likely[1][1]} have the same tags and security groups, and nothing "
            f"tells which of them is that of this environment: take {ENVIRONMENT} off the other one, and its groups"
        )
    return likely[0][1] if likely else None


def with_the_vpc(wanted: Resource, vpc_id: str | None, resources: Sequence[Resource]) -> list[Resource]:
    """The resources with that VPC under its name. Of others those stay that carry all of our tags, under their ids, so
    that they are not the one that is kept.
    """
    ours = [one for one in resources if one.type != network.VPC or one.id == vpc_id or all(_shared_tags(wanted, one))]
    return _renamed({(network.VPC, vpc_id): wanted.name} if vpc_id else {}, [wanted], ours)


def in_vpcs(resources: Sequence[Resource]) -> list[Resource]:
    """The resources without what is in other VPCs than those that are among them, whatever its tags say."""
    vpcs = {one.id for one in resources if one.type == network.VPC} | {None}
    gone = {one.id for one in resources if one.type in _IN_VPC and one.properties["vpc_id"] not in vpcs}
    return [one for one in resources if one.id not in gone or one.type not in {*_IN_VPC, ec2_security_groups.RULES}]


def in_subnets(resources: Sequence[Resource]) -> list[Resource]:
    """The resources without NAT gateways in other subnets than those that are among them."""
    subnets = {one.id for one in resources if one.type == network.SUBNET}
    return [one for one in resources if one.type != network.NAT_GATEWAY or one.properties["subnet_id"] in subnets]


def without_used_addresses(resources: Sequence[Resource]) -> list[Resource]:
    """The resources without addresses that something uses which is none of our NAT gateways: what a lost answer has
    doubled is used by nothing.
    """
    gateways = {one.properties["allocation_id"] for one in resources if one.type == network.NAT_GATEWAY}
    return [
        one
        for one in resources
        if one.type != network.ELASTIC_IP or one.id in gateways or not one.attributes.get(network.USED)
    ]


def recognised(
    wanted: Sequence[Resource], resources: Sequence[Resource], strangers: Sequence[Resource], known: Existing
) -> list[Resource]:
    """The resources, each that a wanted one is under its name; and those of the ``strangers``, which no tag tells to be
    ours, that a wanted one is. All wanted ones are of one type. ``known`` is the network as far as it is known by now.
    """
    names: dict[tuple[str, str | None], str] = {}
    for one in wanted:
        found = [each for each in resources if each.type == one.type]
        more = [each for each in strangers if (each.type, each.id) not in names]
        meant = _MEANT[one.type](one, found, more, known)
        names.update({(meant.type, meant.id): one.name} if meant else {})
    return _renamed(names, wanted, [*resources, *(each for each in strangers if (each.type, each.id) in names)])


def _renamed(
    names: Mapping[tuple[str, str | None], str], wanted: Sequence[Resource], resources: Sequence[Resource]
) -> list[Resource]:
    """Whatever else has a name that is given away bears its id."""
    given = {(type_, name) for (type_, _unused), name in names.items()}
    spare = {(one.type, one.name) for one in wanted} & given
    return [
        replace(one, name=names.get((one.type, one.id), str(one.id) if (one.type, one.name) in spare else one.name))
        for one in resources
    ]


def _agree(wanted: Resource, found: Resource, *keys: str) -> bool:
    return all(wanted.properties[key] == found.properties[key] for key in keys)


def _shared_tags(wanted: Resource, found: Resource) -> list[bool]:
    """Of the three tags by which ours are found, which one has as it shall."""
    return [found.properties["tags"].get(key) == wanted.properties["tags"][key] for key in (ENVIRONMENT, ROLE, _NAME)]


Meant = Callable[[Resource, Sequence[Resource], Sequence[Resource], Existing], "Resource | None"]


def _same(*keys: str) -> Meant:
    """The one that agrees in what AWS lets only one have."""

    def meant(
        wanted: Resource, found: Sequence[Resource], strangers: Sequence[Resource], known: Existing
    ) -> Resource | None:
        return next((one for one in (*found, *strangers) if _agree(wanted, one, *keys)), None)

    return meant


def _group(
    wanted: Resource, found: Sequence[Resource], strangers: Sequence[Resource], known: Existing
) -> Resource | None:
    named = [one for one in (*found, *strangers) if one.name == wanted.name]
    return next((one for one in named if _agree(wanted, one, "vpc_id")), None)


def _likeliest(use: Callable[[Resource, Resource, Existing], float], *keys: str) -> Meant:
    """Of those that agree in ``keys`` the one for which most speaks: its ``use`` and its tags. Of those that no tag
    tells to be ours only one that is used, and more than any other is. Raises FarflowError where as much speaks for one
    by its tags as for another one by its use.
    """

    def meant(
        wanted: Resource, found: Sequence[Resource], strangers: Sequence[Resource], known: Existing
    ) -> Resource | None:
        def weight(one: Resource) -> float:
            return use(wanted, one, known) + sum(_shared_tags(wanted, one))

        def may_be(one: Resource) -> bool:
            # Where nothing is fixed, as of route tables, all of the environment's are alike but for name and use.
            return bool(keys) or one.name == wanted.name or use(wanted, one, known) > 0

        tagged = [one for one in found if _agree(wanted, one, *keys) and may_be(one)]
        others = [one for one in strangers if _agree(wanted, one, *keys) and use(wanted, one, known) >= _LEAST]
        ours = max(tagged, key=lambda one: (weight(one), one.name == wanted.name), default=None)
        other = max(others, key=weight, default=None)
        if other is None or (ours is not None and weight(ours) > weight(other)):
            return ours
        if ours is not None and weight(ours) == weight(other):
            raise FarflowError(_doubt(wanted, ours, other))
        return other if sum(weight(one) == weight(other) for one in others) == 1 else ours

    return meant


def _doubt(wanted: Resource, ours: Resource, other: Resource) -> str:
    kind = wanted.type.replace("_", " ")
    tags = ", ".join(f"{key}: {wanted.properties['tags'][key]}" for key in (ENVIRONMENT, ROLE, _NAME))
    return (
        f"{kind} {wanted.name}: {ours.id} has the tags of this environment, and {other.id} is what its network uses. "
        f"Nothing tells which of them is the environment's: give that one the tags {tags}, and take them off the other"
    )


def _share(wanted: Sequence[str], found: Sequence[str]) -> float:
    return len(set(wanted) & set(found)) / len(set(wanted) | set(found)) if wanted or found else 0


def _used(wanted: Resource, found: Resource, by: str) -> float:
    return _USE * _share(wanted.properties[by], found.properties[by])


def _use_of_table(wanted: Resource, table: Resource, known: Existing) -> float:
    """By the subnets that use it, each of which uses one table."""
    return _used(wanted, table, "subnets")


def _use_of_endpoint(wanted: Resource, endpoint: Resource, known: Existing) -> float:
    """By the route tables that it has, each of which has one endpoint of a service."""
    return _used(wanted, endpoint, "route_tables")


def _use_of_nat_gateway(wanted: Resource, gateway: Resource, known: Existing) -> float:
    """By the routes that lead to it, and by the address of its name."""
    return _USE * _is_routed_to(gateway, known) + 2 * _agree(wanted, gateway, "allocation_id")


def _is_routed_to(gateway: Resource, known: Existing) -> bool:
    tables = known.of_type(ec2_route_tables.TYPE)
    return any(gateway.id in one.properties["routes"].values() for one in tables)


def _elastic_ip(
    wanted: Resource, found: Sequence[Resource], strangers: Sequence[Resource], known: Existing
) -> Resource | None:
    """That of the NAT gateway of its name."""
    gateway = known.get(network.NAT_GATEWAY, wanted.name)
    id_ = gateway.properties["allocation_id"] if gateway else None
    return next((one for one in (*found, *strangers) if one.id == id_), None)


_MEANT: Mapping[str, Meant] = {
    network.SUBNET: _same("vpc_id", "cidr"),
    network.INTERNET_GATEWAY: _same("vpc_id"),
    ec2_security_groups.GROUP: _group,
    ec2_security_groups.RULES: _same("group_id"),
    ec2_route_tables.TYPE: _likeliest(_use_of_table),
    network.NAT_GATEWAY: _likeliest(_use_of_nat_gateway, "subnet_id"),
    network.ELASTIC_IP: _elastic_ip,
    ec2_vpc_endpoints.TYPE: _likeliest(_use_of_endpoint, "vpc_id", "service"),
}
