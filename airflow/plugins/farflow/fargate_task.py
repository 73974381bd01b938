# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A folder under tasks/, run as a Fargate task by one line of a DAG."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
from airflow.sdk.exceptions import AirflowFailException

from farflow.deployment import missing_variables, operator_arguments
from farflow.fargate_task_trigger import FargateTaskTrigger

OVERRIDES_LIMIT = 8192  # characters of JSON: RunTask, "overrides"


class FargateTask(EcsRunTaskOperator):
    """
    Airflow's EcsRunTaskOperator with everything filled in that the deploy knows.

    odd = FargateTask(task_id="odd_task", task="multi_task", command=["python", "odd_numbers.py", "10"])

    It waits without a worker's slot (deferrable), finds its Fargate task again after a worker is lost (reattach), stops
    it when the Airflow task is ended by hand, and shows the container's log in Airflow's task log. It succeeds or fails
    as that container does, whatever AWS has put beside it. A DAG file with it can be imported anywhere; it runs where
    the deploy has set the variables FARFLOW_*: in every Airflow container.

    :param task: name of a folder under tasks/.
    :param command: replaces the image's command (templated).
    :param environment: environment variables beside those of task.yml; values are text (templated).
    :param overrides: the rest of RunTask's overrides, such as ``{"cpu": "1024", "memory": "2048"}`` (templated).
    :param kwargs: any argument of EcsRunTaskOperator or BaseOperator; it wins over what would be filled in.
    """

    def __init__(
        self,
        *,
        task: str,
        command: list[str] | None = None,
        environment: Mapping[str, str] | None = None,
        overrides: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        defaults = operator_arguments(task, os.environ)
        chosen = {**kwargs.get("default_args", {}), **kwargs}
        arguments = {name: chosen.get(name, value) for name, value in defaults.items()}
        super().__init__(
            **{**kwargs, **arguments},
            overrides=_overrides(arguments["container_name"], command, environment, overrides),
        )
        self._missing = missing_variables(defaults.keys() - chosen.keys(), os.environ)
        if _is_literal(self.overrides):
            _check_size(self.overrides)

    @cached_property
    def client(self) -> Any:
        # EcsRunTaskOperator fails for any container that has no exit code 0, also for one that its task definition does
        # not know: GuardDuty's agent, which AWS adds to every task where Runtime Monitoring is on, is killed at the end
        # or never starts. So the operator is not shown it.
        client = super().client
        client.meta.events.register("after-call.ecs.DescribeTasks", self._leave_own_container)
        return client

    def _leave_own_container(self, parsed: dict[str, Any], **_unused: Any) -> None:
        for task in parsed.get("tasks", []):
            own = [each for each in task.get("containers", []) if each["name"] == self.container_name]
            if own:
                task["containers"] = own

    def execute(self, context: Any) -> Any:
        if self._missing:
            raise AirflowFailException(
                f"{', '.join(self._missing)}: not set. FargateTask takes them from the environment, where the deploy "
                "sets them for every Airflow container; elsewhere, set them or give EcsRunTaskOperator's own arguments."
            )
        _check_size(self.overrides)
        return super().execute(context)

    def defer(self, *, trigger: Any, **kwargs: Any) -> Any:
        super().defer(trigger=FargateTaskTrigger(**trigger.serialize()[1]), **kwargs)

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None) -> Any:
        # With it the error of a failed task holds the container's last log lines, as it does when not deferred.
        self.arn = (event or {}).get("task_arn")
        if self.arn and self._aws_logs_enabled():
            self.task_log_fetcher = self._get_task_log_fetcher()
        return super().execute_complete(context, event)


def _overrides(
    container: str | None,
    command: list[str] | None,
    environment: Mapping[str, str] | None,
    others: Mapping[str, Any] | None,
) -> dict[str, Any]:
    others = dict(others or {})
    if "containerOverrides" in others:
        if command is not None or environment is not None:
            raise ValueError("give either command and environment, or overrides with containerOverrides")
        return others
    of_container: dict[str, Any] = {"name": container}
    if command is not None:
        of_container["command"] = command
    if environment is not None:
        of_container["environment"] = [{"name": name, "value": value} for name, value in environment.items()]
    return {**others, "containerOverrides": [of_container]}


def _is_literal(overrides: dict[str, Any]) -> bool:
    """Whether nothing in it is known at run time only: a template, or another task's result."""
    try:
        text = json.dumps(overrides)
    except TypeError:
        return False
    return "{{" not in text and "{%" not in text


def _check_size(overrides: dict[str, Any]) -> None:
    size = len(json.dumps(overrides, separators=(",", ":")))
    if size > OVERRIDES_LIMIT:
        raise ValueError(
            f"command, environment and overrides are {size} characters of JSON, ECS takes {OVERRIDES_LIMIT}: "
            "put what is large into S3 and give the task its address"
        )
