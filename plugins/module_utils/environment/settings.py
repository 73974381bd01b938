# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Airflow's configuration in a deployment, as the environment variables of its containers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from .. import naming
from ..engine.known import Existing
from ..images import contract as image_contract
from . import dags, ecs_executor, execution_api, executors, names, network, pools, security_groups
from .arns import account
from .broker import broker
from .components import COMMAND, DAG_PROCESSOR, ECS_TASK, SCHEDULER, Component

Inputs = Mapping[str, Any]

#: Seconds in which the scheduler has to hand a task to the broker, or that is marked as failed. With half a vCPU the
#: first one takes almost as long as Airflow's default of one second; after thirty without a heartbeat the scheduler is
#: replaced.
OPERATION_TIMEOUT = 10

#: Seconds that a task may be queued before it is sent again, which is also the life of its token. From no worker at all
#: the first one takes minutes.
_QUEUED_TIMEOUT = 1800

#: Seconds between two looks for tasks of schedulers that have ended. At the first one, as a scheduler starts, the one
#: before it may still count as alive; until the second one nobody hears how the tasks end that it has sent.
_ORPHANED_TASKS_CHECK = 60

#: Airflow's defaults, of all tasks and of those of a run of a DAG that are queued or running.
_PARALLELISM, _ACTIVE_TASKS = 32, 16

#: Who reads these numbers. Others would be replaced where only the number of workers changes.
_SCHEDULE = (SCHEDULER, DAG_PROCESSOR, COMMAND)

#: Environment variable -> the secret that it comes from.
SHARED_SECRETS = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "database-url",
    "AIRFLOW__CELERY__RESULT_BACKEND": "result-backend-url",
    "AIRFLOW__CORE__FERNET_KEY": "fernet-key",
    "AIRFLOW__API_AUTH__JWT_SECRET": "jwt-signing-key",
    "AIRFLOW__API__SECRET_KEY": "api-secret-key",
}
#: A task that has a container of its own talks to the task execution API alone.
ECS_TASK_SECRETS = ("AIRFLOW__CORE__FERNET_KEY",)
COMMAND_SECRETS = {"FARFLOW_ADMIN_PASSWORD": "admin-password"}

#: Where in the log bucket DAG tasks put what they hand on, as DAG -> run -> task.
RESULTS = "results"

CONNECTIONS = "connections"
VARIABLES = "variables"
#: What a command line of Airflow's refers to as ``secret:<name>``.
COMMANDS = "commands"


def variable(section: str, key: str) -> str:
    """The name under which Airflow reads a setting from the environment."""
    return f"AIRFLOW__{section.upper().replace('.', '_')}__{key.upper()}"


def base_url(inputs: Mapping[str, Any], known: Existing) -> str:
    """Where people reach Airflow."""
    if inputs["airflow_service_base_url"]:
        return str(inputs["airflow_service_base_url"])
    scheme, usual = ("https", 443) if inputs["airflow_service_certificate_arn"] else ("http", 80)
    port = inputs["airflow_service_load_balancer_port"]
    host = known.attribute("load_balancer", names.load_balancer(inputs), "dns_name")
    return f"{scheme}://{host}" + ("" if port == usual else f":{port}")


def execution_api_url(inputs: Mapping[str, Any]) -> str:
    """Where running tasks reach the task execution API."""
    if inputs["airflow_service_execution_api_url"]:
        return str(inputs["airflow_service_execution_api_url"])
    return execution_api.default(names.environment(inputs), inputs["airflow_service_base_url"])


def environment(inputs: Mapping[str, Any], known: Existing, component: Component) -> dict[str, str]:
    """All the variables of a component that are no secrets: ours, then the user's, which win, and at last those of a
    pool.
    """
    ours = {**_airflow(inputs, known), **_farflow(inputs, known)}
    own = _schedule(inputs) if component in _SCHEDULE else {}
    if component.pool or component in (SCHEDULER, COMMAND):
        own |= broker.settings_of_queues(inputs, known, pools.pools(inputs))
    ours.update({variable(*key): value for key, value in own.items()})
    if component.pool:
        ours.update(_worker(inputs, component))
    if component is SCHEDULER and (scaled := pools.scaled_by_work(inputs)):
        ours["FARFLOW_WORKER_POOLS"] = json.dumps({pool.name: _published(inputs, pool) for pool in scaled})
    if component is COMMAND:
        ours["FARFLOW_ADMIN_USERNAME"] = inputs["airflow_service_admin_username"]
    theirs = given(inputs["airflow_service_config"], inputs["airflow_service_environment"])
    of_pool = pools.pool(inputs, component.pool).environment if component.pool else {}
    return {**ours, **theirs, **of_pool}


def _worker(inputs: Inputs, component: Component) -> dict[str, str]:
    pool = pools.pool(inputs, component.pool)
    return {
        variable("celery", "worker_concurrency"): str(pool.concurrency),
        "FARFLOW_WORKER_SERVICE": names.service(inputs, component.name),
        "FARFLOW_WORKER_DRAIN_HOURS": str(inputs["worker_drain_hours"]),
        "FARFLOW_WORKER_STOP_SECONDS": str(component.stop_timeout),
    }


