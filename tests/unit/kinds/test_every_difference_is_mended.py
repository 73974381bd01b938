"""For every kind of resource: each difference that a plan can report leads to a call that changes something.

The wanted resources are those of an environment. In each case, the found resource differs in one property. A change
that ends without a call would be planned again by the next look, forever.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from unittest.mock import MagicMock

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils import kinds
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import CHANGE, Resource, plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.changing import operations
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import airflow_service, dag_tasks, network
from ansible_collections.farflow.airflow.plugins.module_utils.environment import cluster as ecs_cluster
from ansible_collections.farflow.airflow.plugins.module_utils.environment import database as rds
from ansible_collections.farflow.airflow.plugins.module_utils.environment import workers as worker_pool
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import autoscaling as application_autoscaling
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import efs, service_discovery
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import secret as secrets
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.codebuild_project import CODEBUILD_PROJECT
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2 import network as ec2_network
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.network import kinds as ec2_network_kinds
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.network_acl import NetworkAcl
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.route_table import RouteTable
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.security_group import (
    SecurityGroup,
    SecurityGroupRules,
)
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.vpc_endpoint import VpcEndpoint
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecr_repository import ECR_REPOSITORY
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs import service as ecs_services
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.cluster import ECS_CLUSTER
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.cluster import documents as pure_clusters
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.iam_role import IamRole
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.load_balancer import (
    operations as network_load_balancer_operations,
)
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.log_group import LOG_GROUP
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.parameter_group import ParameterGroup
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.subnet_group import SUBNET_GROUP
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.s3_bucket import S3_BUCKET
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.sqs_queue import SQS_QUEUE

from tests.unit.aws_double.leaves import leaves, values, with_leaf
from tests.unit.policies import deployed_policies


class Changed(Exception):
    """A call that changes something was about to be made."""


class Client:
    """Answers what only reads with nothing, and ends at the first call that does more."""

    _READING = ("batch_get_", "describe_", "get_", "list_", "head_", "meta", "exceptions")

    def __getattr__(self, name):
        if name.startswith(self._READING):
            return MagicMock()

        def call(**arguments):
            raise Changed(name, arguments)

        return call


CLIENTS = Clients(lambda service, config: Client())


def of_network(type_):
    return lambda wanted: ec2_network._operations(CLIENTS, ec2_network_kinds.KINDS[type_])


class IdOfEach(dict):
    """An id for every name."""

    def __missing__(self, name):
        return f"id of {name}"


#: The operations that change a resource, for each type.
HANDS = {
    **{type_: of_network(type_) for type_ in ec2_network_kinds.KINDS},
    "network_acl": lambda wanted: operations(NetworkAcl(), CLIENTS),
    "security_group": lambda wanted: operations(SecurityGroup(), CLIENTS),
    "security_group_rules": lambda wanted: operations(SecurityGroupRules({}), CLIENTS),
    "route_table": lambda wanted: operations(RouteTable(), CLIENTS),
    "vpc_endpoint": lambda wanted: operations(VpcEndpoint(), CLIENTS),
    "dns_namespace": lambda wanted: operations(service_discovery.NAMESPACE, CLIENTS),
    "discovery_service": lambda wanted: operations(service_discovery.Service(IdOfEach()), CLIENTS),
    "rds_subnet_group": lambda wanted: operations(SUBNET_GROUP, CLIENTS),
    "rds_parameter_group": lambda wanted: operations(ParameterGroup([]), CLIENTS),
    "secret": lambda wanted: secrets._operations(CLIENTS, {wanted.name: wanted.arguments}),
    "ecs_cluster": lambda wanted: operations(ECS_CLUSTER, CLIENTS),
    "ecs_service": lambda wanted: ecs_services.operations(CLIENTS),
    "ecr_repository": lambda wanted: operations(ECR_REPOSITORY, CLIENTS),
    "log_group": lambda wanted: operations(LOG_GROUP, CLIENTS),
    "iam_role": lambda wanted: operations(IamRole("/"), CLIENTS),
    "file_system": lambda wanted: operations(efs.FILE_SYSTEM, CLIENTS),
    "mount_target": lambda wanted: operations(efs.MountTarget(IdOfEach()), CLIENTS),
    "access_point": lambda wanted: operations(efs.AccessPoint(IdOfEach()), CLIENTS),
    "s3_bucket": lambda wanted: operations(S3_BUCKET, CLIENTS),
    "sqs_queue": lambda wanted: operations(SQS_QUEUE, CLIENTS),
    "codebuild_project": lambda wanted: operations(CODEBUILD_PROJECT, CLIENTS),
    "load_balancer": lambda wanted: network_load_balancer_operations.load_balancer_operations(CLIENTS),
    "target_group": lambda wanted: network_load_balancer_operations.target_group_operations(CLIENTS),
    "listener": lambda wanted: network_load_balancer_operations.listener_operations(CLIENTS, IdOfEach(), IdOfEach()),
    "scalable_target": lambda wanted: operations(application_autoscaling.TARGET, CLIENTS),
    "scaling_policy": lambda wanted: operations(application_autoscaling.POLICY, CLIENTS),
}

#: What is not changed by hands, and where it is held.
ELSEWHERE = {
    "ecs_task_definition": "each leaf: test_ecs_every_leaf.py",
    "rds_instance": "each property: test_rds_instances.py",
    "image": "never changed: its tag is the digest of what it is made of",
    "database_schema": "a one-off task: test_database_schema.py",
}

_MODULES = [importlib.import_module(each.name) for each in pkgutil.walk_packages(kinds.__path__, f"{kinds.__name__}.")]

#: What AWS never changes, which is refused before, and by what a resource is found.
IMMUTABLE = {
    **{type_: members for each in _MODULES for type_, members in getattr(each, "IMMUTABLE", {}).items()},
    "rds_parameter_group": {"family"},
    "network_acl": {"vpc_id"},
    "security_group": {"description", "vpc_id"},
    "security_group_rules": {"group_id"},
    "ecs_service": {"cluster"},
}

_PREFIXES = {
    "vpc": "vpc",
    "subnet": "subnet",
    "security_group": "sg",
    "route_table": "rtb",
    "internet_gateway": "igw",
    "nat_gateway": "nat",
}
_LAYERS = (network, ecs_cluster, rds, dag_tasks, airflow_service, worker_pool)
_ZONES = [Resource("availability_zone", f"{deployed_policies.REGION}{letter}") for letter in "ab"]
_ACL = Resource("network_acl", "dev-default")


def wanted_resources() -> list[Resource]:
    """All that an environment is made of, once everything that is referred to has its id."""
    given = {"worker_pool_enabled": True, "network_ingress_cidrs": ["10.0.0.0/16"]}
    inputs = deployed_policies._inputs(**given)
    there = [*deployed_policies._existing(), *_ZONES, _ACL]
    for _unused in range(4):
        known = Existing(there)
        wanted = [one for layer in _LAYERS for one in layer.desired(inputs, known)]
        there = [*deployed_policies._existing(), *_ZONES, *(_made(one) for one in wanted)]
    return wanted


def _made(wanted: Resource) -> Resource:
    attributes = {
        **{name: f"{name} of {wanted.name}" for name in ("arn", "address", "uri", "url")},
        "port": 5432,
        "state": "available",
        "vpc_ids": [],
        "hosted_zone_id": "zone",
    }
    prefix = _PREFIXES.get(wanted.type)
    digest = hashlib.sha256(wanted.name.encode()).hexdigest()[:17]
    properties = {**wanted.properties, **({"desired_count": 1} if wanted.type == "ecs_service" else {})}
    wanted = replace(wanted, properties=properties)
    return replace(wanted, id=f"{prefix}-{digest}" if prefix else f"id of {wanted.name}", attributes=attributes)


def variants(value, more="") -> Iterator[object]:
    """Other values in the place of one; a mapping may have less, and ``more``, where that is given."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield value + 1
    elif isinstance(value, dict):
        for key in value:
            for other in variants(value[key]):
                yield {**value, key: other}
            if more:
                yield {name: part for name, part in value.items() if name != key}
        if more:
            yield {**value, more: deepcopy(next(iter(value.values()), "another"))}
    elif isinstance(value, (list, tuple)):
        yield [*value, "another"]
        if value:
            yield list(value[1:])
    else:
        yield "another"


