"""The log of AWS calls: one JSON line each, in a file that tests read from outside the process."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any


class CallLog:
    """Append-only file of calls; `reset` empties it."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = path.open("a+", encoding="utf-8")

    def add(self, call: dict[str, Any]) -> None:
        line = json.dumps(call) + "\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()

    def reset(self) -> None:
        with self._lock:
            self._file.truncate(0)

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            self._file.seek(0)
            return [json.loads(line) for line in self._file]
