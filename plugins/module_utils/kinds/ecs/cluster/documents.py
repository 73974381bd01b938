# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS clusters on Fargate, as they are compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ....engine.actions import Resource
from ....engine.errors import FarflowError
from ..shapes import canonical as ecs_canonical
from ..shapes.shapes import Reading, input_shape, snake

TYPE = "ecs_cluster"
INSIGHTS = ("disabled", "enabled", "enhanced")
CAPACITY_PROVIDERS = ("FARGATE", "FARGATE_SPOT")

_SETTINGS = ("containerInsights",)
_NAMESPACE = "service_connect_defaults"
_STRATEGY = "default_capacity_provider_strategy"
_CAPACITY = ("capacity_providers", _STRATEGY)
_UPDATABLE = ("settings", "configuration", _NAMESPACE)

#: What puts the parts of a cluster's configuration back to what they are in a cluster that was given none.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "executeCommandConfiguration": {"logging": "DEFAULT"},
    "managedStorageConfiguration": {},
}


def desired(cluster: Mapping[str, Any]) -> Resource:
    """``{name, container_insights?, capacity_providers?, default_capacity_provider_strategy?, configuration?,
    service_connect_namespace?, tags?}`` as a resource; the strategy and the configuration in the snake_case of the API.

    Raises FarflowError with everything that is wrong with it.
    """
    shape = input_shape("CreateCluster")
    namespace = cluster.get("service_connect_namespace")
    given = {
        "cluster_name": cluster["name"],
        "settings": [{"name": "containerInsights", "value": cluster.get("container_insights") or "disabled"}],
        "capacity_providers": list(cluster.get("capacity_providers") or CAPACITY_PROVIDERS),
        "default_capacity_provider_strategy": cluster.get("default_capacity_provider_strategy"),
        "configuration": cluster.get("configuration"),
        "service_connect_defaults": {"namespace": namespace} if namespace else None,
        "tags": [{"key": key, "value": value} for key, value in (cluster.get("tags") or {}).items()],
    }
    reading = Reading()
    form = ecs_canonical.canonical(shape, reading.read(shape, given))
    unknown = set(form.get("default_capacity_provider_strategy") or {}) - set(form["capacity_providers"])
    if unknown:
        reading.problems.append(
            f"default_capacity_provider_strategy names {', '.join(sorted(unknown))}, which is not in capacity_providers"
        )
    if reading.problems:
        raise FarflowError("\n".join(f"cluster {cluster['name']}: {problem}" for problem in reading.problems))
    del form["cluster_name"]
    return Resource(TYPE, cluster["name"], _without_defaults(form))


def canonical(document: Mapping[str, Any], wanted: Resource | None = None) -> Resource:
    """A member of DescribeClusters' answer as a resource. Of its settings only the one that there is so far; members
    that this collection does not know are there if they are wanted.
    """
    settings = [each for each in document.get("settings", []) if each["name"] in _SETTINGS]
    whole = {**document, "settings": settings}
    form = ecs_canonical.answered(input_shape("CreateCluster"), whole, wanted and wanted.properties)
    name = form.pop("cluster_name")
    return Resource(TYPE, name, _without_defaults(form), document["clusterArn"], arguments={"name": name})


def _without_defaults(form: Mapping[str, Any]) -> dict[str, Any]:
    """Who was put back to the default says so; who never had another says nothing."""
    defaults = {snake(name): default for name, default in _DEFAULTS.items()}
    given = form.get("configuration", {})
    configuration = {name: part for name, part in given.items() if part != defaults.get(name)}
    others = {name: value for name, value in form.items() if name != "configuration"}
    return {**others, **({"configuration": configuration} if configuration else {})}


def create_request(resource: Resource) -> dict[str, Any]:
    """The arguments of CreateCluster."""
    return _request({"cluster_name": resource.name, **resource.properties})


def update_request(wanted: Resource, found: Resource, differs: Collection[str]) -> dict[str, Any]:
    """The arguments of UpdateCluster: of the members that it takes, those that differ; empty when none does."""
    sides = wanted.properties, found.properties
    changed = [name for name in _UPDATABLE if name in differs]
    after, before = ({name: side[name] for name in changed if name in side} for side in sides)
    request = _request(after, before)
    if _NAMESPACE in before and _NAMESPACE not in after:
        request["serviceConnectDefaults"] = {"namespace": ""}
    parts = [set(side.get("configuration", {})) for side in (before, after)]
    for name, default in _DEFAULTS.items():
        if snake(name) in parts[0] - parts[1]:
            request.setdefault("configuration", {})[name] = default
    return request


def capacity_request(wanted: Resource) -> dict[str, Any]:
    """The arguments of PutClusterCapacityProviders, which takes both or none."""
    request = _request({key: value for key, value in wanted.properties.items() if key in _CAPACITY})
    return {"defaultCapacityProviderStrategy": [], **request}


def _request(form: Mapping[str, Any], found: Mapping[str, Any] | None = None) -> dict[str, Any]:
    shape = input_shape("CreateCluster")
    return dict(Reading().read(shape, ecs_canonical.specification(shape, form, found)))