_RULE = "tcp 22 10.0.0.0/8"

#: Members that hold what has names of its own, and such a name that is not wanted.
_OPEN = {
    **dict.fromkeys(("tags", "policies", "parameters", "routes", "dns_records", "lifecycle_rules"), "another"),
    "ingress": _RULE,
    "egress": _RULE,
    "entries": "egress 7",
}

#: What AWS is asked for before it is changed, by the association that it has: with AWS's answers, in the module's test.
_WITH_ANSWERS = {("route_table", "subnets"), ("network_acl", "subnets")}


def found_for(wanted: Resource) -> Iterator[tuple[str, Resource]]:
    """By what differs, what may be found."""
    for name, value in wanted.properties.items():
        if name in IMMUTABLE.get(wanted.type, {}) or (wanted.type, name) in _WITH_ANSWERS:
            continue
        for number, other in enumerate(variants(value, _OPEN.get(name, ""))):
            properties = {**deepcopy(dict(wanted.properties)), name: other}
            yield f"{name} {number}", replace(_made(wanted), properties=properties)


_NOT_WANTED = ("configuration", "serviceConnectDefaults")


def by_hand(wanted: Resource) -> Iterator[tuple[str, Resource]]:
    """What a cluster may be found with that is not wanted: whatever CreateCluster takes."""
    if wanted.type != pure_clusters.TYPE:
        return
    bare = {"clusterName": wanted.name, "clusterArn": "arn", "status": "ACTIVE"}
    for leaf in leaves("CreateCluster"):
        for value in values(leaf.shape) if leaf.path[0] in _NOT_WANTED else ():
            document = with_leaf("CreateCluster", bare, leaf, value, {})
            more = {
                name: part
                for name, part in pure_clusters.canonical(document).properties.items()
                if name not in wanted.properties
            }
            yield f"with {leaf} {value}", replace(_made(wanted), properties={**wanted.properties, **more})


FIRST_OF_EACH_TYPE = list({one.type: one for one in reversed(wanted_resources())}.values())
CASES = [
    pytest.param(wanted, found, id=f"{wanted.type} {what}")
    for wanted in FIRST_OF_EACH_TYPE
    if wanted.type in HANDS
    for what, found in [*found_for(wanted), *by_hand(wanted)]
    if plan([wanted], [found])  # absent and empty are the same
]


@pytest.mark.parametrize(("wanted", "found"), CASES)
def test_a_difference_leads_to_a_call(wanted, found):
    (action,) = plan([wanted], [found])
    assert action.kind == CHANGE
    with pytest.raises(Changed):
        HANDS[wanted.type](wanted).do(action)


def test_every_kind_is_here_or_held_elsewhere():
    assert {one.type for one in wanted_resources()} == set(HANDS) | set(ELSEWHERE)
    assert not set(HANDS) & set(ELSEWHERE)
