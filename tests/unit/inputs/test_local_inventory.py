"""The inventory of the demo: which embedded AWS is meant has to be said, as several may run at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from gathered import ROOT

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.debug: {var: farflow_endpoint_url}
"""


@pytest.fixture
def show(tmp_path):
    """``show(**environment)``: what Ansible prints of the endpoint's URL, and how it ends."""
    playbook = tmp_path / "show.yml"
    playbook.write_text(PLAYBOOK)

    def show(**environment):
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventories/local", str(playbook)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(
            command, cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, check=False
        )

    return show


def test_the_one_that_the_environment_names_is_meant(show):
    shown = show(AWS_ENDPOINT_URL="http://127.0.0.1:4567")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "http://127.0.0.1:4567" in shown.stdout


def test_none_is_taken_that_was_not_named(show):
    shown = show()
    assert 'says what embedded AWS is meant: eval "$(make -s demo-env)"' in (shown.stdout + shown.stderr).replace(
        "\\", ""
    )
    assert "4566" not in shown.stdout
