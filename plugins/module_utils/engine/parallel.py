# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bounded concurrency."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from .errors import FarflowError, together

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_WORKERS = 16


def in_parallel(function: Callable[[Item], Answer], items: Iterable[Item], workers: int = _WORKERS) -> list[Answer]:
    """The function's answers in the order of the items. All run, also when some fail. Then their FarflowErrors are
    raised as one; of other exceptions, the first.
    """
    work = list(items)
    if len(work) <= 1:
        return [function(item) for item in work]
    with ThreadPoolExecutor(max_workers=min(workers, len(work))) as pool:
        futures = [pool.submit(function, item) for item in work]
    errors = [future.exception() for future in futures]
    unexpected = next((error for error in errors if error and not isinstance(error, FarflowError)), None)
    if unexpected:
        raise unexpected
    failed: list[Any] = [error for error in errors if error]
    if failed:
        raise failed[0] if len(failed) == 1 else together(failed)
    return [future.result() for future in futures]
