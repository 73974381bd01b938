# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Airflow's database tells of the runs of DAG tasks, and of files that can't be imported."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.models.errors import ParseImportError
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from sqlalchemy import and_, select

from farflow import fargate_task_note as note

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from farflow.page_containers import Container
    from farflow.page_definitions import Definition

_RUNNING = ("running", "deferred")
_KEY = ("dag_id", "run_id", "task_id", "map_index")
_COLUMNS = (*_KEY, "try_number", "state", "start_date", "end_date")


@dataclass(frozen=True)
class Run:
    """The last try of a task instance that ran a Fargate task. ``told`` is what FargateTask has noted of it in an
    XCom; values that FargateTask cannot have noted are None.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int
    state: str
    started: datetime | None
    ended: datetime | None
    told: Any = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "told", note.read(self.told))

    @property
    def is_running(self) -> bool:
        return self.state in _RUNNING

    @property
    def path(self) -> str:
        """Its page in Airflow, below the base URL."""
        return path(self)

    @property
    def has_failed(self) -> bool:
        """Whether the container has, whatever Airflow says of a task that did not wait for it."""
        return self.state == "failed" or (self.state == "success" and self.told.get("exit_code") not in (None, 0))


@dataclass(frozen=True)
class Running:
    """What runs: a container, and the run that has noted it, if there is one in what the page shows. Or a run that goes
    on, of which ECS shows no container: not yet, not any more, or because it does not answer.
    """

    container: Container | None
    run: Run | None

    @property
    def of(self) -> Any:
        """Whose it is: ``dag_id``, ``task_id``, ``run_id``, ``map_index``."""
        return self.container.owner if self.container else self.run

    @property
    def path(self) -> str:
        return path(self.of)


@dataclass(frozen=True)
class Broken:
    """A DAG file that can't be imported. ``why`` is the last line of the stack trace."""

    file: str
    bundle: str
    when: datetime | None
    why: str


def path(of: Any) -> str:
    """The page of an Airflow task in a run, below Airflow's base URL."""
    mapped = f"/mapped/{of.map_index}" if of.map_index >= 0 else ""
    return f"/dags/{quote(of.dag_id, '')}/runs/{quote(of.run_id, '')}/tasks/{quote(of.task_id, '')}{mapped}"


def what_runs(containers: Iterable[Container], found: Iterable[Run]) -> tuple[list[Running], list[Run]]:
    """What runs, and the runs that have ended."""
    by_arn = {run.told.get("arn"): run for run in found}
    containers = list(containers)
    arns = {container.arn for container in containers}
    going_on = [run for run in found if run.is_running and run.told.get("arn") not in arns]
    running = [*(Running(each, by_arn.get(each.arn)) for each in containers), *(Running(None, run) for run in going_on)]
    return running, [run for run in found if not run.is_running and run.told.get("arn") not in arns]


def runs(session: Session, dag_ids: Collection[str], most: int) -> list[Run]:
    """The last runs of DAG tasks in these DAGs, at most so many, by the time of FargateTask's note: the newest
    first.
    """
    if not dag_ids:
        return []
    columns = [getattr(TaskInstance, name) for name in _COLUMNS]
    same = [getattr(XComModel, name) == getattr(TaskInstance, name) for name in _KEY]
    query = (
        select(*columns, XComModel.value)
        .join(XComModel, and_(*same))
        .where(XComModel.key == note.KEY, XComModel.dag_id.in_(dag_ids))
        .order_by(XComModel.timestamp.desc())
        .limit(most)
    )
    return [_run(row) for row in session.execute(query)]


def _run(row: Any) -> Run:
    try:
        told = XComModel.deserialize_value(row)
    except Exception:  # Airflow makes an object of the class that is named there, which can raise anything
        told = None
    *key, try_number, state, started, ended = row[: len(_COLUMNS)]
    return Run(*key, try_number, str(state or "no status"), started, ended, told)


def with_last_runs(definitions: Iterable[Definition], found: Iterable[Run]) -> list[tuple[Definition, Run | None]]:
    """Each DAG task with its newest run, if there is one. The runs have to be in that order."""
    last: dict[str, Run] = {}
    for run in found:
        last.setdefault(str(run.told.get("task")), run)
    return [(definition, last.get(definition.task)) for definition in definitions]


def import_errors(session: Session, most: int) -> list[Broken]:
    """DAG files that can't be imported, the newest error first."""
    query = select(ParseImportError).order_by(ParseImportError.timestamp.desc()).limit(most)
    return [_broken(each) for each in session.scalars(query)]


def _broken(error: ParseImportError) -> Broken:
    lines = [line for line in (error.stacktrace or "").splitlines() if line.strip()]
    return Broken(error.filename or "", error.bundle_name or "", error.timestamp, lines[-1] if lines else "")
