# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bringing Airflow's database to what an image needs: one-off tasks, then a tag that remembers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..aws import rds_instances as api
from ..aws.calls import Clients
from ..pure.layers.schema import TAG
from .ecs_run_task import run_to_end

#: The command words of the image, see airflow/entrypoint.sh.
_COMMANDS = (["migrate"], ["create-admin"])


def migrate(
    clients: Clients,
    task: Mapping[str, Any],
    database_arn: str,
    migrated_by: str,
    limit: float,
    tell: Callable[[str], None] = lambda line: None,
) -> list[str]:
    """Runs the migration and makes the first user, each a task that is run to its end; what they printed.

    Raises FarflowError when one fails; then the tag is not written, and a rerun begins here.
    """
    lines = []
    for command in _COMMANDS:
        ended = run_to_end(clients, {**task, "command": command}, limit, tell=tell)
        lines += ended.log_lines
    api.set_tags(clients, database_arn, {TAG: migrated_by}, [])
    return lines
