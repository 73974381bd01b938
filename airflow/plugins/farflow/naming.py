# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every name of an environment: the contract between the deploy, which makes the resources, and a DAG, which uses them.

The same file lies in the collection (plugins/module_utils/naming.py) and in the Airflow image
(plugins/farflow/naming.py), byte for byte. Standard library only, no input but the arguments.
"""

from __future__ import annotations

import hashlib
import re

ENVIRONMENT = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
TASK = re.compile(r"[A-Za-z0-9_-]+")

HASH_LENGTH = 8
ECS_FAMILY_LIMIT = 255  # "Up to 255 letters, numbers, underscores, and hyphens": RegisterTaskDefinition
IAM_ROLE_LIMIT = 64  # CreateRole

#: Docker label of a DAG task's container that has the `capacity` of its task.yml: a part of the task definition, which
#: tells FargateTask of it, and of which a change is a new revision.
CAPACITY_LABEL = "farflow.capacity"
CAPACITIES = ("on_demand", "spot", "spot_then_on_demand")


def validate_environment(name: str) -> str:
    """Return `name`, or raise ValueError when it can't be the name of an environment."""
    if not ENVIRONMENT.fullmatch(name) or "--" in name:
        raise ValueError(
            f"environment {name!r}: 2 to 32 lower-case letters, digits and single hyphens, "
            "beginning with a letter and not ending with a hyphen"
        )
    return name


def validate_task(name: str) -> str:
    """Return `name`, or raise ValueError when it can't be the name of a DAG task's folder."""
    if not TASK.fullmatch(name):
        raise ValueError(f"task {name!r}: letters, digits, underscores and hyphens, at least one")
    return name


def resource(environment: str, *parts: str, limit: int) -> str:
    """Return `<environment>-<part>-<part>...` in at most `limit` characters.

    What is longer is cut and ends with a hyphen and the beginning of the whole name's SHA-256.
    """
    name = "-".join([validate_environment(environment), *parts])
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:HASH_LENGTH]
    kept = limit - HASH_LENGTH - 1
    if kept < 1:
        raise ValueError(f"a name of at most {limit} characters has no room for a hash of {HASH_LENGTH}")
    return f"{name[:kept].rstrip('-')}-{digest}"


def task_family(environment: str, task: str) -> str:
    """Return the name of a DAG task's ECS family, which is its container's name too.

    `<environment>-airflow-...` are Airflow's own families, which no DAG may run; so a folder `airflow-report` becomes
    `<environment>--airflow-report`, which is no other folder's, as none begins with a hyphen.
    """
    parts = ["", task] if validate_task(task).startswith("airflow-") else [task]
    return resource(environment, *parts, limit=ECS_FAMILY_LIMIT)


def task_role(environment: str, task: str) -> str:
    """Return the name of the IAM role of a DAG task that asks for rights of its own."""
    return resource(environment, "task", validate_task(task), limit=IAM_ROLE_LIMIT)


def task_log_stream_prefix(task: str) -> str:
    """Return the awslogs stream prefix of a DAG task: its streams are `<prefix>/<container>/<ECS task id>`."""
    return validate_task(task)


def task_log_group(environment: str) -> str:
    """Return the CloudWatch log group that the DAG tasks of an environment share."""
    return f"/farflow/{validate_environment(environment)}/tasks"


def airflow_log_group(environment: str) -> str:
    """Return the CloudWatch log group of Airflow's own components."""
    return f"/farflow/{validate_environment(environment)}/airflow"
