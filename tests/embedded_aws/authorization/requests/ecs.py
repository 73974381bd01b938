"""Amazon ECS. Clusters, services and tasks are named or given by their ARN, which older ones do not have whole.

To run a task passes its roles on ("Grant permissions to pass roles" in the developer guide), and to create something
with tags needs ecs:TagResource ("Tagging authorization" there).
"""

from __future__ import annotations

from typing import Any

from ministack.services import ecs

from ..evaluation import Request
from .asked import Asked, Row, by, everything, last, rows

_TASKS = "ecs-tasks.amazonaws.com"


def _cluster(asked: Asked, member: str = "cluster") -> str:
    return asked.named("cluster/", asked.get(member) or "default")


def _within(asked: Asked, kind: str, name: Any) -> str:
    """A service or task, by its short name or its ARN of either format."""
    text = str(name)
    inside = text.partition(f":{kind}/")[2] if text.startswith("arn:") else text
    return asked.arn(f"{kind}/{inside}" if "/" in inside else f"{kind}/{last(_cluster(asked))}/{inside}")


def _tag(asked: Asked, resource: str) -> list[Request]:
    return asked.on(resource, action="TagResource", ecs__CreateAction=asked.operation)


def _create_cluster(asked: Asked) -> list[Request]:
    arn = _cluster(asked, "clusterName")
    return [*asked.on(arn), *(_tag(asked, arn) if asked.has_tags() else [])]


def _clusters(asked: Asked) -> list[Request]:
    return asked.on(*(asked.named("cluster/", name) for name in asked.get("clusters") or ["default"]))


def _change_service(asked: Asked) -> list[Request]:
    name = asked.get("serviceName") or asked.get("service")
    arn, definition = _within(asked, "service", name), asked.get("taskDefinition")
    context = {
        "ecs__cluster": _cluster(asked),
        "ecs__task-definition": _definition(asked, definition) if definition else None,
        "ecs__enable-execute-command": _said(asked.get("enableExecuteCommand")),
    }
    tagged = asked.operation == "CreateService" and asked.has_tags()
    requests = [*asked.on(arn, **context), *(_tag(asked, arn) if tagged else [])]
    return [*requests, *asked.passes(asked.get("role"), "ecs.amazonaws.com")]


def _services(asked: Asked) -> list[Request]:
    names = asked.get("services") or [asked.get("service")]
    return asked.on(*(_within(asked, "service", name) for name in names), ecs__cluster=_cluster(asked))


def _tasks(asked: Asked) -> list[Request]:
    names = asked.get("tasks") or [asked.get("task") or "*"]
    return asked.on(*(_within(asked, "task", name) for name in names), ecs__cluster=_cluster(asked))


def _list_in_cluster(asked: Asked) -> list[Request]:
    return asked.on("*", ecs__cluster=_cluster(asked))


def _revisions(asked: Asked) -> list[Request]:
    arns = asked["serviceRevisionArns"]
    services = {arn.rpartition("/")[0].replace(":service-revision/", ":service/") for arn in arns}
    return asked.on(*sorted(services), *arns)


def _register(asked: Asked) -> list[Request]:
    arn = asked.arn(f"task-definition/{asked['family']}:*")
    return [*asked.on(arn), *(_tag(asked, arn) if asked.has_tags() else []), *_roles(asked, asked.parameters)]


def _roles(asked: Asked, definition: Any, overrides: Any = None) -> list[Request]:
    given = {**definition, **(overrides or {})}
    return [*asked.passes(given.get("taskRoleArn"), _TASKS), *asked.passes(given.get("executionRoleArn"), _TASKS)]


def _run_task(asked: Asked) -> list[Request]:
    definition = _definition(asked, asked["taskDefinition"])
    context = {
        "ecs__cluster": _cluster(asked),
        "ecs__enable-execute-command": _said(asked.get("enableExecuteCommand")),
    }
    tagged = asked.has_tags() or asked.get("propagateTags") not in (None, "NONE")
    registered = ecs._task_defs.get(last(definition)) or {}
    return [
        *asked.on(definition, **context),
        *(_tag(asked, _within(asked, "task", "*")) if tagged else []),
        *_roles(asked, registered, asked.get("overrides")),
    ]


def _definition(asked: Asked, given: Any) -> str:
    """With its revision; the latest where none is said."""
    name = last(given)
    if ":" not in name:
        name = f"{name}:{ecs._task_def_latest.get(name, '*')}"
    return asked.arn(f"task-definition/{name}")


def _definitions(asked: Asked) -> list[Request]:
    return asked.on(*(_definition(asked, given) for given in asked["taskDefinitions"]))


def _said(value: Any) -> str | None:
    return None if value is None else str(value).lower()


ROWS: dict[str, Row] = {
    "CreateCluster": _create_cluster,
    **rows("DeleteCluster PutClusterCapacityProviders UpdateCluster", lambda asked: asked.on(_cluster(asked))),
    "DescribeClusters": _clusters,
    **rows("CreateService UpdateService", _change_service),
    **rows("DeleteService DescribeServices", _services),
    "DescribeServiceRevisions": _revisions,
    **rows("DescribeTasks StopTask GetTaskProtection UpdateTaskProtection", _tasks),
    **rows("ListTasks ListServices", _list_in_cluster),
    **rows("ListClusters ListTaskDefinitions ListTaskDefinitionFamilies", everything),
    **rows("DescribeTaskDefinition DeregisterTaskDefinition", everything),
    "RegisterTaskDefinition": _register,
    "DeleteTaskDefinitions": _definitions,
    "RunTask": _run_task,
    **rows("TagResource UntagResource ListTagsForResource", by("resourceArn")),
}
