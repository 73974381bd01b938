# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A network load balancer, its target groups and its listeners, each as a Kind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from ...engine.actions import Resource
from ...engine.clients import Clients, pages, tag_dict, tag_list, unless
from ...engine.kind import Document, Kind
from . import documents


class ElbKind(Kind):
    """What AWS has just made or listed it may still call not found. Tags have a call of their own. To make what is
    there already as it is asked for succeeds; where that differs, AWS refuses it with a code in ``exists``.
    """

    gone = frozenset({"LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound"})
    busy = gone
    #: The member with the ARN.
    _arn: ClassVar[str]

    def arn(self, document: Document) -> str:
        """The ARN of a listed resource."""
        return str(document[self._arn])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        (described,) = clients("elbv2").describe_tags(ResourceArns=[self.arn(document)])["TagDescriptions"]
        return tag_dict(described["Tags"])

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients("elbv2").add_tags(ResourceArns=[found.id], Tags=tag_list(dict(tags)))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients("elbv2").remove_tags(ResourceArns=[found.id], TagKeys=keys)


class LoadBalancer(ElbKind):
    """A load balancer. Its deletion is complete when its network interfaces are gone from the subnets."""

    type = documents.LOAD_BALANCER
    title, titles = "load balancer", "load balancers"
    exists = frozenset({"DuplicateLoadBalancerName"})
    immutable = documents.IMMUTABLE
    gone_after = 600
    _arn = "LoadBalancerArn"

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        """Load balancers of every type."""
        found = pages(clients("elbv2"), "describe_load_balancers", "LoadBalancers")
        return [document for document in found if self.name(document).startswith(prefix)]

    def look_up(self, clients: Clients, name: str) -> Document | None:
        return next(iter(clients("elbv2").describe_load_balancers(Names=[name])["LoadBalancers"]), None)

    def name(self, document: Document) -> str:
        return str(document["LoadBalancerName"])

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        arn = document["LoadBalancerArn"]
        answer = clients("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)
        return documents.canonical_load_balancer(document, tag_dict(answer["Attributes"]), tags)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        properties = wanted.properties
        clients("elbv2").create_load_balancer(
            Name=wanted.name,
            Type=properties["type"],
            Scheme=properties["scheme"],
            Subnets=properties["subnets"],
            SecurityGroups=properties["security_groups"],
            IpAddressType=properties["ip_address_type"],
            **_tagged(wanted),
        )
        return None

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        client, arn, properties = clients("elbv2"), found.id, wanted.properties
        if "subnets" in differs:
            client.set_subnets(LoadBalancerArn=arn, Subnets=properties["subnets"])
        if not {"security_groups", documents.ENFORCED}.isdisjoint(differs):
            enforced = {"EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "on"}
            client.set_security_groups(LoadBalancerArn=arn, SecurityGroups=properties["security_groups"], **enforced)
        if "ip_address_type" in differs:
            client.set_ip_address_type(LoadBalancerArn=arn, IpAddressType=properties["ip_address_type"])
        if "attributes" in differs:
            attributes = _differing_attributes(wanted, found)
            client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("elbv2").delete_load_balancer(LoadBalancerArn=found.id)

    def is_there(self, clients: Clients, found: Resource) -> bool:
        answer = unless(
            set(self.gone), lambda: clients("elbv2").describe_load_balancers(LoadBalancerArns=[found.id]), {}
        )
        return bool(answer.get("LoadBalancers") or _network_interfaces(clients, str(found.id)))


class TargetGroup(ElbKind):
    """A target group. It can be deleted when no listener uses it."""

    type = documents.TARGET_GROUP
    title, titles = "target group", "target groups"
    exists = frozenset({"DuplicateTargetGroupName"})
    busy = ElbKind.gone | {"ResourceInUse"}
    immutable = documents.IMMUTABLE
    free_after = 600
    _arn = "TargetGroupArn"

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        found = pages(clients("elbv2"), "describe_target_groups", "TargetGroups")
        return [document for document in found if self.name(document).startswith(prefix)]

    def look_up(self, clients: Clients, name: str) -> Document | None:
        return next(iter(clients("elbv2").describe_target_groups(Names=[name])["TargetGroups"]), None)

    def name(self, document: Document) -> str:
        return str(document["TargetGroupName"])

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        arn = document["TargetGroupArn"]
        answer = clients("elbv2").describe_target_group_attributes(TargetGroupArn=arn)
        return documents.canonical_target_group(document, tag_dict(answer["Attributes"]), tags)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        clients("elbv2").create_target_group(
            Name=wanted.name,
            Protocol=wanted.properties["protocol"],
            Port=wanted.properties["port"],
            VpcId=wanted.properties["vpc_id"],
            TargetType=wanted.properties["target_type"],
            **_tagged(wanted),
            **documents.health_check_request(wanted.properties["health_check"]),
        )
        return None

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        client, arn = clients("elbv2"), found.id
        if "health_check" in differs:
            check = documents.health_check_request(wanted.properties["health_check"])
            client.modify_target_group(TargetGroupArn=arn, **check)
        if "attributes" in differs:
            attributes = _differing_attributes(wanted, found)
            client.modify_target_group_attributes(TargetGroupArn=arn, Attributes=attributes)

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("elbv2").delete_target_group(TargetGroupArn=found.id)


class Listener(ElbKind):
    """A listener; its name is ``<load balancer>:<port>``."""

    type = documents.LISTENER
    title, titles = "listener", "listeners"
    exists = frozenset({"DuplicateListener"})
    _arn = "ListenerArn"

    def __init__(self, load_balancers: Mapping[str, str], target_groups: Mapping[str, str]) -> None:
        """Both map names to ARNs."""
        self.load_balancers, self.target_groups = load_balancers, target_groups

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        """The listeners of the load balancer with this name."""
        arn = self.load_balancers[prefix]
        found = pages(clients("elbv2"), "describe_listeners", "Listeners", LoadBalancerArn=arn)
        return [{**document, "LoadBalancer": prefix} for document in found]

    def look_up(self, clients: Clients, name: str) -> Document | None:
        found = self.list(clients, name.rpartition(":")[0])
        return next((document for document in found if self.name(document) == name), None)

    def name(self, document: Document) -> str:
        return documents.listener_name(document["LoadBalancer"], document["Port"])

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return documents.canonical_listener(document["LoadBalancer"], document, tags)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        arn = self.load_balancers[wanted.name.rpartition(":")[0]]
        request = {"LoadBalancerArn": arn, **self._request(wanted), **_tagged(wanted)}
        return str(clients("elbv2").create_listener(**request)["Listeners"][0]["ListenerArn"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        clients("elbv2").modify_listener(ListenerArn=found.id, **self._request(wanted))

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("elbv2").delete_listener(ListenerArn=found.id)

    def _request(self, wanted: Resource) -> dict[str, Any]:
        group = self.target_groups[wanted.properties["target_group"]]
        return documents.listener_request(wanted.properties, group)


def _tagged(wanted: Resource) -> dict[str, Any]:
    """AWS refuses an empty list of tags."""
    tags = wanted.properties["tags"]
    return {"Tags": tag_list(tags)} if tags else {}


def _differing_attributes(wanted: Resource, found: Resource) -> list[dict[str, str]]:
    before = found.properties["attributes"]
    attributes = {key: value for key, value in wanted.properties["attributes"].items() if value != before[key]}
    return tag_list(attributes)


def _network_interfaces(clients: Clients, load_balancer_arn: str) -> list[Document]:
    """The interfaces that a load balancer has, or still has, in its subnets."""
    filters = [{"Name": "description", "Values": [f"ELB {load_balancer_arn.split(':loadbalancer/')[1]}"]}]
    return pages(clients("ec2"), "describe_network_interfaces", "NetworkInterfaces", Filters=filters)


LOAD_BALANCER = LoadBalancer()
TARGET_GROUP = TargetGroup()
