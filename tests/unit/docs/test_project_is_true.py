"""What playbooks/project/ says, which becomes a project of the user's: versions, files, playbooks."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import ansible_collections.amazon.aws
import pytest
import yaml

ROOT = Path(__file__).parents[3]
PROJECT = ROOT / "playbooks" / "project"
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text())


@pytest.mark.parametrize("path", ["playbooks/project/requirements.yml", "awx/execution-environment.yml"])
def test_it_asks_for_exactly_this_collection_and_what_that_was_tested_with(path):
    document = yaml.safe_load((ROOT / path).read_text())
    collections = document.get("collections") or document["dependencies"]["galaxy"]["collections"]
    found = {one["name"]: one["version"] for one in collections}
    installed = {name: _installed(name) for name in GALAXY["dependencies"]}
    assert found == {"farflow.airflow": GALAXY["version"], **installed}


def _installed(collection):
    """The version of a collection that these tests run with."""
    folder = Path(ansible_collections.amazon.aws.__path__[0]) if collection == "amazon.aws" else None
    return json.loads((folder / "MANIFEST.json").read_text())["collection_info"]["version"]


def test_its_playbooks_are_the_collections():
    for path in (PROJECT / "playbooks").iterdir():
        (play,) = yaml.safe_load(path.read_text())
        assert play["import_playbook"] == f"farflow.airflow.{path.stem}"
        assert (ROOT / "playbooks" / path.name).is_file()


def test_the_summary_is_switched_on():
    config = configparser.ConfigParser()
    config.read(PROJECT / "ansible.cfg")
    assert config["defaults"]["callbacks_enabled"] == "farflow.airflow.summary"


def test_every_playbook_of_its_readme_exists():
    named = set(re.findall(r"farflow\.airflow\.([a-z_]+)", (PROJECT / "README.md").read_text()))
    assert named >= {"deploy", "dag_tasks", "init", "teardown"}
    assert [name for name in named if not (ROOT / "playbooks" / f"{name}.yml").is_file()] == []
