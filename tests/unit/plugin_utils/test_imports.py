"""This collection's Python is compiled once, and not in every run."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader

import pytest
from ansible_collections.farflow.airflow.plugins.plugin_utils.imports import OwnFiles

from tests.stack.playbooks import ROOT

_PLUGINS = "ansible_collections.farflow.airflow.plugins"
_ENGINE = str(ROOT / "plugins" / "module_utils" / "engine")


def test_a_file_of_ours_is_loaded_as_python_loads_it():
    spec = OwnFiles().find_spec(f"{_PLUGINS}.module_utils.engine.tags", [_ENGINE])
    assert isinstance(spec.loader, SourceFileLoader)
    assert spec.origin == f"{_ENGINE}/tags.py"
    assert spec.cached.endswith(".pyc")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ansible_collections.amazon.aws.plugins.module_utils.tags", [_ENGINE]),
        (f"{_PLUGINS}.action.tags", [_ENGINE]),
        (f"{_PLUGINS}.module_utils", None),
        (f"{_PLUGINS}.module_utils.engine.nothing", [_ENGINE]),
        (f"{_PLUGINS}.module_utils.engine.tags", ["/no/such/folder"]),
    ],
)
def test_anything_else_is_left_to_who_finds_it(name, path):
    assert OwnFiles().find_spec(name, path) is None
