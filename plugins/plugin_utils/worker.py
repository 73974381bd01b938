# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the processes are told that Ansible forks for one task each."""

from __future__ import annotations

import gc

_THRESHOLDS = (20_000, 50, 100)


def collect_little_garbage() -> None:
    """A worker lives for one task. What it has inherited stays until it ends, so to look through all of that again and
    again (which copies its pages, too) is a quarter of what a look costs.
    """
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
