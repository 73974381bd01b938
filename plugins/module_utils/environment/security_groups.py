# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may talk to whom: every security group and every rule of an environment, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.actions import Resource
from ..engine.compare import UNKNOWN
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds.ec2.security_group import documents as ec2_security_groups
from ..kinds.ec2.security_group.documents import ALL_TRAFFIC, ANYWHERE
from .desire import made_by

GROUP = ec2_security_groups.GROUP
RULES = ec2_security_groups.RULES

#: The group that AWS makes with the VPC, for whatever is started there without one.
DEFAULT = "default"

API_SERVER_PORT = 8080
EXECUTION_API_PORT = 8081
WORKER_LOG_PORT = 8793
TRIGGERER_LOG_PORT = 8794
POSTGRES_PORT = 5432
NFS_PORT = 2049

#: What belongs to which group, as AWS shows it. AWS allows no change of a description, and no apostrophe in it.
GROUPS = {
    "load-balancer": "Load balancer of Airflow",
    "api-server": "The api-server of Airflow",
    "airflow": "Scheduler, dag-processor, triggerer, workers and one-off commands of Airflow",
    "tasks": "Fargate tasks that DAGs run",
    "database": "Postgres of Airflow",
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
        Flow("airflow", "api-server", API_SERVER_PORT, "REST API"),
        Flow("airflow", "api-server", EXECUTION_API_PORT, "task execution API"),
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


def desired(inputs: Mapping[str, Any], known: Existing, vpc_id: str) -> list[Resource]:
    """The groups, and apart from them their rules: rules name groups, so all groups come first."""
    groups = [
        made_by(ec2_security_groups.desired_group, _group(inputs, group, description, vpc_id))
        for group, description in GROUPS.items()
    ]
    return [*groups, *(_rules(inputs, known, group) for group in GROUPS), _nothing_by_default(inputs, known)]


def rules(inputs: Mapping[str, Any], known: Existing) -> list[dict[str, Any]]:
    """All the rules that the groups shall have, as module ec2_security_groups takes them."""
    return [dict(_rules(inputs, known, group).properties, name=group_name(inputs, group)) for group in GROUPS]


def _group(inputs: Mapping[str, Any], group: str, description: str, vpc_id: str) -> dict[str, Any]:
    name = group_name(inputs, group)
    return {"name": name, "vpc_id": vpc_id, "description": description, "tags": tags(inputs, "network", name)}


def _rules(inputs: Mapping[str, Any], known: Existing, group: str) -> Resource:
    def end(name: str) -> str:
        return name if "/" in name else known.id(GROUP, group_name(inputs, name))

    into = {_rule(flow.port, end(flow.source)): flow.why for flow in flows(inputs) if flow.target == group}
    if group in _MAY_REACH_ANYTHING:
        out = {f"{ALL_TRAFFIC} {ANYWHERE}": "AWS and whatever the code of users reaches"}
    else:
        out = {_rule(flow.port, end(flow.target)): flow.why for flow in flows(inputs) if flow.source == group}
    name = group_name(inputs, group)
    rules = {"name": name, "group_id": known.id(GROUP, name), "ingress": into, "egress": out}
    # A rule's text may hold the id of a group that does not exist yet.
    return made_by(ec2_security_groups.desired_rules, rules, *into, *out)


def _nothing_by_default(inputs: Mapping[str, Any], known: Existing) -> Resource:
    """AWS lets members of its own group talk to each other and to everywhere; nothing of ours is a member."""
    name = group_name(inputs, DEFAULT)
    found = known.get(RULES, name)
    group_id = found.properties["group_id"] if found else UNKNOWN
    return made_by(ec2_security_groups.desired_rules, {"name": name, "group_id": group_id})


def _rule(port: int, end: str) -> str:
    return f"tcp {port} {end}"
