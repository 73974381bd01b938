"""What playbooks/project/ says, which becomes a project of the user's: versions, files, playbooks."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PROJECT = ROOT / "playbooks" / "project"
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text())


@pytest.mark.parametrize("path", ["playbooks/project/requirements.yml", "awx/execution-environment.yml"])
def test_it_asks_for_this_collection_and_what_that_needs(path):
    document = yaml.safe_load((ROOT / path).read_text())
    collections = document.get("collections") or document["dependencies"]["galaxy"]["collections"]
    found = {one["name"]: one["version"] for one in collections}
    major, minor, _unused = map(int, GALAXY["version"].split("."))
    following = f"0.{minor + 1}.0" if major == 0 else f"{major + 1}.0.0"
    own = f">={GALAXY['version']},<{following}"
    assert found == {"farflow.airflow": own, **GALAXY["dependencies"]}


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
