# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Filters that give modules what a person says, in their words, and a person what was recorded."""

from __future__ import annotations

from ..module_utils.environment.inputs import airflow_command, dag_task_command
from ..module_utils.observations.report import report


class FilterModule:
    """The filters by name."""

    def filters(self):
        return {
            "airflow_command": airflow_command.task_command,
            "airflow_command_problems": airflow_command.problems,
            "dag_task_words": dag_task_command.words,
            "dag_task_problems": dag_task_command.problems,
            "observations_report": report,
        }
