"""Calls of AWS, written by recorder/sitecustomize.py with their arguments and the tags of what these name by an id."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

Call = dict[str, Any]

#: For PYTHONPATH.
RECORDER = Path(__file__).parent / "recorder"


@contextlib.contextmanager
def recording(path: Path) -> Iterator[None]:
    """A context: within it the calls of this process are written to the file."""
    spec: Any = importlib.util.spec_from_file_location("recorder", RECORDER / "sitecustomize.py")
    before = BaseClient._make_api_call
    with patch.dict(os.environ, {"CALLS_OF_AWS": str(path)}):
        try:
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
            yield
        finally:
            BaseClient._make_api_call = before


def recorded(path: Path) -> list[Call]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
