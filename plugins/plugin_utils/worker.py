# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What concerns the processes that Ansible forks for one task each."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import Any

from ..module_utils.engine.session import read_models

_THRESHOLDS = (20_000, 50, 100)


def inherit_models(services: Iterable[str]) -> None:
    """Reads botocore's models of services for an action plugin that asks them. Called when the plugin is imported,
    which Ansible does in the process that it forks its workers from: so they are read once in a run, not for each task.
    """
    gc.disable()  # what is read stays: to look through it while it grows costs more than to read it
    try:
        read_models(services)
    finally:
        gc.freeze()
        gc.enable()


def collect_little_garbage() -> None:
    """A worker lives for one task. What it has inherited stays until it ends, so to look through all of that again and
    again (which copies its pages, too) is a quarter of what a look costs.
    """
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


def say_at_once(display: Any, text: str) -> None:
    """Says why a task takes long, while it does. Where stdout is no terminal, Ansible keeps what is said there until
    the next task starts.
    """
    display.display(text, stderr=True)
