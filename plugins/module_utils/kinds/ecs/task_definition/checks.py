# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS would refuse, now or when a task starts: told before anything is called, everything at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ....engine.compare import contains_unknown
from ....validation import fargate

Form = Mapping[str, Any]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_MOST_TAGS = 49  # AWS takes 50, one is ours

#: Member: smallest and largest value, of a container and of its health check.
_CONTAINER_RANGES = {
    "start_timeout": (2, 120),
    "stop_timeout": fargate.STOP_TIMEOUT_SECONDS,
}
_HEALTH_RANGES = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "start_period": (0, 300)}


def problems(form: Form, family: str, size: int) -> list[str]:
    """Everything that is wrong with a task definition in canonical form whose request has ``size`` bytes."""
    return [*_task_problems(form, family, size), *_size_problems(form), *_container_problems(form)]


def _task_problems(form: Form, family: str, size: int) -> Iterator[str]:
    containers = form.get("container_definitions") or {}
    if not _NAME.fullmatch(family):
        yield "family must be 1 to 255 letters, digits, underscores and hyphens"
    if not 1 <= len(containers) <= fargate.MOST_CONTAINERS:
        yield f"must have 1 to {fargate.MOST_CONTAINERS} containers, not {len(containers)}"
    if containers and not any(container.get("essential") for container in containers.values()):
        yield "must have an essential container"
    if size > fargate.LARGEST_TASK_DEFINITION_BYTES:
        yield f"is {size} bytes large; AWS takes {fargate.LARGEST_TASK_DEFINITION_BYTES}"
    if len(form.get("tags") or {}) > _MOST_TAGS:
        yield f"has more than {_MOST_TAGS} tags"
    for name in ("task_role_arn", "execution_role_arn"):
        role = form.get(name)
        if role and not contains_unknown(role) and not role.startswith("arn:"):
            yield f"{name} must be an ARN, not {role}"
    if not form.get("execution_role_arn") and any(_needs_execution_role(each) for each in containers.values()):
        yield "execution_role_arn is required where a container has secrets or the log driver awslogs"


def _needs_execution_role(container: Form) -> bool:
    return bool(container.get("secrets")) or _known(container, "log_configuration").get("log_driver") == "awslogs"


def _size_problems(form: Form) -> Iterator[str]:
    cpu, memory = form.get("cpu"), form.get("memory")
    for name, value in (("cpu", cpu), ("memory", memory)):
        if value is None:
            yield f"{name} is required for Fargate"
        elif not isinstance(value, int) and not contains_unknown(value):
            yield f"{name} {value} is not a number of {'CPU units' if name == 'cpu' else 'MiB'}"
    if isinstance(cpu, int) and isinstance(memory, int):
        problem = fargate.cpu_memory_problem(cpu, memory)
        if problem:
            yield problem
        yield from _sum_problems(form, cpu, memory)
    least, most = fargate.EPHEMERAL_STORAGE_GIB
    storage = form["ephemeral_storage"]["size_in_gib"]
    if isinstance(storage, int) and not least <= storage <= most:
        yield f"ephemeral_storage size_in_gib {storage} is not between {least + 1} and {most}"
    platform = form["runtime_platform"]
    windows = platform["operating_system_family"].startswith("WINDOWS")
    if windows and platform["cpu_architecture"] == "ARM64":
        yield "runtime_platform: Windows needs cpu_architecture X86_64"
    if windows and isinstance(cpu, int) and cpu < 1024:
        yield f"cpu {cpu} is too small for Windows, which needs 1024"


def _sum_problems(form: Form, cpu: int, memory: int) -> Iterator[str]:
    containers = list((form.get("container_definitions") or {}).values())
    wanted_cpu = sum(_number(container.get("cpu")) for container in containers)
    wanted = sum(_number(container.get("memory_reservation") or container.get("memory")) for container in containers)
    if wanted_cpu > cpu:
        yield f"cpu of the containers is {wanted_cpu} together, more than the task's {cpu}"
    if wanted > memory:
        yield f"memory of the containers is {wanted} together, more than the task's {memory}"


def _known(form: Form, name: str) -> Mapping[str, Any]:
    """A member that is a dictionary; nothing when it is absent or not known yet."""
    value = form.get(name)
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _container_problems(form: Form) -> Iterator[str]:
    containers = form.get("container_definitions") or {}
    volumes = _known(form, "volumes")
    ports: dict[str, str] = {}
    for name, container in containers.items():
        what = f"container {name}"
        for problem in _own_problems(container):
            yield f"{what} {problem}"
        for other in _known(container, "depends_on"):
            if other not in containers or other == name:
                yield f"{what} depends_on {other}, which is no other container of this task"
        for mount in _known(container, "mount_points").values():
            if mount.get("source_volume") not in volumes:
                yield f"{what} mount_points: {mount.get('source_volume')} is no volume of this task"
        for port in _known(container, "port_mappings"):
            if port in ports:
                yield f"{what} port_mappings: {port} is taken by container {ports[port]} of the same task"
            ports[port] = name


def _own_problems(container: Form) -> Iterator[str]:
    if not _NAME.fullmatch(str(container.get("name", ""))):
        yield "name must be 1 to 255 letters, digits, underscores and hyphens"
    if not container.get("image"):
        yield "image is required"
    yield from _range_problems(container, _CONTAINER_RANGES)
    for problem in _range_problems(_known(container, "health_check"), _HEALTH_RANGES):
        yield f"health_check {problem}"
    for mapping in _known(container, "port_mappings").values():
        port, host_port = mapping.get("container_port"), mapping.get("host_port")
        if isinstance(port, int) and not 1 <= port <= 65535:
            yield f"port_mappings container_port {port} is not between 1 and 65535"
        if host_port != port:
            yield f"port_mappings host_port {host_port} must be the container_port {port}, or be left out"
    memory, reserved = container.get("memory"), container.get("memory_reservation")
    if isinstance(memory, int) and isinstance(reserved, int) and reserved >= memory:
        yield f"memory_reservation {reserved} must be less than memory {memory}"
    both = sorted(set(_known(container, "environment")) & set(_known(container, "secrets")))
    if both:
        yield f"has {', '.join(both)} in environment and in secrets"
    yield from _log_problems(_known(container, "log_configuration"))


def _range_problems(form: Form, ranges: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    for name, (least, most) in ranges.items():
        value = form.get(name)
        if isinstance(value, int) and not least <= value <= most:
            yield f"{name} {value} is not between {least} and {most}"


def _log_problems(log: Form) -> Iterator[str]:
    options = log.get("options") or {}
    if log.get("log_driver") == "awslogs" and not contains_unknown(options):
        for name in ("awslogs-group", "awslogs-region", "awslogs-stream-prefix"):
            if name not in options:
                yield f"log_configuration options: {name} is required for awslogs on Fargate"
