"""The table of what was measured, and the page around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .bench import AT_RATES, EMPTY, FIRST, IMAGE, MEMORY, Measurement
from .contenders import DOOR, NO_OP, PLAN, STACK

_HEAD = ("Scenario", "N", "Who", "CPU s", "Wall s", "MiB", "API calls", "Deployed", "CPU / ours", "Calls / ours")
_ORDER = (EMPTY, FIRST, NO_OP, PLAN, MEMORY, IMAGE, FIRST + AT_RATES, NO_OP + AT_RATES)
_DID = {True: "yes", False: "**no**", None: ""}

#: What is asked of us: words, the figure, its bound, its unit.
Bound = tuple[str, float | None, float, str]


def table(measured: Sequence[Measurement]) -> str:
    """Markdown, a line each, scenario by scenario. ``ours`` in the ratios is our door for DAG tasks, which does what
    the peers do and builds the images besides.
    """
    ours = {(one.scenario, one.size): one for one in measured if one.contender == DOOR.name}
    lines = [_line(_HEAD), _line(["---", "--:", "---", "--:", "--:", "--:", "--:", "---", "--:", "--:"])]
    for one in sorted(measured, key=_place):
        reference = ours.get((NO_OP if one.scenario.startswith(NO_OP) else one.scenario, one.size))
        lines.append(_line(_cells(one, reference)))
    return "\n".join(lines)


def _place(one: Measurement) -> tuple[int, int]:
    scenario = one.scenario if one.scenario in _ORDER else NO_OP
    return _ORDER.index(scenario), one.size


def _cells(one: Measurement, ours: Measurement | None) -> list[str]:
    used = one.usage
    ratios = ["", ""]
    if ours and one.contender not in (DOOR.name, STACK.name):
        ratios = [f"{used.cpu_seconds / ours.usage.cpu_seconds:.1f}", f"{used.calls / ours.usage.calls:.1f}"]
    return [
        one.scenario,
        str(one.size or ""),
        one.contender,
        f"{used.cpu_seconds:.2f}",
        f"{used.wall_seconds:.1f}",
        f"{used.memory_mib:.0f}",
        str(used.calls),
        _DID[one.did],
        *ratios,
    ]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def bounds(measured: Iterable[Measurement]) -> list[Bound]:
    """What is asked of us. A figure is None when it was not measured."""
    found = {(one.scenario, one.size, one.contender): one.usage for one in measured}
    stack, small = (found.get((NO_OP, size, STACK.name)) for size in (200, 2))
    change = found.get((MEMORY, 200, DOOR.name))
    growth = stack.cpu_seconds - small.cpu_seconds if stack and small else None
    return [
        ("no-op of the whole stack, N = 200", stack and stack.cpu_seconds, 3.0, "CPU s"),
        ("no-op of the whole stack, N = 200", stack and float(stack.calls), 75, "API calls"),
        ("growth of that no-op from N = 2 to N = 200", growth, 0.5, "CPU s"),
        ("one memory change through the door for DAG tasks, N = 200", change and change.cpu_seconds, 4.0, "CPU s"),
    ]


def _told(bound: Bound) -> str:
    words, figure, limit, unit = bound
    met = "" if figure <= limit else ", **missed**"
    return f"- {words}: {figure:.{0 if unit == 'API calls' else 2}f} {unit}, at most {limit:g} are asked for{met}"


def page(measured: Sequence[Measurement], machine: Mapping[str, str], repetitions: int) -> str:
    """The whole page."""
    kept = [_told(bound) for bound in bounds(measured) if bound[1] is not None]
    return _PAGE.format(
        machine="\n".join(f"- {name}: {value}" for name, value in machine.items()),
        bounds="\n".join(kept),
        table=table(measured),
        repetitions=repetitions,
    )


_PAGE = """# What a deploy costs

Written by `make bench`; all figures are of one run.

{machine}

## What is asked for

{bounds}

## The table

{table}

## How it is measured

- **N** is the number of DAG tasks. *First deploy* starts from an empty account, the others from what the one before
  left. *One memory change* and *one image change* edit one of the N tasks.
- **CPU** is user and system time of the command and of every process that it started, also of those that outlive their
  parent; the embedded AWS and the Docker engine are not among them. **MiB** is the highest sum of the proportional set
  sizes of these processes, sampled 20 times a second. **API calls** are counted outside of the process: the embedded
  AWS's front is a proxy before the emulators and keeps a log of every call.
- Each no-op is run {repetitions} times, and the run with the least CPU counts; one that takes longer than a minute is
  run once. What changes something is run once.
- **Deployed** is whether the newest revision of the task definition shows the edit afterwards. A no-op that registers a
  revision would end the bench.
- **Ratios** are others / ours, where ours is the door for DAG tasks (`playbooks/dag_tasks.yml`) at the same N.
- *farflow.airflow, whole stack* is `playbooks/deploy.yml`: network, database, cluster, DAG tasks, Airflow's services.
  Both doors of ours build and push images, keep repository, log group and roles, and look for drift in all of it; the
  peers only register task definitions, with image references that they are given. The images are a few bytes from
  `FROM scratch`, and those of the same content are built once: it is deployers that are compared, not builders.
- *community.aws in a loop* is `community.aws.ecs_taskdefinition` with `loop:`, which is the only way that it has.
- *AWS CDK* is `cdk deploy` of one stack with a `FargateTaskDefinition` each, in a bootstrapped account. *Tuned* is with
  `--method=direct`, and without validation, staging, metadata, version reporting, telemetry and notices. Its no-op
  compares templates, and sees no drift. *Template made before* is without running the app, so an edit would not be
  seen at all. With default settings it asks the network for notices: its wall time depends on that.
- *At AWS's rates* means that calls are throttled beyond the rates that AWS publishes (`tests/embedded_aws/limits.py`),
  and tried again. AWS registers one task definition a second after the first 20, so that 200 take three minutes
  whoever registers them. What counts there is the wall time.
- The embedded AWS answers in milliseconds, and elsewhere it does not throttle: on AWS the wall times are longer, by
  what AWS takes.
"""
