# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What every triggerer of a deployment sees to beside its triggers: that no container outlives its Airflow task, and
that the page "Fargate" knows how each one has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import structlog

from farflow.fargate_task_cleared import release
from farflow.fargate_task_ends import Ends
from farflow.fargate_task_orphans import Orphan, connected, find, states_in_database, stop

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 60.0
RELEASE_SECONDS = 10.0


class Sweep:
    """Releases the triggers of cleared tasks every ten seconds. Looks for orphans every minute, and stops what it has
    seen twice in a row; notes then how Fargate tasks have ended that no Airflow task has seen the end of.
    """

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._ends = Ends()
        self._ended = threading.Event()

    def begin(self) -> None:
        """In a thread of its own, which keeps nobody from ending."""
        threading.Thread(target=self._run, daemon=True, name="stops orphaned Fargate tasks").start()

    def _run(self) -> None:
        turns = 0
        # Airflow forks what runs the triggers in its first seconds: this holds nothing then.
        pause = SWEEP_SECONDS
        while not self._ended.wait(pause):
            pause = RELEASE_SECONDS
            _attempt("Triggers of cleared tasks can't be released now", release)
            turns = (turns + 1) % round(SWEEP_SECONDS / RELEASE_SECONDS)
            if turns:
                continue
            if not _attempt("Fargate tasks that nobody waits for can't be looked for now", self._look):
                self._seen.clear()
            _attempt("The ends of Fargate tasks can't be noted now", self._note_ends)

    def _look(self) -> None:
        self.once(*connected())

    def _note_ends(self) -> None:
        self._ends.once(*connected())

    def once(self, ecs: Any, cluster: str, environment: str, states: Any = states_in_database) -> list[Orphan]:
        """One look. Returns what it has stopped."""
        orphans = find(ecs, cluster, environment, states)
        again = [orphan for orphan in orphans if orphan.arn in self._seen]
        self._seen = {orphan.arn for orphan in orphans}
        left = stop(ecs, cluster, again)
        stopped = [orphan for orphan in again if orphan not in left]
        for orphan in stopped:
            log.warning("A Fargate task that no Airflow task waits for was stopped", task=str(orphan))
        return stopped


def _attempt(what: str, do: Callable[[], object]) -> bool:
    """Whether it went well. What did not is told, and tried again with the next turn."""
    try:
        do()
    except Exception as error:
        log.warning(what, error=str(error))
        return False
    return True
