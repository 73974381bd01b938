# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may talk to whom: every security group and every rule of an environment, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.actions import Resource
from ...core.known import Known
from ..tags import tags

GROUP = "security_group"
RULES = "security_group_rules"

ANYWHERE = "0.0.0.0/0"
ALL_TRAFFIC = "all"

API_SERVER_PORT = 8080
WORKER_LOG_PORT = 8793
TRIGGERER_LOG_PORT = 8794
POSTGRES_PORT = 5432
NFS_PORT = 2049

#: What belongs to which group, as AWS shows it. AWS does not allow a change of a description.
GROUPS = {
    "load-balancer": "Load balancer of Airflow",
    "api-server": "Airflow's api-server",
    "airflow": "Airflow's scheduler, dag-processor, triggerer, workers and one-off commands",
    "tasks": "Fargate tasks that DAGs run",
    "database": "Airflow's Postgres",
    "shared-volume": "EFS volume shared by the Fargate tasks of DAGs",
}


@dataclass(frozen=True)
class Flow:
    """Traffic to a TCP port. Ends are group names, CIDRs where they hold a slash."""

    source: str
    target: str
    port: int
    why: str


def flows(inputs: Mapping[str, Any]) -> list[Flow]:
    """All the traffic between groups, and from outside."""
    outside = [
        Flow(cidr, "load-balancer", inputs["airflow_service_load_balancer_port"], "people and clients")
        for cidr in inputs["network_ingress_cidrs"]
    ]
    return [
        *outside,
        Flow("load-balancer", "api-server", API_SERVER_PORT, "user interface and REST API"),
        Flow("airflow", "api-server", API_SERVER_PORT, "task execution API"),
        Flow("api-server", "airflow", WORKER_LOG_PORT, "logs of running tasks"),
        Flow("api-server", "airflow", TRIGGERER_LOG_PORT, "logs of deferred tasks"),
        Flow("api-server", "database", POSTGRES_PORT, "metadata database"),
        Flow("airflow", "database", POSTGRES_PORT, "metadata database"),
        Flow("tasks", "shared-volume", NFS_PORT, "shared volume"),
    ]


#: These reach AWS's APIs, and whatever the users' code reaches, through the NAT gateway.
_MAY_REACH_ANYTHING = ("api-server", "airflow", "tasks")


def group_name(inputs: Mapping[str, Any], group: str) -> str:
    """The name of a group in AWS."""
    return f"{inputs['farflow_environment']}-{group}"


def desired(inputs: Mapping[str, Any], known: Known, vpc_id: str) -> list[Resource]:
    """The groups, and apart from them their rules: rules name groups, so all groups come first."""
    groups = [
        Resource(
            GROUP,
            group_name(inputs, group),
            {
                "vpc_id": vpc_id,
                "description": description,
                "tags": tags(inputs, "network", group_name(inputs, group)),
            },
        )
        for group, description in GROUPS.items()
    ]
    return groups + [_rules(inputs, known, group) for group in GROUPS]


def _rules(inputs: Mapping[str, Any], known: Known, group: str) -> Resource:
    def end(name: str) -> str:
        return name if "/" in name else known.id(GROUP, group_name(inputs, name))

    ingress = {rule(flow.port, end(flow.source)): flow.why for flow in flows(inputs) if flow.target == group}
    if group in _MAY_REACH_ANYTHING:
        egress = {rule(None, ANYWHERE): "AWS and what the users' code reaches"}
    else:
        egress = {rule(flow.port, end(flow.target)): flow.why for flow in flows(inputs) if flow.source == group}
    name = group_name(inputs, group)
    group_id = known.id(GROUP, name)
    properties = {"group_id": group_id, "description": GROUPS[group], "ingress": ingress, "egress": egress}
    return Resource(RULES, name, properties)


def rule(port: int | None, end: str, protocol: str = "tcp") -> str:
    """A rule as text: ``tcp 8080 sg-1``, ``all 0.0.0.0/0``. It is the key under which rules are compared."""
    return f"{ALL_TRAFFIC} {end}" if port is None else f"{protocol} {port} {end}"


def rule_arguments(text: str, description: str) -> dict[str, Any]:
    """A rule's text as an element of ``rules`` of amazon.aws.ec2_security_group."""
    protocol, *ports, end = text.split()
    arguments: dict[str, Any] = {"proto": protocol, "rule_desc": description}
    if ports:
        first, _, last = ports[0].partition("-")
        arguments.update(from_port=int(first), to_port=int(last or first))
    return {**arguments, ("cidr_ip" if "/" in end else "group_id"): end}


def canonical(group: Mapping[str, Any], group_tags: Mapping[str, str]) -> list[Resource]:
    """A member of DescribeSecurityGroups' answer as a group and its rules."""
    properties = {"vpc_id": group["VpcId"], "description": group["Description"], "tags": dict(group_tags)}
    rules = {
        "group_id": group["GroupId"],
        "description": group["Description"],
        "ingress": _canonical_rules(group.get("IpPermissions", [])),
        "egress": _canonical_rules(group.get("IpPermissionsEgress", [])),
    }
    name = group["GroupName"]
    return [Resource(GROUP, name, properties, group["GroupId"]), Resource(RULES, name, rules, group["GroupId"])]


def _canonical_rules(permissions: list[Mapping[str, Any]]) -> dict[str, str]:
    found = {}
    for permission in permissions:
        for key, end in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("PrefixListIds", "PrefixListId")):
            for item in permission.get(key, []):
                found[_rule_text(permission, item[end])] = item.get("Description") or ""
        for pair in permission.get("UserIdGroupPairs", []):
            found[_rule_text(permission, pair["GroupId"])] = pair.get("Description") or ""
    return found


def _rule_text(permission: Mapping[str, Any], end: str) -> str:
    protocol = permission["IpProtocol"]
    if protocol == "-1":
        return rule(None, end)
    first, last = permission.get("FromPort"), permission.get("ToPort")
    return f"{protocol} {first if first == last else f'{first}-{last}'} {end}"
