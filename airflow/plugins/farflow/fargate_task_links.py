# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The buttons on the page of an Airflow task: its Fargate task and its log in AWS's console."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from airflow.sdk import BaseOperatorLink

_CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


def console(arn: str) -> tuple[str, str]:
    """The address of AWS's console for what has that ARN, and the region."""
    _unused, partition, _service, region = arn.split(":")[:4]
    return f"https://{region}.{_CONSOLES.get(partition, 'console.aws.amazon.com')}", region


def task_url(arn: str) -> str:
    """``arn:aws:ecs:<region>:<account>:task/<cluster>/<id>`` in the console."""
    host, region = console(arn)
    cluster, task = arn.split("/")[-2:]
    return f"{host}/ecs/v2/clusters/{quote(cluster)}/tasks/{quote(task)}?region={region}"


def log_url(arn: str, group: str, stream: str, region: str | None = None) -> str:
    """A log stream of the task with that ARN. After the #, the console needs names URL-quoted twice, with $ for %."""
    host, of_task = console(arn)
    if region and region != of_task:
        host = host.replace(of_task, region, 1)
    path = f"log-group/{_quoted(group)}/log-events/{_quoted(stream)}"
    return f"{host}/cloudwatch/home?region={region or of_task}#logsV2:log-groups/{path}"


def _quoted(text: str) -> str:
    return quote(quote(text, safe=""), safe="").replace("%", "$")


class EcsTaskLink(BaseOperatorLink):
    """The Fargate task."""

    name = "ECS task"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        return task_url(operator.arn) if getattr(operator, "arn", None) else ""


class LogStreamLink(BaseOperatorLink):
    """The container's log stream."""

    name = "CloudWatch log"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        place = operator.log_place() if getattr(operator, "arn", None) else None
        return log_url(operator.arn, *place) if place else ""
