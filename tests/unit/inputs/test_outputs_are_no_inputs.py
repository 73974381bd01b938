"""What playbooks tell by set_stats comes back as extra variables in the next job of an AWX workflow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.plugin_utils.inputs import OUTPUTS, unknown
from gathered import OPTIONS, ROOT


def told(document: Any) -> Iterator[str]:
    """The names that a playbook gives to set_stats, however deep its task lies in blocks."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from value["data"] if key == "ansible.builtin.set_stats" else told(value)
    elif isinstance(document, list):
        for each in document:
            yield from told(each)


def test_every_name_that_a_playbook_tells_is_listed():
    playbooks = [*(ROOT / "playbooks").glob("*.yml"), *(ROOT / "playbooks" / "tasks").glob("*.yml")]
    assert {name for path in playbooks for name in told(yaml.safe_load(path.read_text()))} == set(OUTPUTS)


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_is_no_misspelt_input(name):
    assert unknown({name: "x"}, OPTIONS) == []
    assert name not in OPTIONS


def test_what_only_looks_like_an_output_is_one():
    assert len(unknown({"farflow_pendings": 1}, OPTIONS)) == 1
