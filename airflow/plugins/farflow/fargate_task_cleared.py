# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Triggers of tasks that were cleared while they were deferred, and that nothing schedules since.

Airflow cancels a trigger, and so has its container stopped, as soon as its task has another state than deferred. A task
that was cleared has no state at all until it is scheduled, and Airflow overlooks it till then: its SQL compares the
state, and nothing is unequal to NULL. Where its DAG is paused or not in the current version of the DAGs any more, or
where tasks before it have to run first, that takes as long as it takes, and the container would run on.
"""

from __future__ import annotations

_CLASSPATH = "farflow.fargate_task_trigger.FargateTaskTrigger"


def release() -> int:
    """Takes the triggers from such tasks, as Airflow does from all others; it cancels them then. Returns how many."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import Trigger
    from airflow.utils.session import create_session
    from sqlalchemy import select, update

    with create_session() as session:
        is_cleared = TaskInstance.state.is_(None)
        query = select(TaskInstance.id).join(Trigger, Trigger.id == TaskInstance.trigger_id)
        found = session.scalars(query.where(is_cleared, Trigger.classpath == _CLASSPATH)).all()
        if found:
            session.execute(
                update(TaskInstance)
                .where(TaskInstance.id.in_(found), is_cleared)
                .values(trigger_id=None)
                .execution_options(synchronize_session=False)
            )
    return len(found)
