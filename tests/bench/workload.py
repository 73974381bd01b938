"""N DAG tasks, as folders for us and as a list for peers, and the two edits that the bench makes."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.embedded_aws.settings import ACCOUNT_ID, REGION
from tests.stack.playbooks import ROOT

ENVIRONMENT = "bench"
_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/{ENVIRONMENT}-task"
_REPOSITORY = f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/{ENVIRONMENT}-tasks"
_DOCKERFILE = "FROM scratch\nCOPY content /\n"


@dataclass
class Task:
    """One DAG task; ``edition`` counts the contents of its image."""

    name: str
    memory: int = 512
    edition: int = 0


@dataclass
class Workload:
    """The tasks, written below ``folder`` at once and after every edit. All start with an image of one content, so that
    they are built once, whoever deploys them: it is deployers that are compared, not a Docker engine.
    """

    size: int
    folder: Path
    tasks: list[Task] = field(init=False)

    def __post_init__(self) -> None:
        self.tasks = [Task(f"task{number:04}") for number in range(self.size)]
        shutil.copy(ROOT / "airflow" / "entrypoint.sh", _image_folder(self.airflow, "airflow"))
        (self.airflow / "dags").mkdir()
        (self.airflow / "dags" / "example.py").touch()
        for task in self.tasks:
            self._write(task)
        self._write_list()

    @property
    def airflow(self) -> Path:
        """The folder that Airflow's image is built from."""
        return self.folder / "airflow"

    @property
    def tasks_folder(self) -> Path:
        """The folder of the DAG tasks."""
        return self.folder / "tasks"

    @property
    def definitions_file(self) -> Path:
        """The same tasks as task definitions: JSON, ``{"task_definitions": [...]}``, for peers."""
        return self.folder / "task_definitions.json"

    def change_memory(self) -> None:
        """Another memory for one task, of those that Fargate has for its CPU."""
        self.tasks[-1].memory = self.tasks[-1].memory % 2048 + 512
        self._edit()

    def change_image(self) -> None:
        """Another content for the image of one task."""
        self.tasks[-1].edition += 1
        self._edit()

    def _edit(self) -> None:
        self._write(self.tasks[-1])
        self._write_list()

    def _write(self, task: Task) -> None:
        folder = _image_folder(self.tasks_folder / task.name, f"edition {task.edition}")
        (folder / "task.yml").write_text(f"cpu: 256\nmemory: {task.memory}\nenvironment:\n  LOG_LEVEL: info\n")

    def _write_list(self) -> None:
        document = {"task_definitions": [_definition(task) for task in self.tasks]}
        self.definitions_file.write_text(json.dumps(document, indent=1))


def family(task: Task) -> str:
    """The family, whoever registers it."""
    return f"{ENVIRONMENT}-{task.name}"


def _image_folder(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(_DOCKERFILE)
    (folder / "content").write_text(content)
    return folder


def _definition(task: Task) -> dict[str, Any]:
    return {
        "family": family(task),
        "cpu": "256",
        "memory": str(task.memory),
        "role": _ROLE,
        "image": f"{_REPOSITORY}@sha256:{task.edition:064x}",
        "environment": {"LOG_LEVEL": "info"},
        "log_group": f"/farflow/{ENVIRONMENT}/tasks",
        "log_stream_prefix": task.name,
        "region": REGION,
    }
