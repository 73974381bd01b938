# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a FargateTask asks of RunTask, and what is said when ECS refuses it."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.exceptions import EcsOperatorError
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.sdk.execution_time.context import context_to_airflow_vars
from botocore.exceptions import ClientError

from farflow import fargate_task_arguments as arguments
from farflow import fargate_task_capacity as capacities
from farflow import fargate_task_results as results
from farflow import naming
from farflow.ecs_advice import cure
from farflow.fargate_task_owner import DETACHED, LEFT_ON_FAILURE, own_tags, started_by
from farflow.fargate_task_values import is_later, number

if TYPE_CHECKING:
    from farflow.fargate_task import FargateTask

RESULTS = "FARFLOW_RESULTS"

_UNKNOWN = re.compile(r"task ?definition.*(not found|inactive|does not exist)|unable to (find|describe) task def", re.I)
_DENIED = ("AccessDeniedException", "AccessDenied")
_NOT_FOR_WINDOWS = "PlatformTaskDefinitionIncompatibilityException"
_TELLS_NO_PLACE = "put what is large into inputs, or into S3 and give the task its address"


def request(task: FargateTask, context: Any) -> dict[str, Any]:
    """The arguments of RunTask. Raises AirflowFailException with what is wrong with them."""
    try:
        return _request(task, context)
    except ValueError as error:
        raise AirflowFailException(f"{task.task_name}: {error}") from None


def _request(task: FargateTask, context: Any) -> dict[str, Any]:
    instance = context["ti"]
    if problems := arguments.problems(task.given(), at_run=True):
        raise ValueError("; ".join(problems))
    if task.result == "json" and not task.reads_log():
        raise ValueError("result: 'json' is read from the log; awslogs_group and awslogs_stream_prefix are not set")
    asked: dict[str, Any] = {
        "cluster": task.cluster,
        "taskDefinition": task.task_definition,
        "overrides": _overrides(task, context),
        "startedBy": started_by(instance),
        "tags": [{"key": key, "value": value} for key, value in _tags(task, instance).items()],
    }
    if task.capacity_provider_strategy:
        asked["capacityProviderStrategy"] = task.capacity_provider_strategy
    elif task.launch_type:
        asked["launchType"] = task.launch_type
    others = {
        "volumeConfigurations": task.volume_configurations,
        "platformVersion": task.platform_version,
        "group": task.group,
        "placementConstraints": task.placement_constraints,
        "placementStrategy": task.placement_strategy,
        "networkConfiguration": task.network_configuration,
        "propagateTags": task.propagate_tags,
    }
    return {**asked, **{name: value for name, value in others.items() if value is not None}}


def capacity(task: FargateTask) -> str | None:
    """What is said of the capacity: by the author in the DAG, or else in task.yml. None where nobody says anything.

    What task.yml says is asked of ECS each time: a revision is registered while workers run, which do not know of it.
    """
    if task.capacity is not None or task.placed_by:
        return task.capacity
    try:
        answer = task.client.describe_task_definition(taskDefinition=task.task_definition)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in _DENIED:
            raise explained(error, task) from error
        task.log.warning("The capacity that task.yml may ask for can't be read, it is passed over: %s", error)
        return None
    return capacities.of_definition(answer["taskDefinition"])


def known_overrides(task: FargateTask) -> dict[str, Any] | None:
    """The overrides as far as the author has written them; None where some of it is known at run time only."""
    try:
        overrides = _merged(task, task.command, dict(task.environment or {}))
        written = json.dumps(overrides)
    except (TypeError, ValueError):
        return None
    return None if is_later(written) else overrides


def check_size(overrides: Mapping[str, Any]) -> None:
    """Raises ValueError for more than ECS takes."""
    size = arguments.size(overrides)
    if size > arguments.OVERRIDES_LIMIT:
        raise ValueError(
            f"command, environment and overrides are {size} characters of JSON, ECS takes {arguments.OVERRIDES_LIMIT}: "
            f"{_TELLS_NO_PLACE}"
        )


def _overrides(task: FargateTask, context: Any) -> dict[str, Any]:
    command = None if task.command is None else arguments.texts("command", task.command)
    environment = _environment(task, context)
    overrides = _merged(task, command, environment)
    if task.inputs is not None and arguments.size(overrides) > arguments.OVERRIDES_LIMIT:
        environment[results.INPUTS_URL] = _store_inputs(task, context, environment.pop(results.INPUTS))
        overrides = _merged(task, command, environment)
    check_size(overrides)
    return overrides


def of_container(task: FargateTask, context: Any) -> dict[str, Any]:
    """``{command, environment}`` of the task's own container, as far as DAG and Airflow say them, for who runs it where
    no ECS is. Raises ValueError with what is wrong with them.
    """
    if problems := arguments.problems(task.given(), at_run=True):
        raise ValueError("; ".join(problems))
    command = None if task.command is None else arguments.texts("command", task.command)
    merged = _merged(task, command, _environment(task, context))
    own = next(each for each in merged["containerOverrides"] if each.get("name") == task.container_name)
    return {
        "command": own.get("command"),
        "environment": {each["name"]: each["value"] for each in own.get("environment", [])},
    }


def _environment(task: FargateTask, context: Any) -> dict[str, str]:
    """What the container is told: who runs it, where results go, its inputs, and what the author says, which wins."""
    given = task.environment or {}
    if not isinstance(given, Mapping):
        raise ValueError(f"environment: is of type {type(given).__name__}, allowed: a dictionary of texts")
    told = dict(context_to_airflow_vars(context, in_env_var_format=True))
    if prefix := _prefix(context):
        told[results.RESULT_PREFIX] = prefix
    if task.inputs is not None:
        told[results.INPUTS] = arguments.text("inputs", dict(task.inputs))
    return {**told, **{name: arguments.text(f"environment: {name}", value) for name, value in given.items()}}


