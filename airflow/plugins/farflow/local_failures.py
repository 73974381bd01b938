# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a test of DAGs says of Airflow tasks that have failed in it: once for each, which one it was, and why."""

from __future__ import annotations

import traceback
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from airflow.listeners import hookimpl


class ContainerError(RuntimeError):
    """Why a FargateTask has failed on this machine, as a sentence. ``container`` is the name of its DAG task where the
    last lines of its log are behind the sentence.
    """

    def __init__(self, said: str, container: str = "") -> None:
        super().__init__(said)
        self.container = container


class Failure(NamedTuple):
    """What there is to say of an Airflow task that has failed; ``container`` is that of its error."""

    text: str
    container: str


class Failures:
    """A listener of Airflow. ``folders`` are those whose files are of the author's own making."""

    def __init__(self, folders: Collection[Path]) -> None:
        self._folders = [folder.resolve() for folder in folders]
        self._told: list[Failure] = []

    def taken(self) -> list[Failure]:
        """What there is to say of the tasks that have failed since the last time."""
        told, self._told = self._told, []
        return told

    @hookimpl
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
        mapped = task_instance.map_index
        which = f"[{mapped}]" if mapped is not None and mapped >= 0 else ""
        again = f", try {task_instance.try_number}" if (task_instance.try_number or 1) > 1 else ""
        task = f"DAG {task_instance.dag_id}, task {task_instance.task_id}{which}{again}"
        self._told.append(Failure(f"{task}: {self._why(error)}", getattr(error, "container", "")))

    def _why(self, error: Any) -> str:
        if not isinstance(error, BaseException):
            return str(error or "Airflow gave no reason")
        if isinstance(error, ContainerError):
            return str(error)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if self._is_own(frame.filename)]
        places = [f"  {self._seen(frame.filename)}:{frame.lineno} in {frame.name}: {frame.line}" for frame in frames]
        return "\n".join([traceback.format_exception_only(error)[-1].strip(), *places])

    def _is_own(self, file: str) -> bool:
        return any(Path(file).is_relative_to(folder) for folder in self._folders)

    def _seen(self, file: str) -> str:
        """As it is seen from the project's folder ``airflow``."""
        folder = next(each for each in self._folders if Path(file).is_relative_to(each))
        return Path(file).relative_to(folder.parent).as_posix()


def of_import(folder: Path, file: str, error: str) -> str:
    """``dags/report.py:3: NameError: ...`` of what Airflow tells of a file that it can't import."""
    path = folder / file  # which is the file, where that is told in full
    seen = path.relative_to(folder.parent).as_posix() if path.is_relative_to(folder) else file
    lines = [line.strip() for line in error.strip().splitlines()]
    own = [line for line in lines if line.startswith(f'File "{path}", line ')]
    places = [line.partition(", line ")[2].partition(",")[0] for line in own]
    return f"{':'.join([seen, *places[-1:]])}: {lines[-1] if lines else 'it can not be imported'}"
