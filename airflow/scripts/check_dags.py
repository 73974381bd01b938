# contract=3 (see entrypoint.sh)
"""Parses DAG files as the dag-processor does, each in a process of its own, and prints what it found, a line of JSON
each behind `dag-check: `. What is right and what is not is judged by who reads that.

    check-dags FOLDER             the files of a folder
    check-dags --version VERSION  those of a version in the environment's bucket
        [--seconds N]             the most that one file may take, 30 by default

`file`     {file, dags: {id: {line, tasks, versioned}}, problems: [{what, line, dag, text}], seconds}, and the names of
           DAG tasks (`fargate`), `executors`, `queues` and `pools` that its tasks have, each with the first of them
`pools`    the pools that the environment has, where its database is reached
`done`     how many files there were; without it, the check did not come to its end
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import importlib
import io
import json
import logging
import multiprocessing
import os
import re
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import IO, Any

MARK = "dag-check: "
LIMIT = 30  # seconds
_GRACE = 10
_LONGEST = 2000  # characters of a text
#: What nearly every DAG file loads.
_LOADED_ONCE = (
    "airflow.dag_processing.dagbag",
    "airflow.sdk",
    "airflow.serialization.serialized_objects",
    "farflow.fargate_task",
)

# Of what an environment gives and a laptop has not: it is told as such.
_NOT_HERE = re.compile(r"VARIABLE_NOT_FOUND|CONNECTION_NOT_FOUND|Variable \S+ (not found|does not exist)|isn't defined")

#: How this image's airflow_local_settings begin what is wrong with a task.
_OF_TASK = re.compile(r"AirflowClusterPolicyViolation: task '([^']+)'")
_RAISED = re.compile(r"^(airflow\.(sdk\.)?exceptions\.)?(AirflowClusterPolicyViolation: )?")


def main() -> int:
    parser = argparse.ArgumentParser(prog="check-dags", description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--version")
    parser.add_argument("--seconds", type=int, default=LIMIT)
    given = parser.parse_args()
    has_database = any(name.startswith("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN") for name in os.environ)
    _settings(given.seconds, has_database)
    folder = _unpacked(given.version) if given.version else given.folder
    if folder is None or not folder.is_dir():
        parser.error(f"{folder}: is no folder")
    os.chdir("/")
    files = _files(folder)
    for found in _parsed(folder, files, given.seconds):
        _print("file", found)
    if has_database:
        _print("pools", _pools())
    _print("done", len(files))
    return 0


def _settings(seconds: int, has_database: bool) -> None:
    """Before Airflow is loaded."""
    os.environ["AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH"] = "100"
    os.environ["AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT"] = str(seconds)
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    os.environ["FARFLOW_DAGS_WITHOUT_VERSION"] = "current"
    sys.dont_write_bytecode = True
    if has_database:
        os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"  # so that variables come from the database, too
    else:
        os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = "sqlite:////tmp/check-dags.db"
    warnings.filterwarnings("ignore")


def _unpacked(version: str) -> Path:
    from airflow.dag_processing.bundles.manager import DagBundlesManager

    from farflow import dag_versions

    bundle = DagBundlesManager().get_bundle(dag_versions.BUNDLE, version=version)
    bundle.initialize()
    path: Path = bundle.path
    return path


def _files(folder: Path) -> list[Path]:
    from airflow.configuration import conf
    from airflow.utils.file import list_py_file_paths

    safe = conf.getboolean("core", "dag_discovery_safe_mode")
    return sorted(Path(each) for each in list_py_file_paths(folder, safe_mode=safe))


def _pools() -> list[str]:
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    with create_session() as session:
        return sorted(pool.pool for pool in Pool.get_pools(session=session))


def _parsed(folder: Path, files: list[Path], seconds: int) -> Iterator[dict[str, Any]]:
    """What each file holds. Loads Airflow once, and lets the processes begin with it."""
    for name in _LOADED_ONCE:
        importlib.import_module(name)

    logging.disable(logging.CRITICAL)
    most = os.process_cpu_count() or 1
    left, running = list(files), {}
    forking = multiprocessing.get_context("fork")
    while left or running:
        while left and len(running) < most:
            path = left.pop(0)
            ours, theirs = forking.Pipe(duplex=False)
            crash = os.fdopen(os.memfd_create("crash"), "w+b")  # what Python says of a process that ends by a fault
            process = forking.Process(target=_parse, args=(folder, path, theirs, crash))
            process.start()
            theirs.close()
            running[ours] = path, process, time.monotonic(), crash
        # Airflow's own limit ends what runs Python; this one ends all else.
        late = seconds + _GRACE
        for ours in wait(list(running), timeout=0.2):
            path, process, started, crash = running.pop(ours)
            with crash:
                found = _received(ours, path, folder, process, crash)
            yield {**found, "seconds": round(time.monotonic() - started, 2)}
        for ours, (path, process, started, crash) in list(running.items()):
            if time.monotonic() - started > late:
                del running[ours]
                crash.close()
                process.kill()
                process.join()
                text = "its parse was stopped when it took too long"
                yield {**_nothing(path, folder, "slow", text), "seconds": float(late)}


def _received(ours: Connection, path: Path, folder: Path, process: Any, crash: IO[bytes]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(ours.recv_bytes())
    except EOFError:
        process.join()
        found = _nothing(path, folder, "import", f"the process that parsed it {_ended(process.exitcode)}")
        crash.seek(0)
        lines = _lines_of(path, crash.read().decode(errors="replace"))
        found["problems"][0]["line"] = lines[0] if lines else None
        return found
    process.join()
    return found


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


def _lines_of(path: Path, traceback_: str) -> list[int]:
    """The lines of a file that a traceback names, in its order."""
    return [int(line) for file, line in re.findall(r'File "([^"]+)", line (\d+)', traceback_) if file == str(path)]


def _nothing(path: Path, folder: Path, what: str, text: str) -> dict[str, Any]:
    problem = {"what": what, "line": None, "dag": None, "text": text}
    empty = {"dags": {}, "fargate": {}, "executors": {}, "queues": {}, "pools": {}}
    return {"file": path.relative_to(folder).as_posix(), "problems": [problem], **empty}


def _parse(folder: Path, path: Path, result: Connection, crash: IO[bytes]) -> None:
    """In a process of its own: what a DAG file prints, or does to its process, is nobody else's."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    faulthandler.enable(crash)
    _keep_faults_fatal()
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            found = _look(folder, path)
        except BaseException as error:
            found = _nothing(path, folder, "import", f"{type(error).__name__}: {error}"[:_LONGEST])
    result.send_bytes(json.dumps(found, default=str).encode())
    result.close()
    os._exit(0)


