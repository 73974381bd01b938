"""The API of Application Auto Scaling, as an ASGI application."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import ecs

from ..settings import ACCOUNT_ID, REGION
from . import registry, scaling, tracking
from .documents import (
    CONFIGURATIONS,
    DIMENSION,
    STEP,
    SUSPENSIONS,
    RefusedError,
    check_capacities,
    check_policy,
    invalid,
    metric_of,
    place_of,
)
from .registry import Policy, Target

Document = dict[str, Any]

_MOST_POLICIES = 50
_PAGE = 50
_REGION = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/")


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI application."""
    headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    status, document = await asyncio.to_thread(_answer, headers, json.loads(body or b"{}"))
    answered = [(b"content-type", b"application/x-amz-json-1.1"), (b"x-amzn-requestid", str(uuid.uuid4()).encode())]
    await send({"type": "http.response.start", "status": status, "headers": answered})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})


def _answer(headers: dict[str, str], asked: Document) -> tuple[int, Document]:
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    region = _REGION.search(headers.get("authorization", ""))
    if operation not in _OPERATIONS:
        return 400, {"__type": "UnknownOperationException", "message": ""}
    with registry.lock, request_scope(ACCOUNT_ID, region[1] if region else REGION):
        try:
            return 200, _OPERATIONS[operation](asked)
        except RefusedError as error:
            return 400, {"__type": error.code, "message": str(error)}


def _register_target(asked: Document) -> Document:
    resource = place_of(asked)
    _check_service(resource)
    there = registry.targets().get(resource)
    least = asked.get("MinCapacity", there.least if there else None)
    most = asked.get("MaxCapacity", there.most if there else None)
    check_capacities(least, most)
    target = there or Target(resource, least, most, tags=dict(asked.get("Tags") or {}))
    target.least, target.most = least, most
    if (suspended := asked.get("SuspendedState")) is not None:
        target.suspended = {name: bool(suspended.get(name)) for name in SUSPENSIONS}
    registry.targets()[resource] = target
    scaling.bring_into_bounds(target)
    return {"ScalableTargetARN": target.arn}


def _check_service(resource: str) -> None:
    service = ecs._services.get(resource.removeprefix("service/"))
    if not service or service["status"] != "ACTIVE":
        raise invalid(f"ECS service doesn't exist: {resource}")


def _deregister_target(asked: Document) -> Document:
    target = registry.target_of(place_of(asked))
    for policy in target.policies.values():
        tracking.delete_alarms(policy)
    del registry.targets()[target.resource]
    return {}


def _describe_targets(asked: Document) -> Document:
    wanted = asked.get("ResourceIds")
    found = [target.document() for target in registry.targets().values() if not wanted or target.resource in wanted]
    return _paged(asked, "ScalableTargets", _of_ecs(asked, found))


def _put_policy(asked: Document) -> Document:
    target = registry.target_of(place_of(asked), "registered")
    name = asked["PolicyName"]
    policy = target.policies.get(name)
    kind = asked.get("PolicyType") or (policy.kind if policy else STEP)
    given = asked.get(CONFIGURATIONS.get(kind, ""))
    if given is None and policy and policy.kind == kind:
        given = policy.configuration
    check_policy(kind, given)
    if policy is None and len(target.policies) >= _MOST_POLICIES:
        raise RefusedError("LimitExceededException", f"A target can have at most {_MOST_POLICIES} scaling policies.")
    policy = policy or Policy(name, target.resource, kind, given)
    _check_only_one_follows(target, policy, kind, given)
    policy.kind, policy.configuration = kind, given
    target.policies[name] = policy
    tracking.keep_alarms(policy)
    return {"PolicyARN": policy.arn, "Alarms": tracking.alarms_of(policy) if policy.tracks else []}


def _check_only_one_follows(target: Target, policy: Policy, kind: str, configuration: Document) -> None:
    others = [one for one in target.policies.values() if one is not policy and one.tracks]
    if kind != STEP and any(metric_of(one.configuration) == metric_of(configuration) for one in others):
        raise invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.")


def _describe_policies(asked: Document) -> Document:
    names, resource = asked.get("PolicyNames"), asked.get("ResourceId")
    found = [
        {
            "PolicyARN": policy.arn,
            "PolicyName": policy.name,
            "ServiceNamespace": "ecs",
            "ResourceId": policy.resource,
            "ScalableDimension": DIMENSION,
            "PolicyType": policy.kind,
            CONFIGURATIONS[policy.kind]: policy.configuration,
            "Alarms": tracking.alarms_of(policy),
            "CreationTime": policy.created,
        }
        for target in registry.targets().values()
        for policy in target.policies.values()
        if resource in (None, policy.resource) and (not names or policy.name in names)
    ]
    return _paged(asked, "ScalingPolicies", _of_ecs(asked, found))


