"""The environment that has everything of which there are drifts."""

from __future__ import annotations

from typing import Any

from tests.stack.project import Project

from .iam import BOUNDARY

_VARIABLES = {
    "farflow_tags": {"team": "data"},
    "rds_deletion_protection": True,
    "worker_pool_scaling": "cpu",
    "worker_pools": {"heavy": {"queues": ["large"], "max": 3}},
    "airflow_service_executors": ["celery", "ecs"],
    "farflow_permissions_boundary_arn": BOUNDARY,
}
_TASK = """\
shared_volume: true
environment: {LOG_LEVEL: info}
policy:
  - {Effect: Allow, Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::example-bucket/*"]}
"""


def variables(project: Project) -> dict[str, Any]:
    """The extra variables of a deploy, whose DAG tasks are put into the project."""
    project.add_task("other")
    (project.tasks / "hello" / "task.yml").write_text(_TASK)
    return {**project.variables, **_VARIABLES}
