# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an author may give to a FargateTask: checked when the DAG is imported, as far as it is known then, and again
when the task runs. What is known at run time only, a template or another task's result, becomes text then.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from types import NoneType
from typing import Any

from farflow import fargate_task_overrides as overrides
from farflow import naming
from farflow.fargate import CPU_MEMORY, EPHEMERAL_STORAGE_GIB, cpu_memory_problem
from farflow.fargate_task_owner import OWN_TAGS
from farflow.fargate_task_results import KINDS, not_storable
from farflow.fargate_task_values import as_text, is_later, number, shown

OVERRIDES_LIMIT = 8192  # characters of JSON: RunTask, "overrides"

#: What Airflow's operator takes, and does not mean what it says.
REFUSED = {"region": "EcsRunTaskOperator takes it and does nothing with it, allowed: region_name"}

#: What of Airflow's operator says as `capacity` does what a task runs on.
PLACED_BY = ("capacity_provider_strategy", "launch_type")

_BECOME_TEXT = ("command", "environment")
_MAY_BE_SECONDS = ("retry_delay", "max_retry_delay")
_SWITCHES = (
    "wait_for_completion",
    "deferrable",
    "reattach",
    "stop_task_on_failure",
    "do_xcom_push",
    "multiple_outputs",
)


def problems(given: Mapping[str, Any], at_run: bool = False) -> list[str]:
    """What is wrong with the arguments, a sentence each; what is known later is passed over. When the task runs, what
    becomes text may be anything that can.
    """
    checks = {
        "command": _command,
        "environment": _environment,
        "inputs": _inputs,
        "overrides": overrides.problems,
        "tags": _tags,
        "result": _result,
        "cpu": _units,
        "memory": _units,
        "ephemeral_storage": _units,
        "capacity": _capacity,
        "waiter_delay": _above_zero,
        "waiter_max_attempts": _above_zero,
        "execution_timeout": _above_no_time,
        "dagrun_timeout": _above_no_time,
        "retry_delay": _time,
        "max_retry_delay": _time,
        "awslogs_fetch_interval": _time,
        "number_logs_exception": _lines,
        "skip_on_exit_code": _exit_codes,
        **dict.fromkeys(_SWITCHES, _switch),
    }
    if at_run:
        checks = {name: check for name, check in checks.items() if name not in _BECOME_TEXT}
    known = {name: given[name] for name in checks if given.get(name) is not None and not is_later(given[name])}
    found = [problem for name, value in known.items() for problem in (*checks[name](name, value), *_kept(name, value))]
    if not found:
        found = [*_sizes(known), *_twice(given), *_without_result(given)]
    return found


def problem_of_task(name: Any) -> str | None:
    """What is wrong with the name of a DAG task, which has to be known when the DAG is imported; None if nothing is."""
    allowed = "allowed: the name of a folder under tasks/"
    if name is None:
        return f"task: is missing, {allowed}"
    if is_later(name):
        return f"task: is {shown(name)}, which is known only when it runs, {allowed}; expand(task=...) takes such names"
    if not isinstance(name, str):
        return f"task: is {shown(name)}, {allowed}"
    return None if naming.TASK.fullmatch(name) else f"task: is {shown(name)}, {allowed}: letters, digits, _ and -"


def _kept(name: str, value: Any) -> Iterator[str]:
    if (found := not_storable(value)) is not None:
        yield f"{name}: holds {found}, which Airflow's database can't keep"


def _command(name: str, command: Any) -> Iterator[str]:
    if not isinstance(command, (list, tuple)):
        example = json.dumps(command.split()) if isinstance(command, str) else '["python", "numbers.py", "10"]'
        yield f"{name}: is {shown(command)}, allowed: a list of texts, as in {example}"
        return
    for position, word in enumerate(command, 1):
        if not isinstance(word, str) and not is_later(word):
            yield f"{name}: item {position} is {shown(word)}, allowed: text, as in {as_text(word)}"


def _environment(name: str, environment: Any) -> Iterator[str]:
    if not isinstance(environment, Mapping):
        yield f'{name}: is {shown(environment)}, allowed: a dictionary of texts, as in {{"DAY": "monday"}}'
        return
    for key, value in environment.items():
        if not isinstance(key, str) or not key:
            yield f"{name}: has the name {shown(key)}, allowed: text"
        elif "=" in key:
            yield f"{name}: has the name {shown(key)}, allowed: text without ="
        elif value is None:
            yield f'{name}: {key} is None, allowed: text; "" is an empty one, and what is left out is not set'
        elif not isinstance(value, str) and not is_later(value):
            yield f"{name}: {key} is {shown(value)}, allowed: text, as in {as_text(value)}"


def _inputs(name: str, inputs: Any) -> Iterator[str]:
    if not isinstance(inputs, Mapping):
        yield f'{name}: is {shown(inputs)}, allowed: a dictionary that JSON can hold, as in {{"days": [1, 2]}}'
        return
    left: list[Any] = [*inputs.values()]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            left += value.values()
        elif isinstance(value, (list, tuple)):
            left += value
        elif not isinstance(value, (str, int, float, NoneType)) and not is_later(value):
            yield f"{name}: holds {shown(value)}, allowed: what JSON can hold"


