# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# contract=3 (see entrypoint.sh)

"""For DAG authors: `from farflow import FargateTask`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from farflow.fargate_task import FargateTask

__all__ = ["FargateTask"]


def __getattr__(name: str) -> Any:
    """Load FargateTask, and the provider below it, when it is first asked for: every process of Airflow loads the DAG
    bundle of this package, and most of them run no task.
    """
    if name != "FargateTask":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from farflow.fargate_task import FargateTask

    return FargateTask
