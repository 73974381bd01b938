"""docs/code.md is a map of the code: its rooms are those that there are, and imports go only where it says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from test_readme_is_true import DOCS, ROOT, rows

CODE = ROOT / "plugins" / "module_utils"
ROOMS = {room.strip("`"): imports for room, _unused, imports in rows(DOCS / "code.md", "Rooms")}


def allowed(room):
    """The rooms that one may import; "all above" are those of the rows before."""
    names = set(re.findall(r"`(\w+)`", ROOMS[room]))
    return names | (set(list(ROOMS)[: list(ROOMS).index(room)]) if "all above" in ROOMS[room] else set())


def imported(path):
    """The modules of this folder that a file imports, as paths from here."""
    package = path.relative_to(CODE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            names = [*base, *(node.module or "").split(".")] if node.module else list(base)
            for alias in node.names:
                whole = [*names, alias.name]
                found = CODE.joinpath(*whole)
                yield Path(*(whole if found.is_dir() or found.with_suffix(".py").exists() else names))


def files(pattern="*.py"):
    return sorted(path for path in CODE.rglob(pattern) if path.read_text(encoding="utf-8"))


def test_every_room_is_on_the_map():
    there = {path.relative_to(CODE).parts[0].removesuffix(".py") for path in files()}
    assert there == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_the_map_says(room):
    mine = [path for path in files() if path.relative_to(CODE).parts[0].removesuffix(".py") == room]
    found = {target.parts[0]: path for path in mine for target in imported(path) if target.parts[0] != room}
    assert {name: str(path) for name, path in found.items() if name not in allowed(room)} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_the_map_says_no_more_than_there_is(room):
    mine = [path for path in files() if path.relative_to(CODE).parts[0].removesuffix(".py") == room]
    found = {target.parts[0] for path in mine for target in imported(path)}
    assert {name for name in re.findall(r"`(\w+)`", ROOMS[room]) if name not in found} == set()


def test_no_arrow_goes_up():
    order = list(ROOMS)
    shared = {"naming", "dag_versions"}
    assert [
        (room, name) for room in order for name in allowed(room) - shared if order.index(name) > order.index(room)
    ] == []


@pytest.mark.parametrize(("one", "other"), [("documents", "calls"), ("calls", "documents")])
def test_what_compares_and_what_calls_know_nothing_of_each_other(one, other):
    pairs = [(path, target) for path in files(f"{one}.py") for target in imported(path)]
    wrong = [str(path) for path, target in pairs if path.relative_to(CODE).parts[0] == "kinds" and target.name == other]
    assert wrong == []


def test_a_module_imports_no_environment_but_where_it_is_about_one():
    """A module imports its own kind, not the registry of all."""
    modules = sorted((ROOT / "plugins" / "modules").glob("*.py"))
    found = [path.name for path in modules if "module_utils.environment.layers" in path.read_text(encoding="utf-8")]
    assert found == []


def test_paths_of_the_map_are_there():
    text = (DOCS / "code.md").read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([\w/]+(?:/|\.py|\.yml|\.md))`", text) if "/" in name and "<" not in name}
    places = [ROOT, CODE]
    assert [name for name in sorted(named) if not any((place / name).exists() for place in places)] == []


#: Modules that manage nothing of AWS: they read, or work on this machine, or on AWX.
NO_RESOURCE = {
    *(
        "awx_assets",
        "dag_bundle_info",
        "dag_check",
        "dag_task_info",
        "dag_tests",
        "deployer_policy",
        "environment_plan",
    ),
    "project_folder",
}


def test_every_module_says_why_it_is_ours():
    told = {module.strip("`") for module, *_reasons in rows(DOCS / "code.md", "Why these modules are ours")}
    assert told == {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")} - NO_RESOURCE
