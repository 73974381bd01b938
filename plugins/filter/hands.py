# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Filters that give modules the plan's words, and a person's, in theirs."""

from __future__ import annotations

from ..module_utils.environment.inputs import airflow_command, dag_task_command


def only(items, *keys, **more):
    """The items with these keys only, and with ``more`` added to each: what a module wants to know of a deletion."""
    return [{**{key: item[key] for key in keys}, **more} for item in items]


class FilterModule:
    """The filters by name."""

    def filters(self):
        return {
            "only": only,
            "airflow_command": airflow_command.task_command,
            "airflow_command_problems": airflow_command.problems,
            "dag_task_words": dag_task_command.words,
            "dag_task_problems": dag_task_command.problems,
        }
