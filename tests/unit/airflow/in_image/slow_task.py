"""A task of Celery's that takes as long as it is let, for a worker that imports this: `extra_celery_config`."""

from __future__ import annotations

import time
from pathlib import Path

from celery import shared_task


@shared_task(name="slow")
def slow(number: int) -> None:
    """Ends when a file `/tmp/<number>` is there."""
    print(f"task {number} begins", flush=True)
    while not Path(f"/tmp/{number}").exists():
        time.sleep(0.2)
    print(f"task {number} ends", flush=True)
