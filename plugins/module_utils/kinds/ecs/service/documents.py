# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS services on Fargate, as they are compared, and the requests that make and change them.

A service under an autoscaler keeps the count that it has, within the autoscaler's bounds: ``autoscaled`` is written
down as a tag, so that whoever reads the service knows it, too. One whose newest deployment has FAILED differs, since
ECS starts no task of it any more: only another deployment will.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ....engine.actions import Resource
from ....engine.compare import UNKNOWN, differences
from ....engine.errors import FarflowError
from ..shapes import canonical as ecs_canonical
from ..shapes.shapes import Reading, input_shape

TYPE = "ecs_service"
AUTOSCALED = "farflow:autoscaled"
FIRST_COUNT = "first_count"
BOUNDS = "bounds"
DRAINS = "drains"
#: The count that is given, where there may be more for a while.
ASKED_FOR = "asked_for"
UNSTEADY = "unsteady"
#: How many tasks run, how many of them are of earlier deployments, and whether the newest one has all that it shall.
RUNNING, OLD, COMPLETE = "running", "old", "complete"
DEPLOYMENT = "deployment"

_OWN = {"autoscaled", "drains"}
_ROLLOUT = "rollout_state"
_MOST = {"subnets": 16, "security_groups": 5}
#: Of these each starts a deployment by itself.
_START_A_DEPLOYMENT = {
    _ROLLOUT,
    "task_definition",
    "network_configuration",
    "platform_version",
    "capacity_provider_strategy",
    "load_balancers",
    "service_registries",
    "service_connect_configuration",
    "volume_configurations",
    "vpc_lattice_configurations",
}
_OF_THE_DEPLOYMENT = ("serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations")


def desired(specification: Mapping[str, Any]) -> Resource:
    """A service as a user writes it: the input of CreateService in snake_case, and ``autoscaled``, true or the bounds
    of the autoscaler, ``{min_capacity, max_capacity}``, and ``drains``, whether its tasks protect themselves while they
    have work in hand. Without ``launch_type`` and ``capacity_provider_strategy`` it
    runs on FARGATE.

    Raises FarflowError with everything that is wrong with it.
    """
    given = {key: value for key, value in specification.items() if key not in _OWN}
    reading = Reading()
    shape = input_shape("CreateService")
    document = reading.read(shape, given)
    if not document.get("capacityProviderStrategy"):
        document.setdefault("launchType", "FARGATE")
    form = ecs_canonical.canonical(shape, document)
    name = str(form.pop("service_name", ""))
    autoscaled = specification.get("autoscaled") or False
    problems = list(reading.problems) or [*_problems(form, given), *_autoscaler_problems(autoscaled)]
    if problems:
        raise FarflowError("\n".join(f"service {name}: {problem}" for problem in problems))
    form[_ROLLOUT] = "COMPLETED"
    attributes: dict[str, Any] = {}
    if specification.get("drains"):
        attributes = {DRAINS: True, ASKED_FOR: form["desired_count"]}
    if autoscaled:
        form["tags"] = {**form.get("tags", {}), AUTOSCALED: "true"}
        attributes[FIRST_COUNT] = form.pop("desired_count")
        attributes[BOUNDS] = _bounds(autoscaled)
    return Resource(TYPE, name, form, None, attributes)


def _autoscaler_problems(autoscaled: Any) -> Iterator[str]:
    if isinstance(autoscaled, bool):
        return
    bounds = autoscaled if isinstance(autoscaled, Mapping) else {}
    least, most = bounds.get("min_capacity"), bounds.get("max_capacity")
    if set(bounds) != {"min_capacity", "max_capacity"} or not (isinstance(least, int) and isinstance(most, int)):
        yield "autoscaled is true, false, or has a min_capacity and a max_capacity"
    elif not 0 <= least <= most:
        yield f"autoscaled: min_capacity {least} is below 0 or above max_capacity {most}"


def _bounds(autoscaled: Mapping[str, int] | bool) -> tuple[int, int] | None:
    return (autoscaled["min_capacity"], autoscaled["max_capacity"]) if isinstance(autoscaled, Mapping) else None


def counted(resource: Resource, found: Resource | None) -> Resource:
    """A service under an autoscaler with the count that it has, or the nearest within the autoscaler's bounds: it may
    be none that an autoscaler has set, and from zero tasks, which use no CPU, none scales out again. Where a service
    drains, there may be as many as run (see ``with_room``) while tasks of earlier deployments do.
    """
    drains = found is not None and DRAINS in resource.attributes and found.attributes.get(OLD)
    if found is None or not (drains or FIRST_COUNT in resource.attributes):
        return resource
    count = found.properties["desired_count"]
    most = found.attributes[RUNNING] if drains else 0
    if FIRST_COUNT not in resource.attributes:
        wanted = resource.properties["desired_count"]
        count = min(max(count, wanted), max(most, wanted))
    elif bounds := resource.attributes[BOUNDS]:
        count = min(max(count, bounds[0]), max(most, bounds[1]))
    return replace(resource, properties={**resource.properties, "desired_count": count})


