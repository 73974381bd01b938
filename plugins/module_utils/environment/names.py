# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names of what a deploy makes, beyond those that DAGs rely on (../../naming.py), each in one place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .. import naming

Inputs = Mapping[str, Any]


def environment(inputs: Inputs) -> str:
    return str(inputs["farflow_environment"])


def cluster(inputs: Inputs) -> str:
    return environment(inputs)


def namespace(inputs: Inputs) -> str:
    """The private DNS namespace."""
    return f"{environment(inputs)}.farflow.internal"


def api_server(inputs: Inputs) -> str:
    """The private name of the api-server."""
    return f"api-server.{namespace(inputs)}"


def secret(inputs: Inputs, name: str) -> str:
    return f"farflow/{environment(inputs)}/{name}"


def database(inputs: Inputs) -> str:
    return naming.resource(environment(inputs), "database", limit=63)


def major_version(inputs: Inputs) -> str:
    """The major version of PostgreSQL that is wanted."""
    return str(inputs["rds_engine_version"]).partition(".")[0]


def parameter_group(inputs: Inputs) -> str:
    """The parameter group of the database: each major version has one of its own."""
    return f"{database(inputs)}-postgres{major_version(inputs)}"


def is_parameter_group(inputs: Inputs, name: str) -> bool:
    """Whether it is that of the database, of whatever major version."""
    return bool(re.fullmatch(rf"{re.escape(database(inputs))}-postgres\d+", name))


def queue(inputs: Inputs, *pool: str) -> str:
    """The SQS queue of Celery's default pool of workers, or of another ``pool``."""
    return naming.resource(environment(inputs), "celery", *pool, limit=80)


def log_bucket(inputs: Inputs, account_id: str) -> str:
    """Bucket names are shared by all of AWS, so account and region are part of it."""
    return naming.resource(environment(inputs), "airflow-logs", account_id, str(inputs["farflow_region"]), limit=63)


def task_repository(inputs: Inputs) -> str:
    return naming.resource(environment(inputs), "tasks", limit=256)


def airflow_repository(inputs: Inputs) -> str:
    return naming.resource(environment(inputs), "airflow", limit=256)


def image_builder(inputs: Inputs) -> str:
    """The CodeBuild project that builds images, and its role."""
    return naming.resource(environment(inputs), "image-builder", limit=naming.IAM_ROLE_LIMIT)


def image_builder_log_group(inputs: Inputs) -> str:
    return f"/farflow/{environment(inputs)}/image-builder"


def context_bucket(inputs: Inputs, account_id: str) -> str:
    """The bucket through which build contexts go to CodeBuild."""
    return naming.resource(environment(inputs), "build-contexts", account_id, str(inputs["farflow_region"]), limit=63)


def component_family(inputs: Inputs, component: str) -> str:
    """The task definition of one of Airflow's components. No DAG task's family begins so."""
    return naming.resource(environment(inputs), "airflow", component, limit=naming.ECS_FAMILY_LIMIT)


def component_role(inputs: Inputs, component: str) -> str:
    return naming.resource(environment(inputs), "airflow", component, limit=naming.IAM_ROLE_LIMIT)


def service(inputs: Inputs, component: str) -> str:
    return naming.resource(environment(inputs), component, limit=255)


def alarm(inputs: Inputs, component: str) -> str:
    """The alarm on the number of workers of a pool that are wanted."""
    return naming.resource(environment(inputs), "wanted", component, limit=255)


def load_balancer(inputs: Inputs) -> str:
    return naming.resource(environment(inputs), "airflow", limit=32)


def target_group(inputs: Inputs) -> str:
    return naming.resource(environment(inputs), "api-server", limit=32)


def execution_role(inputs: Inputs, of: str) -> str:
    """The execution role of Airflow's components (``airflow``) or of the DAG tasks (``tasks``)."""
    return naming.resource(environment(inputs), of, "execution", limit=naming.IAM_ROLE_LIMIT)


def plain_task_role(inputs: Inputs) -> str:
    """The role without rights, of all DAG tasks that ask for none."""
    return naming.resource(environment(inputs), "task", limit=naming.IAM_ROLE_LIMIT)


def role_path(inputs: Inputs) -> str:
    """The IAM path of the environment's roles; its last part is the environment, by which roles are told apart."""
    return f"{inputs['farflow_iam_path']}{environment(inputs)}/"
