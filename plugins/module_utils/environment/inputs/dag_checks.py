# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module dag_check is told of an environment, before anybody has asked AWS."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ... import naming
from .. import dags, executors, names, settings
from ..broker import broker

Inputs = Mapping[str, Any]


def arguments(inputs: Inputs, airflow: str, tasks: Collection[str], image: Mapping[str, Any]) -> dict[str, Any]:
    """The module's options, but for where it parses. ``airflow`` is the folder of Airflow's image, ``tasks`` are the
    folders of DAG tasks, ``image`` is what ecr_images is given for Airflow's.
    """
    reference = inputs["airflow_service_image"]
    return {
        "path": airflow,
        "image": reference or f"farflow/{image['repository']}:{image['name']}",
        "build": None if reference else dict(image),
        "environment": environment(inputs),
        "tasks": sorted(tasks),
        "executors": executors.names(executor_setting(inputs)),
        "queues": broker.queues(inputs),
        "pools": list(inputs["dags_pools"]) or None,
        "allow_broken": list(inputs["dags_allow_broken"]),
        "versions": dags.are_versions(inputs),
        "seconds": inputs["dags_parse_seconds"],
    }


def executor_setting(inputs: Inputs) -> str:
    """Airflow's setting, which a user can give otherwise."""
    given = settings.given(inputs["airflow_service_config"], inputs["airflow_service_environment"])
    return given.get(settings.variable("core", "executor")) or executors.setting(inputs)


def environment(inputs: Inputs) -> dict[str, str]:
    """Of a component's environment variables those that DAG files may read, as far as they are known without AWS."""
    return {
        "FARFLOW_ENVIRONMENT": names.environment(inputs),
        "FARFLOW_CLUSTER": names.cluster(inputs),
        "FARFLOW_TASKS_LOG_GROUP": naming.task_log_group(names.environment(inputs)),
        "AWS_REGION": inputs["farflow_region"],
        "AWS_DEFAULT_REGION": inputs["farflow_region"],
        settings.variable("operators", "default_queue"): broker.queues(inputs)[0],
        **settings.given(inputs["airflow_service_config"], inputs["airflow_service_environment"]),
    }
