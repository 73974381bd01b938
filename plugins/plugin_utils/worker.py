# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Settings of Ansible's worker processes: it forks one for each task."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import Any

from ..module_utils.engine.session import read_models

_THRESHOLDS = (20_000, 50, 100)


def inherit_models(services: Iterable[str]) -> None:
    """Reads botocore's models of the services that an action plugin calls. To be called when the plugin is imported:
    Ansible does that in the process from which it forks its workers, so that the models are read once in a run, not
    for each task.
    """
    gc.disable()  # the models stay: collecting garbage while they are read takes longer than reading them
    try:
        read_models(services)
    finally:
        gc.freeze()
        gc.enable()


def collect_little_garbage() -> None:
    """Makes garbage collection rare in a worker, which lives for one task. What it has inherited stays until it ends:
    to search all of that again and again, which copies its memory pages too, takes a quarter of a plan's time.
    """
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


def say_at_once(display: Any, text: str) -> None:
    """Says on stderr, while a task runs, why it takes long. What is said on stdout, where that is no terminal,
    Ansible shows only when the next task starts.
    """
    display.display(text, stderr=True)
