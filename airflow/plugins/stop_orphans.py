# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# contract=2 (see entrypoint.sh)

"""In every triggerer of a deployment: Fargate tasks for which no Airflow task waits any more are stopped, and how they
have ended is noted.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

_BEGUN: list[Any] = []


@hookimpl
def on_starting(component: Any) -> None:
    # The job does not know yet what it is; the command does. The thread is there before Airflow forks what runs the
    # triggers: it sleeps then, and holds nothing.
    if sys.argv[1:2] == ["triggerer"] and os.environ.get("FARFLOW_CLUSTER") and not _BEGUN:
        from farflow.fargate_task_sweep import Sweep

        _BEGUN.append(Sweep())
        _BEGUN[0].begin()


class StopOrphans(AirflowPlugin):
    name = "stop_orphans"
    listeners = [sys.modules[__name__]]
