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
from ansible_collections.farflow.airflow.plugins.module_utils.engine.kind import Kind
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import airflow_service, dag_tasks, network
from ansible_collections.farflow.airflow.plugins.module_utils.environment import cluster as ecs_cluster
from ansible_collections.farflow.airflow.plugins.module_utils.environment import database as rds
from ansible_collections.farflow.airflow.plugins.module_utils.environment import workers as worker_pool
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.cluster import documents as pure_clusters

from tests.kinds import KINDS, Never
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


#: Kinds of which one is changed, each with what changes it.
CHANGED = {type_: facts.changed_by for type_, facts in KINDS.items() if not isinstance(facts.changed_by, Never)}


def operations_of(wanted):
    """The operations that change a resource."""
    changed_by = CHANGED[wanted.type]
    return operations(changed_by, CLIENTS) if isinstance(changed_by, Kind) else changed_by(CLIENTS, wanted)


_MODULES = [importlib.import_module(each.name) for each in pkgutil.walk_packages(kinds.__path__, f"{kinds.__name__}.")]

#: What AWS never changes, which is refused before, and by what a resource is found.
IMMUTABLE = {
    **{type_: members for each in _MODULES for type_, members in getattr(each, "IMMUTABLE", {}).items()},
    **{type_: set(facts.found_by) for type_, facts in KINDS.items() if facts.found_by},
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
    given = {"worker_pool_scaling": "cpu", "network_ingress_cidrs": ["10.0.0.0/16"]}
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
    if wanted.type in CHANGED
    for what, found in [*found_for(wanted), *by_hand(wanted)]
    if plan([wanted], [found])  # absent and empty are the same
]


@pytest.mark.parametrize(("wanted", "found"), CASES)
def test_a_difference_leads_to_a_call(wanted, found):
    (action,) = plan([wanted], [found])
    assert action.kind == CHANGE
    with pytest.raises(Changed):
        operations_of(wanted).do(action)


def test_every_kind_is_here():
    """But that which no layer makes that was asked."""
    assert {one.type for one in wanted_resources()} == KINDS.keys() - {"dag_bundle"}