def _keep_faults_fatal() -> None:
    """Airflow answers a fault with a function in Python, which is never reached: the process would hang in it."""
    original = signal.signal

    def set_handler(number: int, handler: Any) -> Any:
        return None if number == signal.SIGSEGV else original(number, handler)

    signal.signal = set_handler


def _look(folder: Path, path: Path) -> dict[str, Any]:
    from airflow.dag_processing import dagbag
    from airflow.dag_processing.dagbag import BundleDagBag

    # Airflow refuses a file for the first executor that is not there; who reads the facts knows which there are.
    if hasattr(dagbag, "_validate_executor_fields"):
        dagbag._validate_executor_fields = lambda *_unused: None
    seen: list[Any] = []

    class Bag(BundleDagBag):
        def bag_dag(self, dag: Any) -> None:
            seen.append(dag)
            super().bag_dag(dag)

    bag = Bag(dag_folder=str(path), bundle_path=folder, bundle_name="dags-folder", load_op_links=False)
    source = _source(path)
    problems = [_problem_of_import(text, path, source) for text in bag.import_errors.values()]
    for problem in problems:  # as it is seen from the folder, wherever that lies here
        problem["text"] = _RAISED.sub("", problem["text"].replace(f"{folder}/", ""))
    by_id: dict[str, int] = {}
    for dag in seen:
        by_id[dag.dag_id] = by_id.get(dag.dag_id, 0) + 1
    problems += [
        _problem("twice", _line(source, dag_id), dag_id, f"{times} DAGs of this file have that id")
        for dag_id, times in by_id.items()
        if times > 1
    ]
    found: dict[str, Any] = {"fargate": {}, "executors": {}, "queues": {}, "pools": {}, "dags": {}}
    for dag in bag.dags.values():
        problems += _problems_of(dag, source)
        versioned = not getattr(dag, "disable_bundle_versioning", False)
        found["dags"][dag.dag_id] = {
            "line": _line(source, dag.dag_id),
            "tasks": len(dag.tasks),
            "versioned": versioned,
        }
        for task in dag.tasks:
            _uses(task, dag, source, found)
    return {"file": path.relative_to(folder).as_posix(), "problems": problems, **found}


