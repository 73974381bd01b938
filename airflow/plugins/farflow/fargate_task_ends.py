# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How Fargate tasks have ended whose Airflow task has ended before them: with ``wait_for_completion=False``, or by a
user, or since the wait for it has failed. It is added to what FargateTask has noted of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from farflow import fargate_task_cost as cost
from farflow import fargate_task_end as end
from farflow import fargate_task_note as note
from farflow import naming
from farflow.fargate_task_owner import Owner, arns, described, owner_of

Ended = tuple[Owner, Mapping[str, Any]]

_KEYS = ("dag_id", "task_id", "run_id", "map_index")
#: Airflow tasks in these states are about to see the end themselves.
_UNDER_WAY = ("queued", "scheduled", "running", "deferred", "restarting")


class Ends:
    """Looks at each Fargate task that has stopped once: ECS shows it for an hour."""

    def __init__(self) -> None:
        self._done: set[str] = set()

    def once(self, ecs: Any, cluster: str, environment: str, note_all: Any = None) -> list[str]:
        """One look. ``note_all`` is `noted_in_database` by default. Returns the ARNs of those whose ends were noted."""
        stopped = arns(ecs, cluster, "STOPPED")
        self._done.intersection_update(stopped)
        ended: dict[str, Ended] = {}
        for task in described(ecs, cluster, [arn for arn in stopped if arn not in self._done]):
            owner = owner_of(task, environment)
            if owner is None:
                self._done.add(task["taskArn"])
            elif task["lastStatus"] == "STOPPED":
                ended[task["taskArn"]] = owner, task
        if not ended:
            return []
        noted, later = (note_all or noted_in_database)(ended, environment)
        self._done |= ended.keys() - set(later)
        return list(noted)


def noted_in_database(ended: Mapping[str, Ended], environment: str) -> tuple[list[str], list[str]]:
    """Notes the ends, by their ARNs, where that is still to be done. Returns the ARNs of those that it has noted, and
    of those whose Airflow task may be about to.
    """
    from airflow.utils.session import create_session

    with create_session() as session:
        return write(session, ended, environment)


def write(session: Any, ended: Mapping[str, Ended], environment: str) -> tuple[list[str], list[str]]:
    """The same in a session of the database."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from sqlalchemy import and_, select, tuple_, update

    keys = [getattr(TaskInstance, name) for name in _KEYS]
    same = [getattr(XComModel, name) == getattr(TaskInstance, name) for name in _KEYS]
    query = (
        select(*keys, TaskInstance.state, XComModel.value, XComModel.timestamp)
        .join(XComModel, and_(*same, XComModel.key == note.KEY))
        .where(tuple_(*keys).in_([_key(owner) for owner, _unused in ended.values()]))
    )
    rows = {tuple(row[: len(_KEYS)]): row for row in session.execute(query)}
    noted, later = [], []
    for arn, (owner, task) in ended.items():
        row = rows.get(_key(owner))
        before = _before(row)
        if before.get("arn") != arn or note.is_of_end(before):
            continue
        if row.state in _UNDER_WAY:
            later.append(arn)
            continue
        of_row = [getattr(XComModel, name) == value for name, value in zip(_KEYS, _key(owner), strict=True)]
        # A note that is written again in this moment has another time.
        is_same = and_(*of_row, XComModel.key == note.KEY, XComModel.timestamp == row.timestamp)
        after = {**before, **_outcome(task, environment, before)}
        session.execute(update(XComModel).where(is_same).values(value=after))
        noted.append(arn)
    return noted, later


def _before(row: Any) -> dict[str, Any]:
    """What FargateTask has noted; nothing where somebody else has written that XCom."""
    from airflow.models.xcom import XComModel

    try:
        return note.read(XComModel.deserialize_value(row)) if row is not None else {}
    except Exception:  # Airflow makes an object of the class that is named there, which can raise anything
        return {}


def _outcome(task: Mapping[str, Any], environment: str, before: Mapping[str, Any]) -> dict[str, Any]:
    kept = end.kept(task, _container(environment, str(before.get("task"))))
    return note.outcome(kept, cost.told(kept, task["taskArn"].split(":")[3]))


def _container(environment: str, name: str) -> str | None:
    try:
        return naming.task_family(environment, name)
    except ValueError:
        return None


def _key(owner: Owner) -> tuple[str, str, str, int]:
    return owner.dag_id, owner.task_id, owner.run_id, owner.map_index
