# contract=2 (see entrypoint.sh)
"""Waits until the task execution API answers: a task that a worker takes before that fails.

In a deploy, workers and api-servers are replaced at the same time. After two minutes the worker starts all the same.
"""

from __future__ import annotations

import os
import sys
import time
from urllib.request import urlopen

LIMIT = 120  # seconds
PAUSE = 2


def main() -> int:
    url = os.environ.get("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "").rstrip("/")
    if not url:
        return 0
    end, told = time.monotonic() + LIMIT, False
    while time.monotonic() < end:
        try:
            with urlopen(f"{url}/health", timeout=5):
                return 0
        except OSError as error:
            if not told:
                print(f"waiting for the task execution API at {url}: {error}", file=sys.stderr)
                told = True
        time.sleep(PAUSE)
    print(f"the task execution API at {url} does not answer", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
