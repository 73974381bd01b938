"""Modules of the Airflow image that load without Airflow, for tests outside of it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

AIRFLOW = Path(__file__).parents[3] / "airflow"


def load(path):
    """The module of a file of `airflow/`, such as `plugins/farflow/worker_ecs.py`, by a name that is nobody else's."""
    file = AIRFLOW / path
    name = f"in_image_{file.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]
