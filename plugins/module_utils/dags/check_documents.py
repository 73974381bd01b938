# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is wrong with DAG files, by what airflow/scripts/check_dags.py has found in them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..engine.errors import FarflowError
from ..validation.value_checks import nearest, printable

MARK = "dag-check: "
_DEFAULT_POOL = "default_pool"


@dataclass(frozen=True)
class Allowed:
    """What DAGs may refer to. ``tasks`` are the folders of DAG tasks, ``executors`` the names of those that there are,
    ``queues`` those that workers serve; ``pools`` is None where nobody knows which there are. ``broken`` are files in
    which anything may be wrong. With ``versions`` every run has to have one.
    """

    tasks: Collection[str] = ()
    executors: Collection[str] = ()
    queues: Collection[str] = ()
    pools: Collection[str] | None = None
    broken: Sequence[str] = ()
    versions: bool = True
    seconds: int = 30


@dataclass(frozen=True)
class Found:
    """``problems`` are sentences that refuse a deploy, ``warnings`` those that do not; ``files`` and ``dags`` say how
    many there are.
    """

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    files: int = 0
    dags: int = 0


def facts(lines: Iterable[str]) -> dict[str, Any]:
    """``{files: [...], pools: [...] or None}`` by what the check has printed.

    Raises FarflowError when it did not come to its end.
    """
    found: dict[str, Any] = {"files": [], "pools": None}
    done = None
    kept = []
    for line in lines:
        if not line.startswith(MARK):
            kept.append(line)
            continue
        told = json.loads(line.removeprefix(MARK))
        found["files"] += [told["file"]] if "file" in told else []
        found["pools"] = told.get("pools", found["pools"])
        done = told.get("done", done)
    if done != len(found["files"]):
        last = "".join(f"\n  {printable(line)}" for line in kept[-20:])
        raise FarflowError(f"the check of the DAGs did not come to its end{last}")
    return found


def judge(found: Mapping[str, Any], allowed: Allowed) -> Found:
    """All that is wrong, in the order of the files."""
    files = sorted(found["files"], key=lambda each: str(each["file"]))
    pools = found["pools"] if found["pools"] is not None else allowed.pools
    by_dag: dict[str, list[tuple[str, int | None]]] = {}
    for each in files:
        for dag, told in each["dags"].items():
            by_dag.setdefault(dag, []).append((each["file"], told["line"]))
    problems, warnings = [], []
    for each in files:
        wrong = [*_own(each, allowed), *_twice(each, by_dag), *_references(each, allowed, pools)]
        if _is_broken(each["file"], allowed.broken):
            warnings += [f"{sentence} (let pass by dags_allow_broken)" for sentence in wrong]
        else:
            problems += wrong
        warnings += _elsewhere(each)
    warnings += [
        f"dags_allow_broken: is {pattern!r}, which is no DAG file{nearest(pattern, [each['file'] for each in files])}"
        for pattern in allowed.broken
        if not any(_is_broken(each["file"], [pattern]) for each in files)
    ]
    return Found(problems, warnings, len(files), len(by_dag))


def _own(file: Mapping[str, Any], allowed: Allowed) -> Iterator[str]:
    for problem in file["problems"]:
        place = _place(file["file"], problem["line"])
        what, dag, text = problem["what"], problem["dag"], printable(problem["text"])
        if what == "slow":
            yield (
                f"{place}: takes longer than {allowed.seconds} seconds to be parsed, allowed: dags_parse_seconds; do "
                "at run time, in a task, what takes so long"
            )
        elif what == "cycle":
            yield f"{place}: its tasks wait for one another in a circle: {text}"
        elif what == "twice":
            yield f"{place}: DAG {dag!r} is there more than once, allowed: each id once; {text}"
        elif what == "argument":
            yield f"{place}: DAG {dag!r}: {text}"
        elif what == "import":
            yield f"{place}: {f'DAG {dag!r}: ' if dag else ''}{text}"
    if allowed.versions:
        for dag, told in file["dags"].items():
            if not told["versioned"]:
                yield (
                    f"{_place(file['file'], told['line'])}: DAG {dag!r} has disable_bundle_versioning, allowed: "
                    "without it, since a run without a version reads the DAGs that the image was built with; or "
                    "airflow_service_dags: image"
                )


def _elsewhere(file: Mapping[str, Any]) -> Iterator[str]:
    for problem in file["problems"]:
        if problem["what"] == "elsewhere":
            yield (
                f"{_place(file['file'], problem['line'])}: was not checked, since it reads a variable or a connection "
                f"while it is parsed, which only the environment has: {printable(problem['text'])}"
            )


def _twice(file: Mapping[str, Any], by_dag: Mapping[str, Sequence[tuple[str, int | None]]]) -> Iterator[str]:
    for dag, told in file["dags"].items():
        others = [_place(*each) for each in by_dag[dag] if each[0] != file["file"]]
        if others:
            place = _place(file["file"], told["line"])
            yield f"{place}: DAG {dag!r} is in {', '.join(others)} too, allowed: each id in one file"


def _references(file: Mapping[str, Any], allowed: Allowed, pools: Collection[str] | None) -> Iterator[str]:
    for name, use in file["fargate"].items():
        if name not in allowed.tasks:
            like = nearest(name, allowed.tasks)
            yield (
                f"{_use(file, use)} runs DAG task {name!r}, which is no folder in tasks/{like}; allowed: "
                f"{_some(allowed.tasks)}"
            )
    for name, use in file["executors"].items():
        if name not in allowed.executors:
            yield (
                f"{_use(file, use)} has executor {name!r}, which the environment does not have"
                f"{nearest(name, allowed.executors)}; allowed: {_some(allowed.executors)}, or no executor at all; "
                "airflow_service_executors says which there are"
            )
    for name, use in file["queues"].items():
        if name not in allowed.queues:
            like = nearest(name, allowed.queues)
            yield (
                f"{_use(file, use)} has queue {name!r}, which no worker serves{like}; allowed: "
                f"{_some(allowed.queues)}, or no queue at all"
            )
    for name, use in file["pools"].items():
        if pools is not None and name not in (*pools, _DEFAULT_POOL):
            yield (
                f"{_use(file, use)} has pool {name!r}, which is not there{nearest(name, pools)}; allowed: "
                f"{_some({*pools, _DEFAULT_POOL})}; pools that are made in Airflow are named by dags_pools where the "
                "check does not reach it"
            )


def _use(file: Mapping[str, Any], use: Mapping[str, Any]) -> str:
    return f"{_place(file['file'], use['line'])}: task {use['task']!r} of DAG {use['dag']!r}"


def _some(names: Collection[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:8]) + (f" and {len(listed) - 8} more" if len(listed) > 8 else "") if listed else "none"


def _place(file: str, line: int | None) -> str:
    return f"dags/{printable(file)}" + (f":{line}" if line else "")


def _is_broken(file: str, patterns: Sequence[str]) -> bool:
    for pattern in patterns:
        name = pattern.removeprefix("dags/")
        if file == name or (name.endswith("*") and file.startswith(name[:-1])):
            return True
    return False
