"""A project folder whose images cost nothing to build."""

from __future__ import annotations

import shutil
from pathlib import Path

from .playbooks import ROOT

_DOCKERFILE = "FROM scratch\nCOPY content /\n"


def copied(path: Path) -> dict[str, str]:
    """Copies the project's own folders tasks/ and airflow/ to a folder, to be changed there; the extra variables that
    deploy from it.
    """
    for folder in ("tasks", "airflow"):
        shutil.copytree(ROOT / folder, path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return {"dag_tasks_path": str(path / "tasks"), "airflow_service_path": str(path / "airflow")}


class Project:
    """A user's folders tasks/ and airflow/, with one DAG task and images of a few bytes."""

    def __init__(self, path: Path) -> None:
        self.tasks = path / "tasks"
        self.airflow = path / "airflow"
        self.add_task("hello")
        self._image(self.airflow, "airflow")
        shutil.copy(ROOT / "airflow" / "entrypoint.sh", self.airflow)
        self.dags = self.airflow / "dags"
        self.dags.mkdir()
        (self.dags / "example.py").write_text("A = 1\n")

    @property
    def variables(self) -> dict[str, str]:
        """The extra variables that deploy from it. Its image holds no Airflow that could check DAGs."""
        paths = {"dag_tasks_path": str(self.tasks), "airflow_service_path": str(self.airflow)}
        return {**paths, "dags_check": "false"}

    def add_task(self, name: str) -> Path:
        return self._image(self.tasks / name, name)

    def _image(self, folder: Path, content: str) -> Path:
        folder.mkdir(parents=True)
        (folder / "Dockerfile").write_text(_DOCKERFILE)
        (folder / "content").write_text(content)
        return folder