def _tags(name: str, tags: Any) -> Iterator[str]:
    if not isinstance(tags, Mapping):
        yield f'{name}: is {shown(tags)}, allowed: a dictionary of texts, as in {{"team": "data"}}'
        return
    for key, value in tags.items():
        # AWS keeps those that begin with aws: for itself.
        if not isinstance(key, str) or key.lower().startswith(("aws:", OWN_TAGS)):
            yield f"{name}: has the key {shown(key)}, allowed: text that begins neither with aws: nor with {OWN_TAGS}"
        elif not isinstance(value, str) and not is_later(value):
            yield f"{name}: {key} is {shown(value)}, allowed: text, as in {as_text(value)}"


def _result(name: str, result: Any) -> Iterator[str]:
    if result not in KINDS:
        yield f"{name}: is {shown(result)}, allowed: {' or '.join(map(repr, KINDS))}, or none"


def _units(name: str, value: Any) -> Iterator[str]:
    if number(value) is None:
        yield f"{name}: is {shown(value)}, allowed: a number"


def _capacity(name: str, value: Any) -> Iterator[str]:
    if value not in naming.CAPACITIES:
        yield f"{name}: is {shown(value)}, allowed: {' or '.join(map(repr, naming.CAPACITIES))}"


def _above_zero(name: str, value: Any) -> Iterator[str]:
    unit = "a number of seconds" if name == "waiter_delay" else "a number"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        yield f"{name}: is {shown(value)}, allowed: {unit} above 0"


def _above_no_time(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, timedelta) or value <= timedelta(0):
        yield f"{name}: is {shown(value)}, allowed: a timedelta above 0, as in timedelta(minutes=30)"


def _time(name: str, value: Any) -> Iterator[str]:
    if name in _MAY_BE_SECONDS and isinstance(value, (int, float)) and value >= 0:
        return
    if not isinstance(value, timedelta) or value < timedelta(0):
        yield f"{name}: is {shown(value)}, allowed: a timedelta of 0 or more, as in timedelta(seconds=30)"


def _lines(name: str, value: Any) -> Iterator[str]:
    if number(value) is None or int(value) < 0:
        yield f"{name}: is {shown(value)}, allowed: a number of lines, or 0"


def _exit_codes(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, int):
        return
    if isinstance(value, (str, bytes)) or not isinstance(value, Container):
        yield f"{name}: is {shown(value)}, allowed: a number, or a list of numbers"
    elif isinstance(value, Iterable):
        yield from (f"{name}: holds {shown(each)}, allowed: numbers" for each in value if not isinstance(each, int))


def _switch(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{name}: is {shown(value)}, allowed: True or False"


def _sizes(known: Mapping[str, Any]) -> Iterator[str]:
    cpu, memory = (number(known.get(name)) for name in ("cpu", "memory"))
    if cpu is not None and memory is not None:
        if problem := cpu_memory_problem(cpu, memory):
            yield problem
    elif cpu is not None and cpu not in CPU_MEMORY:
        yield f"cpu {cpu} is not a size of Fargate; choose from {', '.join(map(str, CPU_MEMORY))}"
    elif memory is not None and not any(memory in sizes for sizes in CPU_MEMORY.values()):
        yield f"memory {memory} goes with no cpu of Fargate; docs/tasks.md names the sizes"
    storage = number(known.get("ephemeral_storage"))
    if storage is not None:
        least, most = EPHEMERAL_STORAGE_GIB
        if not least < storage <= most:
            yield f"ephemeral_storage: is {storage}, allowed: {least + 1} to {most} GiB"


def _twice(given: Mapping[str, Any]) -> Iterator[str]:
    if given.get("capacity") is not None:
        yield from (f"give either capacity, or {name}" for name in given.get("placed_by", ()))
    overrides = given.get("overrides")
    if not isinstance(overrides, Mapping):
        return
    if "containerOverrides" in overrides and any(given.get(name) is not None for name in ("command", "environment")):
        yield "give either command and environment, or overrides with containerOverrides"
    for name, member in (("cpu", "cpu"), ("memory", "memory"), ("ephemeral_storage", "ephemeralStorage")):
        if given.get(name) is not None and member in overrides:
            yield f"give either {name}, or overrides with {member}"


def _without_result(given: Mapping[str, Any]) -> Iterator[str]:
    if given.get("result") is not None and given.get("wait_for_completion") is False:
        yield "result: needs wait_for_completion, since nobody is there to take it"
    if given.get("multiple_outputs") and given.get("result") != "json" and given.get("do_xcom_push") is not False:
        yield "multiple_outputs: needs result='json', since all else that is returned is one text"


def texts(name: str, values: Any) -> list[str]:
    """A command at run time, as ECS takes it. Raises ValueError."""
    if not isinstance(values, (list, tuple)):
        raise ValueError(f"{name}: is {shown(values)}, allowed: a list of texts")
    return [text(f"{name}: item {position}", value) for position, value in enumerate(values, 1)]


def text(name: str, value: Any) -> str:
    """A value at run time as text: all that is none as JSON has it. Raises ValueError."""
    if isinstance(value, str):
        return value
    if value is None:
        raise ValueError(f"{name} is None, allowed: text; what it comes from has returned nothing")
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {shown(value)}, allowed: text, and what JSON can hold") from None


def size(overrides: Mapping[str, Any]) -> int:
    """How many characters ECS counts."""
    return len(json.dumps(overrides, ensure_ascii=False))
