# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fargate tasks for which no Airflow task waits any more: found by their tags, and stopped.

Whoever ends an Airflow task ends its container. What slips through all the same, as when a task is ended before a
triggerer has begun to wait for it, is found here. A container whose Airflow task nobody can tell the state of is left
alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from farflow.fargate_task_end import ENDED_BY_AIRFLOW
from farflow.fargate_task_owner import DETACHED, LEFT_ON_FAILURE, Owner, owner_of, running, tags_of

log = structlog.get_logger(__name__)

#: A younger one may belong to an Airflow task whose state is just being written.
YOUNGEST = timedelta(minutes=2)
#: An Airflow task that has ended since may be stopping its container itself.
ENDED_SINCE = timedelta(minutes=1)
#: A DAG whose file is gone for so long does not come back by itself: no deploy and no failed parse takes longer.
FILE_GONE_SINCE = timedelta(minutes=30)

_FINISHED = ("success", "failed", "skipped", "upstream_failed", "removed")


@dataclass(frozen=True)
class Orphan:
    """A Fargate task, whose it was, and why nobody waits for it."""

    arn: str
    owner: Owner
    why: str

    def __str__(self) -> str:
        return f"{self.arn.rpartition('/')[2]} {self.owner}: {self.why}"


@dataclass(frozen=True)
class State:
    """What Airflow's database says of an Airflow task. ``waits_for`` is the ARN that its trigger watches, if any."""

    state: str | None
    ended: datetime | None = None
    waits_for: str | None = None
    file_gone: datetime | None = None


def why_orphaned(arn: str, state: State | None, now: datetime, left_on_failure: bool = False) -> str | None:
    """Why nobody waits for a Fargate task, by what Airflow says of its owner; None where somebody does, or may."""
    if state is None:
        return "Airflow does not know this task any more"
    if state.file_gone is not None and now - state.file_gone >= FILE_GONE_SINCE:
        return f"the file of its DAG is gone since {state.file_gone:%Y-%m-%d %H:%M} UTC"
    if state.state is None:
        # One that was started has a state, until a user clears it; what follows is its next try.
        return "its task was cleared"
    if state.state == "failed" and left_on_failure:
        return None
    if state.state in _FINISHED:
        ended = state.ended
        return f"its task is {state.state}" if ended is None or now - ended >= ENDED_SINCE else None
    if state.state == "deferred" and state.waits_for is not None and state.waits_for != arn:
        return f"its task waits for {state.waits_for.rpartition('/')[2]}"
    return None


def find(ecs: Any, cluster: str, environment: str, states: Any) -> list[Orphan]:
    """The orphans of a cluster. ``states`` gives for owners what Airflow says: ``{Owner: State}``, without those that
    it does not know. Raises what keeps it from being sure.
    """
    now = datetime.now(tz=UTC)
    owned, left_on_failure = {}, set()
    for task in running(ecs, cluster):
        owner, tags = owner_of(task, environment), tags_of(task)
        if owner and DETACHED not in tags and task.get("createdAt") and now - task["createdAt"] >= YOUNGEST:
            owned[task["taskArn"]] = owner
            if LEFT_ON_FAILURE in tags:
                left_on_failure.add(task["taskArn"])
    known = states(set(owned.values())) if owned else {}
    reasons = {arn: why_orphaned(arn, known.get(owner), now, arn in left_on_failure) for arn, owner in owned.items()}
    return [Orphan(arn, owned[arn], why) for arn, why in reasons.items() if why]


def stop(ecs: Any, cluster: str, orphans: Iterable[Orphan]) -> list[Orphan]:
    """Stops them; returns those that could not be stopped."""
    left = []
    for orphan in orphans:
        try:
            ecs.stop_task(cluster=cluster, task=orphan.arn, reason=f"{ENDED_BY_AIRFLOW}{orphan.why}"[:255])
        except Exception as error:
            log.warning("An orphaned Fargate task can't be stopped", task=str(orphan), error=str(error))
            left.append(orphan)
    return left


def states_in_database(owners: Iterable[Owner]) -> dict[Owner, State]:
    """What Airflow's database says of them."""
    from airflow.models.dag import DagModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select, tuple_

    wanted = {(each.dag_id, each.task_id, each.run_id, each.map_index): each for each in owners}
    keys = (TaskInstance.dag_id, TaskInstance.task_id, TaskInstance.run_id, TaskInstance.map_index)
    with create_session() as session:
        instances = session.scalars(select(TaskInstance).where(tuple_(*keys).in_(list(wanted)))).all()
        dags = session.scalars(select(DagModel).where(DagModel.dag_id.in_({key[0] for key in wanted}))).all()
        gone = {dag.dag_id: dag.last_parsed_time for dag in dags if dag.is_stale}
        return {
            wanted[each.dag_id, each.task_id, each.run_id, each.map_index]: State(
                state=None if each.state is None else str(getattr(each.state, "value", each.state)),
                ended=each.end_date,
                waits_for=_watched(each),
                file_gone=gone.get(each.dag_id),
            )
            for each in instances
        }


def _watched(instance: Any) -> str | None:
    """The ARN that the trigger of a deferred task watches; None where that can't be told."""
    try:
        return str(instance.trigger.kwargs["task_arn"]) if instance.trigger else None
    except Exception:
        return None


def connected() -> tuple[Any, str, str]:
    """A client of ECS, the cluster, and the environment, as the deploy tells them."""
    import boto3

    return boto3.client("ecs"), os.environ["FARFLOW_CLUSTER"], os.environ["FARFLOW_ENVIRONMENT"]


def main(arguments: list[str]) -> int:
    """``orphans [--stop]``: lists them, or stops them. Returns 1 where one can't be stopped."""
    if [each for each in arguments if each != "--stop"]:
        print("orphans: only --stop is known")
        return 64
    ecs, cluster, environment = connected()
    found = find(ecs, cluster, environment, states_in_database)
    left = stop(ecs, cluster, found) if arguments else []
    for orphan in found:
        print(f"{'left' if orphan in left else 'stopped' if arguments else 'found'}: {orphan}")
    if not found:
        print("an Airflow task waits for every Fargate task")
    return 1 if left else 0
