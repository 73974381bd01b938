# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bringing Airflow's database to what an image needs: one-off tasks, then a tag that remembers it.

The database as an older Airflow left it is kept as a snapshot before it is upgraded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.errors import FarflowError
from ..engine.waiting import now
from ..kinds.rds import snapshot as rds_snapshots
from ..kinds.rds.instance import calls as rds_calls
from ..kinds.rds.snapshot import documents as snapshot_documents
from ..runs.run_task import Ended, TooLong, run_to_end
from .schema import TAG

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
    snapshot from before an upgrade. ``tags`` are the snapshot's.

    Raises FarflowError when one fails; then the tag is not written, and a rerun begins here.
    """
    done, snapshot = _run(clients, task, ["migrate", "--no-upgrade"], limit, _OLDER_SCHEMA), None
    if done.exit_code == _OLDER_SCHEMA:
        snapshots = _snapshots(clients, database_arn, migrated_by, tags)
        done, snapshot = _upgrade(clients, task, snapshots, limit), snapshots[-1].name
    made = _run(clients, task, ["create-admin"], limit)
    rds_calls.set_tags(clients, database_arn, {TAG: migrated_by}, [])
    return [*done.log_lines, *made.log_lines], snapshot


def _run(clients: Clients, task: Mapping[str, Any], command: list[str], limit: float, *exit_codes: int) -> Ended:
    # By its tags it is Airflow's own, which code of DAG files may not stop.
    tagged = {**task, "command": command, "propagate_tags": "TASK_DEFINITION"}
    try:
        return run_to_end(clients, tagged, limit, exit_codes=(0, *exit_codes))
    except TooLong as error:
        raise FarflowError(f"{error}\nif it needs longer, raise airflow_service_migration_wait_minutes") from error


def _snapshots(clients: Clients, database_arn: str, migrated_by: str, tags: Mapping[str, str]) -> list[Resource]:
    """Of all attempts with this image. A rerun within the hour takes no second one, of a schema half upgraded."""
    database, digest = database_arn.rpartition(":")[2], migrated_by.partition(" ")[0]
    return rds_snapshots.before_upgrade(clients, database, digest, tags, _SNAPSHOT_LIMIT, now())


def _upgrade(clients: Clients, task: Mapping[str, Any], snapshots: list[Resource], limit: float) -> Ended:
    try:
        return _run(clients, task, ["migrate"], limit)
    except FarflowError as error:
        advice = "the services still run what they ran; mend the cause and deploy again, or go back to a snapshot"
        raise FarflowError(
            f"the upgrade of the database failed, whose {_told(snapshots[-1])}: {error}\n{_first(snapshots)}{advice}"
        ) from error


def _first(snapshots: list[Resource]) -> str:
    """What was tried before may have upgraded a part of it, and be in a later snapshot."""
    return f"{_told(snapshots[0], ' before the first attempt with this image,')}\n" if len(snapshots) > 1 else ""


def _told(snapshot: Resource, when: str = "") -> str:
    taken = snapshot_documents.taken(snapshot, now())
    return f"snapshot {snapshot.name} is as it was{when} at {taken:%Y-%m-%d %H:%M:%S} UTC"
