"""`python -m tests.bench_workers.burst --tasks 40 --seconds 60`: when the workers for some tasks come and go, with
AWS's delays. It is for a look beside a real run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from statistics import median

from plugins.module_utils.environment import pools

from .comparison import DELAYS
from .scalers.work import Work
from .simulation import Outcome, simulate
from .traces import HOUR, Demand, Trace

_BEGIN = HOUR
_RUNS = 25


def main() -> int:
    """Print a line for each thing that can be seen: its median, its least and its most."""
    arguments = _arguments()
    demands = (Demand(_BEGIN, arguments.seconds, 0),) * arguments.tasks
    trace = Trace("burst", demands, arguments.maximum, arguments.concurrency)
    outcomes = [simulate(trace, Work(arguments.cooldown), DELAYS, seed) for seed in range(_RUNS)]
    for words, values in seen(outcomes):
        print(f"{words:36} {median(values):6.0f}   ({min(values):.0f} to {max(values):.0f})")
    return 0


def seen(outcomes: list[Outcome]) -> Iterator[tuple[str, list[float]]]:
    """What is seen of each run; seconds are from when the tasks are queued."""
    yield "most workers", [max(workers for _unused, workers in outcome.history) for outcome in outcomes]
    yield "s until ECS wants the first worker", [_first(outcome, 1) for outcome in outcomes]
    yield "s until the first task begins", [min(outcome.waits) for outcome in outcomes]
    yield "s until the last task begins", [max(outcome.waits) for outcome in outcomes]
    yield "s until the last task has ended", [_ended(outcome) for outcome in outcomes]
    yield "s until the last worker has ended", [_first(outcome, 0) for outcome in outcomes]


def _first(outcome: Outcome, workers: int) -> float:
    return next(second for second, number in outcome.history if number == workers and second > _BEGIN) - _BEGIN


def _ended(outcome: Outcome) -> float:
    return max(task.ended for task in outcome.tasks if task.ended is not None) - _BEGIN


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="burst", description="When workers for some tasks come and go, simulated.")
    parser.add_argument("--tasks", type=int, default=40, help="how many are queued at once (default: 40)")
    parser.add_argument("--seconds", type=float, default=60, help="how long each takes (default: 60)")
    parser.add_argument("--concurrency", type=int, default=8, help="tasks that a worker runs at once (default: 8)")
    parser.add_argument("--maximum", type=int, default=5, help="the most workers (default: 5)")
    parser.add_argument("--cooldown", type=float, default=pools.COOLDOWN, help="of the scaling policy, in seconds")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
