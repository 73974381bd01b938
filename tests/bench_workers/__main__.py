"""`python -m tests.bench_workers`, which is `make bench-workers`: writes docs/bench-workers.md and its picture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .page import comparison, page
from .picture import picture
from .results import asked, gather

_DOCS = Path(__file__).parents[2] / "docs"


def main() -> int:
    """1 where something that is asked for is missed."""
    parser = argparse.ArgumentParser(prog="bench-workers", description="How workers follow the work, simulated.")
    parser.add_argument("--output", type=Path, default=_DOCS, help="the folder to write to (default: docs)")
    folder = parser.parse_args().output
    results = gather()
    (folder / "bench-workers.md").write_text(page(results))
    (folder / "bench-workers.svg").write_text(picture())
    print(comparison(results))
    missed = [one.trace for one in asked(results.compared) if not one.met]
    for trace in missed:
        print(f"missed: {trace}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