def at_zero(found: Resource) -> Resource:
    """A service that exists as it is, but for its desired count, with the arguments of the module for that."""
    shape = input_shape("CreateService")
    arguments = ecs_canonical.specification(shape, {**found.properties, "desired_count": 0})
    arguments["service_name"] = found.name
    return replace(desired(arguments), arguments=arguments)


def starts_a_deployment(wanted: Resource, found: Resource) -> bool:
    """Whether a change of a service makes ECS start other tasks in place of those that run."""
    sides = wanted.properties, found.properties
    return any(differences(sides[0].get(name), sides[1].get(name)) for name in _START_A_DEPLOYMENT)


def with_room(wanted: Resource, protected: int) -> int:
    """The desired count of a service that drains, for a change that starts a deployment while so many of its tasks
    protect themselves. ECS protects no more tasks than are desired, and those that take their place may have work in
    hand as well. Where an autoscaler counts, there is room for the first of these, and it makes more.
    """
    if FIRST_COUNT in wanted.attributes:
        count: int = wanted.properties["desired_count"]
        return max(count, protected + 1) if protected else count
    return int(wanted.attributes[ASKED_FOR]) + protected


def with_task_definition(resource: Resource, arn: str | None) -> Resource:
    """The service on another task definition; None is one that is yet to be registered."""
    short = arn.rsplit("/", 1)[1] if arn else UNKNOWN
    return replace(resource, properties={**resource.properties, "task_definition": short})


def all_desired(specifications: Iterable[Mapping[str, Any]]) -> list[Resource]:
    """Many of them. Raises one FarflowError with what is wrong with any, and with services that are given twice."""
    resources: list[Resource] = []
    problems = []
    for specification in specifications:
        try:
            resources.append(desired(specification))
        except FarflowError as error:
            problems.append(str(error))
    names = [resource.name for resource in resources]
    problems += [f"service {name} is given twice" for name in sorted({name for name in names if names.count(name) > 1})]
    if len({resource.properties["cluster"] for resource in resources}) > 1:
        problems.append("services: one call deals with one cluster")
    if problems:
        raise FarflowError("\n".join(problems))
    return resources


