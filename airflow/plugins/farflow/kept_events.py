# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Events of an executor for Airflow's audit log, kept until they are written."""

from __future__ import annotations

from collections import deque
from typing import Any


class KeptEvents:
    """To be mixed into an executor, before its own class. The scheduler takes the events out of the executor one by
    one, for SQLAlchemy, which refers to them weakly: without this each would be gone before it is written, and the
    scheduler could write none.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._kept_events: deque[Any] = deque(maxlen=1000)

    def log_task_event(self, **event: Any) -> None:
        super().log_task_event(**event)
        self._kept_events.extend(self._task_event_logs)