def _delete_policy(asked: Document) -> Document:
    resource, name = place_of(asked), asked["PolicyName"]
    target = registry.targets().get(resource)
    if target is None or name not in target.policies:
        raise RefusedError(
            "ObjectNotFoundException",
            f"No scaling policy found for service namespace: ecs, resource ID: {resource}, scalable dimension: "
            f"{DIMENSION}, policy name: {name}",
        )
    tracking.delete_alarms(target.policies.pop(name))
    return {}


def _describe_activities(asked: Document) -> Document:
    resource, with_others = asked.get("ResourceId"), asked.get("IncludeNotScaledActivities")
    found = [
        activity.document()
        for activity in registry.activities()
        if resource in (None, activity.resource) and (with_others or not activity.not_scaled)
    ]
    return _paged(asked, "ScalingActivities", _of_ecs(asked, found))


def _put_scheduled_action(asked: Document) -> Document:
    target = registry.target_of(place_of(asked), "registered")
    name = asked["ScheduledActionName"]
    before = target.scheduled.get(name, {})
    if not (before or asked.get("Schedule")):
        raise invalid("Schedule is required.")
    arn = target.arn.replace("application-autoscaling", "autoscaling").split(":scalable-target")[0]
    made = {
        "ScheduledActionARN": f"{arn}:scheduledAction:{uuid.uuid4()}:resource/ecs/{target.resource}:"
        f"scheduledActionName/{name}",
        "CreationTime": target.created,
    }
    target.scheduled[name] = {**made, **before, **asked}
    return {}


def _describe_scheduled_actions(asked: Document) -> Document:
    names, resource = asked.get("ScheduledActionNames"), asked.get("ResourceId")
    found = [
        action
        for target in registry.targets().values()
        for name, action in target.scheduled.items()
        if resource in (None, target.resource) and (not names or name in names)
    ]
    return _paged(asked, "ScheduledActions", _of_ecs(asked, found))


def _delete_scheduled_action(asked: Document) -> Document:
    resource, name = place_of(asked), asked["ScheduledActionName"]
    target = registry.targets().get(resource)
    if target is None or name not in target.scheduled:
        raise RefusedError(
            "ObjectNotFoundException",
            f"No scheduled action found for service namespace: ecs, resource ID: {resource}, scheduled action name: "
            f"{name}",
        )
    del target.scheduled[name]
    return {}


def _list_tags(asked: Document) -> Document:
    return {"Tags": _tagged(asked).tags}


def _tag(asked: Document) -> Document:
    _tagged(asked).tags.update(asked["Tags"])
    return {}


def _untag(asked: Document) -> Document:
    tags = _tagged(asked).tags
    for key in asked["TagKeys"]:
        tags.pop(key, None)
    return {}


def _tagged(asked: Document) -> Target:
    for target in registry.targets().values():
        if target.arn == asked["ResourceARN"]:
            return target
    raise RefusedError(
        "ResourceNotFoundException", f"No scalable target found for resource ARN: {asked['ResourceARN']}"
    )


def _of_ecs(asked: Document, found: list[Document]) -> list[Document]:
    fits = asked.get("ServiceNamespace") == "ecs" and asked.get("ScalableDimension") in (None, DIMENSION)
    return found if fits else []


def _paged(asked: Document, member: str, found: list[Document]) -> Document:
    start, size = int(asked.get("NextToken") or 0), int(asked.get("MaxResults") or _PAGE)
    page: Document = {member: found[start : start + size]}
    if start + size < len(found):
        page["NextToken"] = str(start + size)
    return page


_OPERATIONS: dict[str, Callable[[Document], Document]] = {
    "RegisterScalableTarget": _register_target,
    "DeregisterScalableTarget": _deregister_target,
    "DescribeScalableTargets": _describe_targets,
    "PutScalingPolicy": _put_policy,
    "DescribeScalingPolicies": _describe_policies,
    "DeleteScalingPolicy": _delete_policy,
    "DescribeScalingActivities": _describe_activities,
    "PutScheduledAction": _put_scheduled_action,
    "DescribeScheduledActions": _describe_scheduled_actions,
    "DeleteScheduledAction": _delete_scheduled_action,
    "ListTagsForResource": _list_tags,
    "TagResource": _tag,
    "UntagResource": _untag,
}
