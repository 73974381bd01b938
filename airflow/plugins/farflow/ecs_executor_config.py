# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an author may say in `executor_config` of a task with `executor="ecs"`, and what it means to RunTask.

It has the form of RunTask's arguments, as with Airflow's own AwsEcsExecutor, and of them those that size a task. What
else RunTask takes is the deploy's: the scheduler asks for it with its own rights, and a DAG shall not borrow these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from farflow.fargate import EPHEMERAL_STORAGE_GIB, cpu_memory_problem
from farflow.fargate_task_arguments import number

#: By what names a task can ask for this executor: those by which Airflow finds one. The first is the one to be used.
NAMES = ("ecs", "farflow.ecs_executor.EcsExecutor", "EcsExecutor")

EXAMPLE = '{"overrides": {"cpu": "1024", "memory": "2048"}}'

_MEMBERS = ("overrides", "capacityProviderStrategy")
_OVERRIDES = ("cpu", "memory", "ephemeralStorage", "containerOverrides")
_OF_CONTAINER = ("name", "environment")
_OF_PROVIDER = ("capacityProvider", "weight", "base")
_PROVIDERS = ("FARGATE", "FARGATE_SPOT")


def problems_of_task(executor: str | None, config: Any) -> list[str]:
    """What is wrong with that of a task, a sentence each. Of other executors' it has to be a dictionary: anything else
    ends the scheduler.
    """
    if executor in NAMES:
        return problems(config)
    return [] if config is None or isinstance(config, Mapping) else [_wrong("", config, "a dictionary")]


def problems(config: Any) -> list[str]:
    """What is wrong with that of this executor, a sentence each."""
    if config is None:
        return []
    if not isinstance(config, Mapping):
        return [_wrong("", config, f"a dictionary, as in {EXAMPLE}")]
    found = list(_unknown("", config, _MEMBERS))
    if "overrides" in config:
        found += _overrides("overrides", config["overrides"])
    if "capacityProviderStrategy" in config:
        found += _strategy("capacityProviderStrategy", config["capacityProviderStrategy"])
    return found


def request(config: Mapping[str, Any] | None, container: str) -> dict[str, Any]:
    """The arguments of RunTask for a right one; ``container`` is the name of the task's own container."""
    given = dict((config or {}).get("overrides", {}))
    overrides: dict[str, Any] = {name: str(number(given[name])) for name in ("cpu", "memory") if name in given}
    if "ephemeralStorage" in given:
        overrides["ephemeralStorage"] = {"sizeInGiB": number(given["ephemeralStorage"]["sizeInGiB"])}
    for each in given.get("containerOverrides", []):
        overrides["containerOverrides"] = [
            {"name": container, "environment": [dict(one) for one in each.get("environment", [])]}
        ]
    asked = {"overrides": overrides} if overrides else {}
    if config and "capacityProviderStrategy" in config:
        asked["capacityProviderStrategy"] = [dict(each) for each in config["capacityProviderStrategy"]]
    return asked


def _overrides(place: str, value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _wrong(place, value, f"a dictionary, as in {EXAMPLE}")
        return
    yield from _unknown(place, value, _OVERRIDES)
    yield from _size(place, value)
    if "ephemeralStorage" in value:
        yield from _storage(f"{place}.ephemeralStorage", value["ephemeralStorage"])
    if "containerOverrides" in value:
        yield from _container(f"{place}.containerOverrides", value["containerOverrides"])


def _size(place: str, value: Mapping[str, Any]) -> Iterator[str]:
    given = {name: value[name] for name in ("cpu", "memory") if name in value}
    wrong = [name for name, each in given.items() if number(each) is None]
    for name in wrong:
        yield _wrong(f"{place}.{name}", given[name], "a number, as in 1024")
    if len(given) == 1:
        (name,) = given
        yield f"executor_config: {place} has {name} alone, allowed: cpu and memory, together a size of Fargate"
    elif given and not wrong:
        cpu, memory = (number(given[name]) or 0 for name in ("cpu", "memory"))
        if problem := cpu_memory_problem(cpu, memory):
            yield f"executor_config: {place}: {problem}"


def _storage(place: str, value: Any) -> Iterator[str]:
    least, most = EPHEMERAL_STORAGE_GIB
    size = number(value.get("sizeInGiB")) if isinstance(value, Mapping) and set(value) == {"sizeInGiB"} else None
    if size is None or not least < size <= most:
        yield _wrong(place, value, f'{{"sizeInGiB": <number>}} from {least + 1} to {most}')


def _container(place: str, value: Any) -> Iterator[str]:
    """A task has one container of its own. Its command is the executor's, its size is the task's."""
    if not isinstance(value, (list, tuple)) or len(value) != 1 or not isinstance(value[0], Mapping):
        allowed = 'a list of one dictionary, as in [{"environment": [{"name": "DAY", "value": "monday"}]}]'
        yield _wrong(place, value, allowed)
        return
    yield from _unknown(f"{place}.0", value[0], _OF_CONTAINER)
    environment = value[0].get("environment", [])
    pairs = environment if isinstance(environment, (list, tuple)) else [environment]
    for each in pairs:
        is_pair = isinstance(each, Mapping) and set(each) == {"name", "value"}
        if not is_pair or not all(isinstance(text, str) for text in each.values()):
            yield _wrong(f"{place}.0.environment", each, 'a list of {"name": <text>, "value": <text>}')


def _strategy(place: str, value: Any) -> Iterator[str]:
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(each, Mapping) for each in value):
        yield _wrong(place, value, 'a list, as in [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]')
        return
    for each in value:
        yield from _unknown(place, each, _OF_PROVIDER)
        if each.get("capacityProvider") not in _PROVIDERS:
            yield _wrong(f"{place}.capacityProvider", each.get("capacityProvider"), " or ".join(_PROVIDERS))
        for name in ("weight", "base"):
            if name in each and (not isinstance(each[name], int) or isinstance(each[name], bool)):
                yield _wrong(f"{place}.{name}", each[name], "a whole number")


def _unknown(place: str, value: Mapping[str, Any], allowed: tuple[str, ...]) -> Iterator[str]:
    for name in value:
        if name not in allowed:
            where = f"{place} has" if place else "has"
            yield f"executor_config: {where} {name!r}, allowed: {', '.join(allowed)}"


def _wrong(place: str, value: Any, allowed: str) -> str:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    what = f"{place} is" if place else "is"
    return f"executor_config: {what} {shown}, of type {type(value).__name__}, allowed: {allowed}"