def _prefix(context: Any) -> str | None:
    instance = context["ti"]
    mapped = [instance.map_index] if instance.map_index is not None and instance.map_index >= 0 else []
    parts = (instance.dag_id, instance.run_id, instance.task_id, *mapped, instance.try_number)
    return results.prefix(os.environ.get(RESULTS), *parts)


def _store_inputs(task: FargateTask, context: Any, text: str) -> str:
    prefix = _prefix(context)
    if prefix is None:
        raise ValueError(f"inputs are {len(text)} characters, which ECS does not take, and {RESULTS} is not set")
    url = f"{prefix}inputs.json"
    bucket, key = results.split_url(url)
    s3 = S3Hook(aws_conn_id=task.aws_conn_id, region_name=task.region_name, verify=task.verify)
    s3.conn.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json")
    return url


def _merged(task: FargateTask, command: list[str] | None, environment: Mapping[str, str]) -> dict[str, Any]:
    overrides = _with_numbers(dict(task.overrides or {}))
    containers = [_with_numbers(dict(each)) for each in overrides.get("containerOverrides", ())]
    own = next((each for each in containers if each.get("name") == task.container_name), None)
    if own is None:
        own = {"name": task.container_name}
        containers.append(own)
    if command is not None:
        own["command"] = command
    if environment:
        theirs = {each["name"]: each["value"] for each in own.get("environment", ())}
        own["environment"] = [{"name": name, "value": value} for name, value in {**environment, **theirs}.items()]
    overrides["containerOverrides"] = containers
    sizes = {name: getattr(task, name) or overrides.get(name) for name in ("cpu", "memory")}
    overrides.update({name: str(number(value)) for name, value in sizes.items() if value is not None})
    if task.ephemeral_storage is not None:
        overrides["ephemeralStorage"] = {"sizeInGiB": number(task.ephemeral_storage)}
    return overrides


def _with_numbers(override: dict[str, Any]) -> dict[str, Any]:
    """What is rendered is text; these members are numbers to ECS."""
    numbers = {name: number(override.get(name)) for name in ("cpu", "memory", "memoryReservation")}
    override.update({name: value for name, value in numbers.items() if value is not None})
    storage = override.get("ephemeralStorage")
    if isinstance(storage, Mapping):
        override["ephemeralStorage"] = {name: number(value) for name, value in storage.items()}
    return override


def _tags(task: FargateTask, instance: Any) -> dict[str, str]:
    given = {key: arguments.text(f"tags: {key}", value) for key, value in (task.tags or {}).items()}
    ours = {DETACHED: not task.wait_for_completion, LEFT_ON_FAILURE: not task.stop_task_on_failure}
    return {**given, **own_tags(instance), **{key: "true" for key, is_so in ours.items() if is_so}}


def refused(failures: Sequence[dict[str, Any]], name: str, asked: Mapping[str, Any]) -> EcsOperatorError:
    """What to raise for the failures of RunTask's answer to what it was asked."""
    reasons = [": ".join(filter(None, [each.get("reason"), each.get("detail")])) for each in failures]
    reason = "; ".join(reasons) or "AWS gave no reason"
    if capacities.is_spot(asked) and capacities.is_unavailable(reason):
        return capacities.NoSpotCapacity(list(failures), name, reason)
    return EcsOperatorError(list(failures), _with_advice(f"{name} was not started", reason))


def explained(error: ClientError, task: FargateTask, asked: Mapping[str, Any] | None = None) -> Exception:
    """What to raise for an error of RunTask, or of the question before it: with the nearest name for a folder that is
    not there, else with advice.
    """
    told = error.response.get("Error", {})
    message = str(told.get("Message", error))
    if _UNKNOWN.search(message):
        return AirflowFailException(_unknown(task))
    if asked and capacities.is_spot(asked):
        if told.get("Code") == _NOT_FOR_WINDOWS:
            name, allowed = task.task_name, capacities.ON_DEMAND
            return AirflowFailException(f"{name} was not started: Fargate Spot has no Windows, allowed: {allowed}")
        if capacities.is_unavailable(message):
            return capacities.NoSpotCapacity([], task.task_name, message)
    return AirflowException(_with_advice(f"{task.task_name} was not started", message))


def _with_advice(what: str, reason: str) -> str:
    advice = cure(reason)
    return f"{what}: {reason}" + (f"\nadvice: {advice}" if advice else "")


def _unknown(task: FargateTask) -> str:
    said = f"task {task.task_name!r}: there is no task definition {task.task_definition}"
    environment = os.environ.get("FARFLOW_ENVIRONMENT")
    try:
        names = _registered(task, environment) if environment else []
    except ClientError:
        names = []
    if not names:
        return f"{said}; a folder tasks/{task.task_name} is registered by the playbook dag_tasks"
    nearest = difflib.get_close_matches(task.task_name, names, n=1, cutoff=0.5)
    meant = f"; the nearest one is {nearest[0]!r}" if nearest else ""
    return f"{said}{meant}. There are: {', '.join(sorted(names))}"


def _registered(task: FargateTask, environment: str) -> list[str]:
    """The names of the DAG tasks that are registered, by their families."""
    pages = task.client.get_paginator("list_task_definition_families").paginate(
        familyPrefix=f"{environment}-", status="ACTIVE"
    )
    families = [family for page in pages for family in page["families"]]
    names = [family.removeprefix(f"{environment}-").removeprefix("-") for family in families]
    return [name for name, family in zip(names, families, strict=True) if _is_dag_task(environment, name, family)]


def _is_dag_task(environment: str, name: str, family: str) -> bool:
    try:
        return naming.task_family(environment, name) == family
    except ValueError:
        return False
