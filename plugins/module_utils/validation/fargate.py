# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The sizes that Fargate has, as data. Source: "Task CPU and memory" in the developer guide of Amazon ECS."""

from __future__ import annotations

_GIB = 1024


def _steps(first: int, last: int, step: int = 1) -> tuple[int, ...]:
    return tuple(gib * _GIB for gib in range(first, last + 1, step))


#: Memory in MiB that can be had with so many CPU units.
CPU_MEMORY: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: _steps(1, 4),
    1024: _steps(2, 8),
    2048: _steps(4, 16),
    4096: _steps(8, 30),
    8192: _steps(16, 60, 4),
    16384: _steps(32, 120, 8),
}

EPHEMERAL_STORAGE_GIB = (20, 200)
STOP_TIMEOUT_SECONDS = (2, 120)
MOST_CONTAINERS = 10
LARGEST_TASK_DEFINITION_BYTES = 64 * 1024


def cpu_memory_problem(cpu: int, memory: int) -> str | None:
    """What is wrong with a task of so many CPU units and MiB of memory, with what would be right; None when Fargate
    has that size.
    """
    sizes = CPU_MEMORY.get(cpu)
    if sizes is None:
        return f"cpu {cpu} is not a size of Fargate; choose from {', '.join(map(str, CPU_MEMORY))}"
    if memory in sizes:
        return None
    fitting = [str(units) for units, memories in CPU_MEMORY.items() if memory in memories]
    other = f", or cpu {' or '.join(fitting)}" if fitting else ""
    return f"memory {memory} does not go with cpu {cpu}: choose {_told(sizes)}{other}"


def _told(sizes: tuple[int, ...]) -> str:
    if len(sizes) <= 4:
        return ", ".join(map(str, sizes))
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"