def _published(inputs: Inputs, pool: pools.Pool) -> dict[str, Any]:
    """What the scheduler's container counts by how many workers of a pool are wanted."""
    return {"queues": broker.queues_of(inputs, pool), "concurrency": pool.concurrency}


def given(config: Mapping[str, Mapping[str, Any]], more: Mapping[str, Any]) -> dict[str, str]:
    """The variables that a user gives: a configuration's, and others by their names."""
    settings = {variable(section, key): value for section, keys in config.items() for key, value in keys.items()}
    return {name: _text(value) for name, value in {**settings, **more}.items()}


def secrets(inputs: Mapping[str, Any], known: Existing, component: Component) -> dict[str, str]:
    """All the variables of a component that come from Secrets Manager: name -> ARN."""
    wanted = {**SHARED_SECRETS, **(COMMAND_SECRETS if component is COMMAND else {})}
    if component is ECS_TASK:
        wanted = {name: SHARED_SECRETS[name] for name in ECS_TASK_SECRETS}
    ours = {name: known.id("secret", names.secret(inputs, secret)) for name, secret in wanted.items()}
    return {**ours, **inputs["airflow_service_secrets"]}


def _airflow(inputs: Mapping[str, Any], known: Existing) -> dict[str, str]:
    bucket = names.log_bucket(inputs, account(known, inputs["farflow_region"]).id)
    prefixes = {
        "connections_prefix": names.secret(inputs, CONNECTIONS),
        "variables_prefix": names.secret(inputs, VARIABLES),
        "config_prefix": None,
    }
    settings = {
        ("core", "execution_api_server_url"): execution_api_url(inputs),
        ("api", "base_url"): base_url(inputs, known),
        ("api", "instance_name"): names.environment(inputs),
        **broker.settings(inputs),
        **ecs_executor.settings(inputs, known),
        ("celery", "operation_timeout"): str(OPERATION_TIMEOUT),
        ("logging", "remote_logging"): "True",
        ("logging", "remote_base_log_folder"): f"s3://{bucket}/logs",
        ("logging", "remote_log_conn_id"): "aws_default",
        ("secrets", "backend"): "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
        ("secrets", "backend_kwargs"): json.dumps(prefixes),
    }
    if bundles := dags.bundles(inputs, known):
        settings["dag_processor", "dag_bundle_config_list"] = json.dumps(bundles)
    if dags.are_versions(inputs):
        settings["dag_processor", "bundle_refresh_check_interval"] = str(dags.CHECK_INTERVAL)
        # Airflow stores the version of a DAG at each parse, the DAG itself once in so many seconds: a run would begin
        # with the one and not the other. Without a difference nothing is written.
        settings["core", "min_serialized_dag_update_interval"] = "0"
    connection = {"AIRFLOW_CONN_AWS_DEFAULT": f"aws://?region_name={inputs['farflow_region']}"}
    return {**{variable(*key): value for key, value in settings.items()}, **connection}


def _schedule(inputs: Inputs) -> dict[tuple[str, str], str]:
    """As many tasks are sent as workers and ECS tasks can run at once, and one that waits is not given up: Airflow
    sends it again each time the token in its message has expired.
    """
    places = pools.places(inputs) + executors.ecs_tasks(inputs)
    sent_again = math.ceil(inputs["worker_drain_hours"] * 3600 / _queued_timeout(inputs))
    return {
        ("core", "parallelism"): str(max(_PARALLELISM, places)),
        ("core", "max_active_tasks_per_dag"): str(max(_ACTIVE_TASKS, places)),
        ("scheduler", "task_queued_timeout"): str(_QUEUED_TIMEOUT),
        ("scheduler", "num_stuck_in_queued_retries"): str(sent_again),
        ("scheduler", "orphaned_tasks_check_interval"): str(_ORPHANED_TASKS_CHECK),
    }


def _queued_timeout(inputs: Inputs) -> float:
    """The user's, if there is one; seconds."""
    theirs = given(inputs["airflow_service_config"], inputs["airflow_service_environment"])
    try:
        return max(float(theirs[variable("scheduler", "task_queued_timeout")]), 1)
    except (KeyError, ValueError):
        return _QUEUED_TIMEOUT


def _farflow(inputs: Mapping[str, Any], known: Existing) -> dict[str, str]:
    """What the image reads: its entry point, and the DAG author's helper in airflow/plugins/farflow."""
    group = security_groups.group_name(inputs, "tasks")
    bucket = names.log_bucket(inputs, account(known, inputs["farflow_region"]).id)
    return {
        image_contract.VARIABLE: str(image_contract.NEEDED),
        "FARFLOW_ENVIRONMENT": names.environment(inputs),
        "FARFLOW_CLUSTER": names.cluster(inputs),
        "FARFLOW_SUBNET_IDS": network.private_subnets(inputs, known),
        "FARFLOW_SECURITY_GROUP_IDS": known.id(security_groups.GROUP, group),
        "FARFLOW_TASKS_LOG_GROUP": naming.task_log_group(names.environment(inputs)),
        "FARFLOW_RESULTS": f"s3://{bucket}/{RESULTS}",
        "AWS_REGION": inputs["farflow_region"],
        "AWS_DEFAULT_REGION": inputs["farflow_region"],
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)