def _source(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _problem(what: str, line: int | None, dag: str | None, text: str) -> dict[str, Any]:
    return {"what": what, "line": line, "dag": dag, "text": text[:_LONGEST]}


def _problem_of_import(text: str, path: Path, source: str) -> dict[str, Any]:
    """The last line of the file itself that a traceback names, and its last line, which says what is wrong."""
    lines = _lines_of(path, text)
    last = _exception(text)
    if "import timeout" in text:
        return _problem("slow", lines[-1] if lines else None, None, "its parse was stopped when it took too long")
    if "Cycle detected" in text or "AirflowDagCycleException" in text:
        dag = re.search(r"Cycle detected in dag: ([\w.-]+)", text, re.IGNORECASE)
        named = dag[1].rstrip(".") if dag else None
        return _problem("cycle", _line(source, named) if named else None, named, last)
    if task := _OF_TASK.search(last):
        return _problem("import", _line(source, task[1]), None, last)
    if not lines and (schedule := re.search(r"\[(.+)\] is not acceptable", last)):
        return _problem("import", _line(source, schedule[1]), None, last)
    what = "elsewhere" if _NOT_HERE.search(text) else "import"
    return _problem(what, lines[-1] if lines else None, None, last)


def _exception(text: str) -> str:
    """What a traceback ends with, in one line."""
    lines = text.strip().splitlines()
    frames = [index for index, line in enumerate(lines) if line.startswith("  File ")]
    after = [line.strip() for line in lines[frames[-1] + 1 if frames else 0 :] if line[:1].strip()]
    return " ".join(after[:4]) or "it can't be imported"


class NotStorableError(ValueError):
    """What a DAG holds that Airflow's database can't keep, as a sentence."""


def _problems_of(dag: Any, source: str) -> Iterator[dict[str, Any]]:
    from airflow.serialization.serialized_objects import DagSerialization

    from farflow.fargate_task_results import not_storable

    wrong = _wrong_times({"dagrun_timeout": dag.dagrun_timeout})
    yield from (_problem("argument", _line(source, dag.dag_id), dag.dag_id, text) for text in wrong)
    try:
        written = DagSerialization.to_dict(dag)
        if (found := not_storable(written)) is not None:
            raise NotStorableError(f"it holds {found}")
        json.dumps(written, allow_nan=False)
        DagSerialization.from_dict(written).timetable.validate()
    except Exception as error:
        if not wrong:
            text = f"it can't be stored in Airflow's database: {_reason(error)}"
            yield _problem("import", _line(source, dag.dag_id), dag.dag_id, text)
    for task in dag.tasks:
        for text in _wrong_when_mapped(task) if _is_fargate(task) else _wrong_times(_times_of(task)):
            yield _problem("argument", _line(source, task.task_id), dag.dag_id, f"task {task.task_id}: {text}")


def _reason(error: BaseException) -> str:
    if isinstance(error, NotStorableError):
        return str(error)
    cause = error.__cause__ or error
    return traceback.format_exception_only(cause)[-1].strip()


def _uses(task: Any, dag: Any, source: str, found: dict[str, Any]) -> None:
    from farflow import ecs_executor_config

    def note(kind: str, name: Any) -> None:
        if isinstance(name, str) and "{{" not in name:
            line = _line(source, name) or _line(source, task.task_id)
            found[kind].setdefault(name, {"dag": dag.dag_id, "task": task.task_id, "line": line})

    note("executors", task.executor)
    if task.executor not in ecs_executor_config.NAMES:  # it has no queue
        note("queues", task.queue)
    note("pools", task.pool)
    if _is_fargate(task):
        for given in (_arguments(task), *_mapped_over(task)):
            note("fargate", given.get("task"))


def _is_fargate(task: Any) -> bool:
    from farflow import FargateTask

    cls = getattr(task, "operator_class", None) or type(task)
    return isinstance(cls, type) and issubclass(cls, FargateTask)


def _arguments(task: Any) -> Mapping[str, Any]:
    """What the author has given a FargateTask, as far as it is known before a run."""
    mapped = getattr(task, "partial_kwargs", None)
    return dict(mapped) if mapped is not None else dict(getattr(task, "_BaseOperator__init_kwargs", {}))


def _wrong_when_mapped(task: Any) -> list[str]:
    """What is wrong with what a FargateTask is mapped over, as far as it is written there. One that is not mapped has
    refused it itself, when it was made.
    """
    from farflow.fargate_task_arguments import problem_of_task, problems

    found = [text for given in _mapped_over(task) for text in problems({**_arguments(task), **given})]
    found += [text for text in map(problem_of_task, _names_when_mapped(task)) if text]
    return list(dict.fromkeys(found))


def _names_when_mapped(task: Any) -> list[Any]:
    """What a FargateTask that is mapped has as ``task``, as far as it is written there; None where nothing gives it."""
    if not hasattr(task, "partial_kwargs"):
        return []
    if "task" in task.partial_kwargs:
        return [task.partial_kwargs["task"]]
    value = task._get_specified_expand_input().value
    if isinstance(value, Mapping):
        names = value.get("task", [None])
        return list(names) if isinstance(names, (list, tuple)) else []
    return [each.get("task") for each in value if isinstance(each, Mapping)] if isinstance(value, (list, tuple)) else []


def _times_of(task: Any) -> dict[str, Any]:
    mapped = getattr(task, "partial_kwargs", None)
    names = ("execution_timeout", "retry_delay", "max_retry_delay")
    return {name: mapped.get(name) if mapped is not None else getattr(task, name, None) for name in names}


def _wrong_times(given: Mapping[str, Any]) -> list[str]:
    """What is wrong with durations that Airflow takes as they are, whatever they are."""
    from farflow.fargate_task_arguments import problems

    return problems(given)


def _mapped_over(task: Any) -> list[Mapping[str, Any]]:
    """The arguments that are written in `expand` or `expand_kwargs`, each time with one argument or with one task's."""
    if not hasattr(task, "partial_kwargs"):
        return []
    value = task._get_specified_expand_input().value
    if isinstance(value, Mapping):
        lists = {name: each for name, each in value.items() if isinstance(each, (list, tuple))}
        return [{}, *({name: each} for name, items in lists.items() for each in items)]
    return [{}, *(each for each in value if isinstance(each, Mapping))] if isinstance(value, (list, tuple)) else [{}]


def _line(source: str, name: str | None) -> int | None:
    """Where a name stands in quotes, or is a function's."""
    if not name:
        return None
    found = re.search(rf"""(["']){re.escape(name)}\1|^\s*(async )?def {re.escape(name)}\b""", source, re.MULTILINE)
    if not found:
        return None
    return source.count("\n", 0, found.start() + len(found[0]) - len(found[0].lstrip())) + 1


def _print(kind: str, content: Any) -> None:
    print(f"{MARK}{json.dumps({kind: content})}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
