"""`python -m tests.bench [--sizes 2,20] [--without cdk] [--rates]`; `make bench` is all of it."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker

from tests.embedded_aws import EmbeddedAWS, engine, forget_accounts

from . import machine
from .bench import Bench, Measurement
from .contenders import DOOR, OURS, PEERS, ROOT, Missing
from .measure import Failed
from .table import page, table
from .workload import ENVIRONMENT

_SIZES = [2, 20, 200]
_LARGEST = 1000
_PAGE = ROOT / "docs" / "bench.md"


def main() -> int:
    arguments = _arguments()
    forget_accounts()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # an end from outside cleans up as Ctrl-C does
    about = machine.description()
    measured: list[Measurement] = []
    code = 0
    try:
        with _place(arguments.keep) as (aws, folder):
            bench = Bench(aws, folder, arguments.repetitions, _say)
            for one in _all(bench, arguments):
                measured.append(one)
    except (Failed, engine.EngineError) as error:
        print(error, file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        _say("interrupted")
        code = 130
    if measured:
        print(table(measured))
    complete = arguments.sizes == _SIZES and not arguments.without and not arguments.rates
    output = arguments.output or (_PAGE if complete else None)
    if output and not code:
        output.parent.mkdir(exist_ok=True)
        output.write_text(page(measured, about, arguments.repetitions))
        _say(f"written to {output}")
    return code


def _all(bench: Bench, arguments: argparse.Namespace) -> Iterator[Measurement]:
    if not arguments.rates:
        yield from _compared(bench, arguments)
    if "rates" not in arguments.without:
        for contender in OURS if "stack" not in arguments.without else [DOOR]:
            yield from bench.turn_at_rates(contender, max(arguments.sizes))


def _compared(bench: Bench, arguments: argparse.Namespace) -> Iterator[Measurement]:
    yield bench.empty_playbook()
    peers = [each for name, some in PEERS.items() if name not in arguments.without for each in some]
    for size in arguments.sizes:
        for contender in (*OURS, *peers):
            if contender in OURS and "stack" in arguments.without and contender is not DOOR:
                continue
            try:
                yield from bench.turn(contender, size)
            except Missing as reason:
                _say(f"{contender.name} is left out: {reason}")
    if _LARGEST not in arguments.sizes and "largest" not in arguments.without:
        for contender in reversed(OURS):
            yield from bench.turn(contender, _LARGEST, changes=False)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="What a deploy costs, beside what a peer's does.")
    parser.add_argument("--sizes", type=_numbers, default=_SIZES, help="numbers of DAG tasks (default: 2,20,200)")
    parser.add_argument(
        "--without",
        type=lambda text: text.split(","),
        default=[],
        help=f"what to leave out, of stack, {', '.join(PEERS)}, largest (N = {_LARGEST}, ours alone) and rates",
    )
    parser.add_argument(
        "--rates",
        action="store_true",
        help="only how long ours take at the rates of AWS, with the largest of the sizes: some ten minutes",
    )
    parser.add_argument("--repetitions", type=int, default=3, help="runs of each no-op (default: 3)")
    parser.add_argument("--output", type=Path, help=f"where to write the page (default: {_PAGE}, when all is measured)")
    parser.add_argument("--keep", type=Path, help="keep projects and output of all runs in this folder")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


@contextmanager
def _place(keep: Path | None) -> Iterator[tuple[EmbeddedAWS, Path]]:
    """An embedded AWS, an engine that builds images, and a folder for this run alone; nothing of them stays, however
    it ends.
    """
    with engine.running(), tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = keep.absolute() if keep else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        aws = EmbeddedAWS("bench", fast=True)
        aws.down()  # what a run that was killed has left
        try:
            aws.up()
            yield aws, folder
        finally:
            aws.down()
            _remove_images()


def _remove_images() -> None:
    """What builds have left on the engine for the next one of this environment."""
    images = docker.from_env().images
    for layer in ("tasks", "airflow"):
        for image in images.list(f"farflow/{ENVIRONMENT}-{layer}"):
            for tag in image.tags:
                images.remove(tag)


_STARTED = time.monotonic()


def _say(words: str) -> None:
    print(f"[{time.monotonic() - _STARTED:6.1f} s] {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
