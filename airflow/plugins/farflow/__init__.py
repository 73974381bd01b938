# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""For DAG authors: `from farflow import FargateTask`."""

from __future__ import annotations

from farflow.fargate_task import FargateTask

__all__ = ["FargateTask"]