def named(specifications: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The names by cluster of services that shall go, of which nothing else need be given."""
    found: dict[str, list[str]] = {}
    for specification in specifications:
        if not (specification.get("service_name") and specification.get("cluster")):
            raise FarflowError("each of services needs a service_name and a cluster")
        found.setdefault(specification["cluster"], []).append(specification["service_name"])
    return found


def _problems(form: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    for name in ("cluster", "task_definition", "network_configuration"):
        if not form.get(name):
            yield f"{name} is required"
    if not isinstance(form.get("desired_count"), int) and form.get("desired_count") != UNKNOWN:
        yield "desired_count is required"
    elif form["desired_count"] != UNKNOWN and form["desired_count"] < 0:
        yield f"desired_count {form['desired_count']} is negative"
    if given.get("launch_type") and given.get("capacity_provider_strategy"):
        yield "launch_type and capacity_provider_strategy exclude each other"
    network = (form.get("network_configuration") or {}).get("awsvpc_configuration") or {}
    for name, most in _MOST.items():
        if isinstance(network.get(name), list) and len(network[name]) > most:
            yield f"network_configuration {name}: AWS takes {most}, not {len(network[name])}"
    if len(form.get("load_balancers") or []) > 5:
        yield f"load_balancers: AWS takes 5 target groups, not {len(form['load_balancers'])}"
    yield from _deployment_problems(form.get("deployment_configuration") or {})


def _deployment_problems(deployment: Mapping[str, Any]) -> Iterator[str]:
    least, most = deployment.get("minimum_healthy_percent"), deployment.get("maximum_percent")
    if isinstance(least, int) and not 0 <= least <= 100:
        yield f"deployment_configuration minimum_healthy_percent {least} is not between 0 and 100"
    if isinstance(most, int) and not 100 <= most <= 200:
        yield f"deployment_configuration maximum_percent {most} is not between 100 and 200"
    if (least, most) == (100, 100):
        yield "deployment_configuration leaves ECS no room: no task may start before another has stopped, none may stop"


def canonical(
    document: Mapping[str, Any], revision: Mapping[str, Any] | None = None, wanted: Resource | None = None
) -> Resource:
    """A member of DescribeServices' answer as a resource; ``revision`` is what DescribeServiceRevisions tells of the
    current one, where it tells something. Members that this collection does not know are there if they are wanted.
    """
    deployment = primary(document)
    shape = input_shape("CreateService")
    whole = {
        **document,
        **{name: deployment[name] for name in _OF_THE_DEPLOYMENT if name in deployment},
        "cluster": document["clusterArn"],
        "monitoring": (revision or {}).get("monitoring"),
        "tags": [tag for tag in document.get("tags", []) if not tag["key"].startswith("aws:")],
    }
    form = ecs_canonical.answered(shape, whole, wanted and wanted.properties)
    del form["service_name"]
    form[_ROLLOUT] = "FAILED" if deployment.get("rolloutState") == "FAILED" else "COMPLETED"
    attributes = {
        "status": document["status"],
        DEPLOYMENT: deployment.get("id", ""),
        UNSTEADY: deployment.get("rolloutState") == "IN_PROGRESS" or _lacks_tasks(document),
        RUNNING: int(document.get("runningCount", 0)),
        COMPLETE: has_all_tasks(document),
        OLD: sum(
            int(each.get("runningCount", 0)) for each in document.get("deployments") or [] if each is not deployment
        ),
    }
    arguments = {"service_name": document["serviceName"], "cluster": form["cluster"]}
    return Resource(TYPE, document["serviceName"], form, document["serviceArn"], attributes, arguments)


def has_failed(found: Resource, started: str) -> bool:
    """Whether a deployment that was ``started`` is over without success: it has FAILED, or another one has taken its
    place, as after a rollback.
    """
    return bool(started != found.attributes[DEPLOYMENT] or found.properties[_ROLLOUT] == "FAILED")


def is_autoscaled(document: Mapping[str, Any]) -> bool:
    """Whether an autoscaler says how many tasks a service of DescribeServices runs."""
    return any(tag["key"] == AUTOSCALED for tag in document.get("tags", []))


def _lacks_tasks(document: Mapping[str, Any]) -> bool:
    return not is_autoscaled(document) and int(document.get("runningCount", 0)) < int(document["desiredCount"])


def has_all_tasks(document: Mapping[str, Any]) -> bool:
    """Whether as many tasks of a service's newest deployment run as are desired, and none is to come."""
    newest = primary(document)
    return not newest.get("pendingCount") and newest.get("runningCount", 0) >= document["desiredCount"]


def primary(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The newest deployment of a service of DescribeServices."""
    deployments: list[Mapping[str, Any]] = document.get("deployments") or []
    return next((each for each in deployments if each.get("status") == "PRIMARY"), {})


def create_request(resource: Resource) -> dict[str, Any]:
    """The arguments of CreateService, but for the client token."""
    count = {"desired_count": resource.attributes[FIRST_COUNT]} if FIRST_COUNT in resource.attributes else {}
    return _request({"service_name": resource.name, **resource.properties, **count})


def _request(form: Mapping[str, Any], found: Mapping[str, Any] | None = None) -> dict[str, Any]:
    shape = input_shape("CreateService")
    form = {name: value for name, value in form.items() if name != _ROLLOUT}
    return dict(Reading().read(shape, ecs_canonical.specification(shape, form, found)))


def update_request(wanted: Resource, found: Resource) -> dict[str, Any] | None:
    """The arguments of UpdateService: the members that differ, nothing else, since some of them start a deployment
    even when they are as before. None when only tags differ.
    """
    updatable = set(input_shape("UpdateService").members)
    sides = wanted.properties, found.properties
    changed = [key for key in {**sides[0], **sides[1]} if differences(sides[0].get(key), sides[1].get(key))]
    after, before = ({key: side[key] for key in changed if key in side} for side in sides)
    request = {name: value for name, value in _request(after, before).items() if name in updatable}
    if "monitoring" in before and "monitoring" not in after:
        request["monitoring"] = _default_monitoring(before["monitoring"])
    if "capacityProviderStrategy" in request or _ROLLOUT in changed:
        # running tasks are moved to another capacity, and tasks started again, by a deployment only
        request["forceNewDeployment"] = True
    return request or None


def _default_monitoring(before: Mapping[str, Any]) -> dict[str, Any]:
    names = [name for each in before["metric_configurations"].values() for name in each["metric_names"]]
    return {"metricConfigurations": [{"metricNames": names, "resolutionSeconds": 60}]}


def fixed_differences(wanted: Resource, found: Resource) -> list[str]:
    """What differs and can only be had by another service of the same name."""
    reasons = []
    for name in ("launch_type", "scheduling_strategy"):
        sides = wanted.properties.get(name), found.properties.get(name)
        if all(sides):
            reasons += [str(each) for each in differences(*sides, (name,))]
    return reasons
