# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bringing Airflow's database to what an image needs: one-off tasks, then a tag that remembers it.

The database as an older Airflow left it is kept as a snapshot before it is upgraded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws import rds_instances as api
from ..aws.calls import Clients
from ..core.errors import FarflowError
from ..pure.layers.schema import TAG
from . import rds_snapshots
from .ecs_run_task import Ended, run_to_end

# The command words of the image, see airflow/entrypoint.sh; --no-upgrade ends so when there is an older schema.
_OLDER_SCHEMA = 4
_SNAPSHOT_LIMIT = 3600.0


def migrate(
    clients: Clients,
    task: Mapping[str, Any],
    database_arn: str,
    migrated_by: str,
    tags: Mapping[str, str],
    limit: float,
) -> tuple[list[str], str | None]:
    """Runs the migration and makes the first user, each a task that is run to its end: what they printed, and the
    snapshot that was taken. ``tags`` are the snapshot's.

    Raises FarflowError when one fails; then the tag is not written, and a rerun begins here.
    """
    done, snapshot = _run(clients, task, ["migrate", "--no-upgrade"], limit, _OLDER_SCHEMA), None
    if done.exit_code == _OLDER_SCHEMA:
        snapshot = _snapshot(clients, database_arn, migrated_by, tags)
        done = _upgrade(clients, task, snapshot, limit)
    made = _run(clients, task, ["create-admin"], limit)
    api.set_tags(clients, database_arn, {TAG: migrated_by}, [])
    return [*done.log_lines, *made.log_lines], snapshot


def _run(clients: Clients, task: Mapping[str, Any], command: list[str], limit: float, *exit_codes: int) -> Ended:
    # By its tags it is Airflow's own, which code of DAG files may not stop.
    tagged = {**task, "command": command, "propagate_tags": "TASK_DEFINITION"}
    return run_to_end(clients, tagged, limit, exit_codes=(0, *exit_codes))


def _snapshot(clients: Clients, database_arn: str, migrated_by: str, tags: Mapping[str, str]) -> str:
    """The snapshot's name; it tells what for, so that a rerun takes no second one, of a schema half upgraded."""
    database = database_arn.rpartition(":")[2]
    digest = migrated_by.partition(" ")[0].rpartition(":")[2]
    name = f"{database}-before-{digest[:12]}"
    rds_snapshots.create(clients, database, name, tags, _SNAPSHOT_LIMIT)
    return name


def _upgrade(clients: Clients, task: Mapping[str, Any], snapshot: str, limit: float) -> Ended:
    try:
        return _run(clients, task, ["migrate"], limit)
    except FarflowError as error:
        advice = "the services still run what they ran; mend the cause and deploy again, or go back to the snapshot"
        raise FarflowError(
            f"the upgrade of the database failed, whose snapshot {snapshot} is as it was before: {error}\n{advice}"
        ) from error
