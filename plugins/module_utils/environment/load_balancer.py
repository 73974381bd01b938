# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How Airflow is reached: the load balancer from outside, a private name from within."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds import load_balancer as network_load_balancers
from ..kinds.ec2.network import documents as ec2_network
from ..kinds.load_balancer import documents as network_load_balancer
from ..kinds.service_discovery import documents as service_discovery
from . import names, network, security_groups
from .components import CORE
from .desire import made_by
from .reader import TAGS, named, prefetched_tags, reads

ROLE = "airflow_service"

Inputs = Mapping[str, Any]


@reads(
    network_load_balancer.LOAD_BALANCER,
    network_load_balancer.TARGET_GROUP,
    network_load_balancer.LISTENER,
    after=(TAGS,),
    own={
        network_load_balancer.LOAD_BALANCER: named(lambda inputs, known: [names.load_balancer(inputs)]),
        network_load_balancer.TARGET_GROUP: named(lambda inputs, known: [names.target_group(inputs)]),
    },
)
def load_balancers(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's load balancer, with its target group and listener."""
    return network_load_balancers.find(clients, names.environment(inputs), prefetched_tags(inputs, known))


READERS = (load_balancers,)


def desired(inputs: Inputs, known: Existing) -> list[Resource]:
    """The load balancer with its target group and listener, and the api-server's private name."""
    return [*_load_balancer(inputs, known), _private_name(inputs, known)]


def _load_balancer(inputs: Inputs, known: Existing) -> list[Resource]:
    scheme = inputs["airflow_service_load_balancer_scheme"]
    tier = network.PUBLIC if scheme == "internet-facing" else network.PRIVATE
    protection = str(inputs["airflow_service_deletion_protection"]).lower()
    document = {
        "name": names.load_balancer(inputs),
        "scheme": scheme,
        "subnets": network.subnet_ids(inputs, known, tier),
        "security_groups": [known.id(security_groups.GROUP, security_groups.group_name(inputs, "load-balancer"))],
        "attributes": {"deletion_protection.enabled": protection, "load_balancing.cross_zone.enabled": "true"},
        "target_groups": [_target_group(inputs, known)],
        "listeners": [_listener(inputs)],
        "tags": tags(inputs, ROLE),
    }
    return made_by(network_load_balancer.desired, document)


def _target_group(inputs: Inputs, known: Existing) -> dict[str, Any]:
    return {
        "name": names.target_group(inputs),
        "port": CORE.port,
        "vpc_id": known.id(ec2_network.VPC, names.environment(inputs)),
        "health_check": {
            "protocol": "HTTP",
            "path": "/api/v2/version",
            "interval_seconds": 10,
            "timeout_seconds": 6,
            "healthy_threshold_count": 2,
            "unhealthy_threshold_count": 3,
        },
        "attributes": {"deregistration_delay.timeout_seconds": "30"},
    }


def _listener(inputs: Inputs) -> dict[str, Any]:
    port = {"port": inputs["airflow_service_load_balancer_port"], "target_group": names.target_group(inputs)}
    certificate = inputs["airflow_service_certificate_arn"]
    if not certificate:
        return {**port, "protocol": "TCP"}
    policy = inputs["airflow_service_ssl_policy"]
    return {**port, "protocol": "TLS", "certificate_arn": certificate, "ssl_policy": policy}


def _private_name(inputs: Inputs, known: Existing) -> Resource:
    document = {
        "name": names.api_server(inputs),
        "description": "Airflow's api-server",
        "tags": tags(inputs, ROLE),
    }
    namespace = known.id(service_discovery.NAMESPACE, names.namespace(inputs))
    return made_by(service_discovery.desired_service, document, namespace)
