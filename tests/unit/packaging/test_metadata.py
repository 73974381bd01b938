"""What the collection says of itself, in the files where Ansible's tools look for it."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.engine.session import OLDEST_BOTOCORE
from ansible_collections.farflow.airflow.plugins.plugin_utils import former_modules

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))

FILTERS = sorted((ROOT / "plugins" / "filter").glob("*.yml"))


def load(name: str):
    return yaml.safe_load((ROOT / name).read_text())


def documentation(module: str):
    name = f"ansible_collections.farflow.airflow.plugins.modules.{module}"
    return yaml.safe_load(importlib.import_module(name).DOCUMENTATION)


def group() -> list[str]:
    return [each for each in load("meta/runtime.yml")["action_groups"]["aws"] if isinstance(each, str)]


@pytest.mark.parametrize("module", MODULES)
def test_who_takes_the_common_aws_arguments_takes_their_defaults(module):
    fragments = documentation(module).get("extends_documentation_fragment", [])
    assert (module in group()) == ("amazon.aws.common.modules" in fragments)


def test_the_action_group_names_modules_that_exist():
    assert sorted(set(group())) == sorted(group())
    assert set(group()) <= set(MODULES)


def test_versions_agree():
    version = load("galaxy.yml")["version"]
    assert PROJECT["version"] == version
    assert version in load("changelogs/changelog.yaml")["releases"]


def test_the_changelog_has_each_module_in_the_release_that_it_came_with():
    """`antsibull-changelog release --update-existing` writes it anew. What is newer is in no release yet."""
    releases = load("changelogs/changelog.yaml")["releases"]
    told = {each["name"]: version for version, release in releases.items() for each in release.get("modules", [])}
    told = {name: version for name, version in told.items() if name not in former_modules.LISTS}
    added = {module: documentation(module)["version_added"] for module in MODULES}
    assert {module: version for module, version in added.items() if version in releases} == told
    assert {version for version in added.values() if version not in releases} <= {next_version()}


def test_a_former_name_leads_to_the_module_of_today_for_one_minor_version():
    routes = load("meta/runtime.yml")["plugin_routing"]["modules"]
    former = {name: each for name, each in routes.items() if "redirect" in each}
    assert {name: f"{name}s" for name in former_modules.LISTS} == {
        name: each["redirect"].rpartition(".")[2] for name, each in former.items()
    }
    major, minor, _patch = next_version().split(".")
    for name, route in former.items():
        deprecation = route["deprecation"]
        assert deprecation["removal_version"] == f"{major}.{int(minor) + 1}.0"
        assert f"as an element of its list {former_modules.LISTS[name]};" in deprecation["warning_text"]


@pytest.mark.parametrize("name", former_modules.LISTS)
def test_what_a_former_name_took_in_the_last_release_is_taken_still(name):
    taken = options(documentation(f"{name}s")["options"])
    element = f"{former_modules.LISTS[name]}."
    released = load("tests/unit/packaging/released_options.yml")[name]
    assert set(released) <= {option.removeprefix(element) for option in taken}


def next_version() -> str:
    """Of the release after the one that galaxy.yml names."""
    major, minor, _patch = load("galaxy.yml")["version"].split(".")
    return f"{major}.{int(minor) + 1}.0"


def options(documented, place="") -> dict[str, str | None]:
    """Every option with its path, and since when it is there."""
    found = {}
    for name, option in (documented or {}).items():
        found[place + name] = option.get("version_added")
        # What came with another option came when that did.
        if not option.get("version_added"):
            found |= options(option.get("suboptions"), f"{place}{name}.")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_an_option_that_is_newer_than_the_last_release_says_so(module):
    released = load("tests/unit/packaging/released_options.yml")
    there = options(documentation(module).get("options"))
    if module in released:
        new = {name for name in there if name not in released[module]}
        assert {name for name, version in there.items() if version == next_version()} == new


def test_the_options_of_tags_and_filters_say_since_when_they_are_there():
    fragment = importlib.import_module("ansible_collections.farflow.airflow.plugins.doc_fragments.tags")
    documented = yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"]
    assert options(documented) == {"ignored_tags": next_version()}
    filters = {path.stem: load(str(path))["DOCUMENTATION"]["version_added"] for path in FILTERS}
    plugins = load("changelogs/changelog.yaml")["releases"].values()
    told = {each["name"] for release in plugins for each in release.get("plugins", {}).get("filter", [])}
    assert {name for name, version in filters.items() if version != next_version()} <= told
    assert {name for name, version in filters.items() if version == next_version()} & told == set()


def test_execution_environments_get_what_the_controller_here_has():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = {line for line in lines if line and not line.startswith("#")}
    assert wanted == {each for each in PROJECT["dependencies"] if not each.startswith("ansible")}
    assert f"botocore>={OLDEST_BOTOCORE}" in wanted


@pytest.mark.parametrize("path", ["README.md", "docs/aws.md"])
def test_who_installs_by_hand_gets_a_boto3_that_is_new_enough(path):
    assert f"'boto3>={OLDEST_BOTOCORE}'" in (ROOT / path).read_text()


def test_dependencies_are_ranges_of_collections_that_are_used():
    used = set()
    for folder in ("plugins", "roles", "playbooks"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".yml") and "project" not in path.parts:
                used.update(re.findall(r"\b((?:amazon|community)\.[a-z]+)\.[a-z_]", path.read_text()))
    dependencies = load("galaxy.yml")["dependencies"]
    assert set(dependencies) == used
    assert all(re.fullmatch(r">=\d+\.\d+\.\d+,<\d+\.0\.0", each) for each in dependencies.values())
