"""Roles that ECS and CodeBuild may not assume, or that may not do what a task needs: where IAM is enforced, and not yet
by the behaviours `young_roles` and `young_policies`, since they learn of it some seconds after IAM has answered.
"""

from __future__ import annotations

import json
import time
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import codebuild, ecs, iam

from .. import clock
from ..authorization import services
from ..behaviours import YOUNG_POLICIES, YOUNG_ROLES, Behaviour
from . import codebuild as mended
from . import ecs_roles, ecs_scheduler

_TRUSTED, _PERMITTED = "_trusted_at", "_permitted_at"
_COLD = (
    "ECS was unable to assume the role '{}' that was provided for this task. Please verify that the role being passed "
    "has the proper trust relationship and permissions and that your IAM user has permissions to pass this role."
)
_NO_SECRET = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable "
    "to retrieve secret from asm: service call has been retried 1 time(s): AccessDeniedException: not authorized to "
    "perform: secretsmanager:GetSecretValue"
)
#: After how many of AWS's seconds a service tries again to launch a task (pulumi/pulumi-awsx#927).
_AGAIN_AFTER = 30
#: How many of AWS's seconds a task is PENDING before its secrets are read.
_PENDING = 10


def apply() -> None:
    for action in ("CreateRole", "UpdateAssumeRolePolicy"):
        iam._IAM_HANDLERS[action] = note(iam._IAM_HANDLERS[action], _TRUSTED)
    for action in ("CreateRole", "PutRolePolicy", "AttachRolePolicy"):
        iam._IAM_HANDLERS[action] = note(iam._IAM_HANDLERS[action], _PERMITTED)
    ecs._run_task = launch_later(ecs._run_task)
    ecs._ACTION_MAP["RunTask"] = refuse_role(ecs._ACTION_MAP["RunTask"])
    ecs._start_task_worker = start_with_rights(ecs._start_task_worker)
    codebuild._create_project = refuse_builder(codebuild._create_project)
    codebuild._update_project = refuse_builder(codebuild._update_project)


def apply_without_containers() -> None:
    """Before what ends tasks that run."""
    ecs._run_task = keep_from_starting(ecs._run_task)


def note(change, moment: str):
    """Remembers when a role could be assumed otherwise, or may do more."""

    def handler(parameters: dict[str, Any]):
        answer = change(parameters)
        role = iam._roles.get(iam._p(parameters, "RoleName"))
        if answer[0] == 200 and role is not None:
            role[moment] = time.monotonic()
        return answer

    return handler


def refuse_role(run_task):
    """RunTask is refused."""

    def handler(data: dict[str, Any]):
        role = _unassumable(data)
        return error_response_json("ClientException", _COLD.format(role), 400) if role else run_task(data)

    return handler


def launch_later(run_task):
    """A service tells of it, and tries again."""

    def handler(data: dict[str, Any]):
        group = data.get("group", "")
        role = _unassumable(data) if group.startswith("service:") else ""
        if not role:
            return run_task(data)
        name = group.removeprefix("service:")
        key = f"{data['cluster']}/{name}"
        message = f"(service {name}) failed to launch a task with (error {_COLD.format(role)})."
        ecs_scheduler.tell(ecs._services[key], message)
        clock.later(clock.real(_AGAIN_AFTER), ecs_scheduler.reconcile, data["cluster"], key)
        return None

    return handler


def keep_from_starting(run_task):
    """Without containers."""

    def handler(data: dict[str, Any]):
        answer = run_task(data)
        if answer[0] == 200:
            for told in json.loads(answer[2])["tasks"]:
                task = ecs._tasks[told["taskArn"]]
                if reason := _refusal(task, ecs._task_defs[task["taskDefinitionArn"].rpartition("/")[2]]):
                    _fail_later(task, reason)
        return answer

    return handler


def start_with_rights(start):
    """With containers."""

    def handler(task: dict[str, Any], definition: dict[str, Any], *rest: Any) -> None:
        if reason := _refusal(task, definition):
            _fail_later(task, reason)
        else:
            start(task, definition, *rest)

    return handler


def refuse_builder(change):
    """A project of CodeBuild is refused."""

    def handler(data: dict[str, Any]):
        arn = data.get("serviceRole")
        if arn and not _may_build(arn, data["name"]):
            return error_response_json("InvalidInputException", mended.NO_BUILDER.format(arn), 400)
        return change(data)

    return handler


def _may_build(arn: str, project: str) -> bool:
    if _is_young(YOUNG_ROLES, arn, _TRUSTED):
        YOUNG_ROLES.strike()
        return False
    return services.may_assume(mended.PRINCIPAL, arn, codebuild._project_arn(project))


def _unassumable(data: dict[str, Any]) -> str:
    """The ARN of a role of the task, those that are overridden too, that ECS may not assume, if any."""
    definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")), {})
    roles = [ecs_roles.role_of(definition, data.get("overrides"), kind) for kind in ("executionRoleArn", "taskRoleArn")]
    young = next((arn for arn in roles if arn and _is_young(YOUNG_ROLES, arn, _TRUSTED)), "")
    if young:
        YOUNG_ROLES.strike()
    return young or ecs_roles.unassumable(definition, data.get("overrides"))


def _refusal(task: dict[str, Any], definition: dict[str, Any]) -> str:
    """Why the task does not start, in AWS's words: what its execution role may not, or not yet."""
    if _may_not_read_yet(definition):
        YOUNG_POLICIES.strike()
        return _NO_SECRET
    return ecs_roles.refusal(task, definition)


def _may_not_read_yet(definition: dict[str, Any]) -> bool:
    """Whether the role that pulls images and reads secrets was given something too shortly before it does so."""
    arn = definition.get("executionRoleArn")
    return bool(arn) and _is_young(YOUNG_POLICIES, arn, _PERMITTED, after=clock.real(_PENDING))


def _is_young(behaviour: Behaviour, arn: str, moment: str, after: float = 0) -> bool:
    """Whether a change of the role of an ARN will be too young, by a behaviour, after so many seconds."""
    name = arn.rsplit("/", 1)[-1]
    changed = (iam._roles.get(name) or {}).get(moment)
    return behaviour.is_on and changed is not None and time.monotonic() + after - changed < behaviour.seconds(name)


def _fail_later(task: dict[str, Any], reason: str) -> None:
    """The task is PENDING for some time, and then has stopped: none of its containers has run."""
    task |= {"_never_starts": True, "lastStatus": "PENDING"}
    for moment in ("startedAt", "pullStartedAt", "pullStoppedAt"):
        task.pop(moment, None)
    for container in task["containers"]:
        container |= {"lastStatus": "PENDING", "runtimeId": None}
    clock.later(clock.real(_PENDING), _fail, task, reason)


def _fail(task: dict[str, Any], reason: str) -> None:
    ecs._mark_task_stopped(task["taskArn"], task, reason, "TaskFailedToStart")
