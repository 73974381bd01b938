"""Every variable that a playbook or a role reads is declared, or made by it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.plugin_utils.inputs import HANDED_ON, handed_on
from gathered import OPTIONS, ROOT, gather
from jinja2 import Environment, meta

#: What the look itself is given, and what is a right text or refused by it.
BEFORE_THE_LOOK = {
    *(f"farflow_{name}" for name in ("region", "profile", "endpoint_url", "access_key", "secret_key")),
    *("farflow_environment", "farflow_state", "farflow_teardown_confirm", "farflow_ignored_tags"),
}
_HANDED_ON = re.compile(r"\b__\w+\.inputs\.(\w+)")

PLAYBOOKS = sorted(path for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml"))
TASKS = sorted([*(ROOT / "playbooks" / "tasks").glob("*.yml"), *(ROOT / "roles").glob("*/tasks/*.yml")])

#: Keywords of Ansible whose texts are expressions without braces.
EXPRESSIONS = {"when", "that", "until", "failed_when", "changed_when"}
#: What Ansible itself brings.
MAGIC = re.compile(r"ansible_\w+|playbook_dir|role_path|inventory_dir|item|omit|lookup|query|hostvars|groups|now|undef")


class AnyName(dict):
    """Filters or tests of whatever name: which there are is not asked here."""

    def get(self, name, default=None):
        return super().get(name, str)


TEMPLATES = Environment()
TEMPLATES.filters, TEMPLATES.tests = AnyName(), AnyName()


def reads(document, keyword="") -> Iterator[str]:
    """The names of all variables in a document's templates and expressions."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield from reads(value, key)
    elif isinstance(document, list):
        for value in document:
            yield from reads(value, keyword)
    elif isinstance(document, str):
        template = f"{{{{ {document} }}}}" if keyword in EXPRESSIONS else document
        yield from meta.find_undeclared_variables(TEMPLATES.parse(template))


def makes(document, keyword="") -> Iterator[str]:
    """The names that a document gives itself: of vars, loops, results."""
    if isinstance(document, Mapping):
        if keyword in ("vars", "set_fact", "ansible.builtin.set_fact"):
            yield from document
        for key, value in document.items():
            if key in ("register", "loop_var", "index_var"):
                yield value
            yield from makes(value, key)
    elif isinstance(document, list):
        for value in document:
            yield from makes(value, keyword)


def declared(playbook: Path) -> set[str]:
    own = playbook.with_suffix(".meta.yml")
    if not own.exists():
        return set()
    return set(yaml.safe_load(own.read_text())["argument_specs"][playbook.stem]["options"])


@pytest.mark.parametrize("path", [*PLAYBOOKS, *TASKS], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_that_is_read_is_declared_or_made(path):
    document = yaml.safe_load(path.read_text())
    known = {*OPTIONS, *declared(path), *makes(document)}
    undeclared = {
        name
        for name in reads(document)
        if name not in known and not name.startswith("__") and not MAGIC.fullmatch(name)
    }
    # What includes a role's tasks by layer says so by this name.
    assert undeclared - {"layer"} == set()


@pytest.mark.parametrize("path", [*PLAYBOOKS, *TASKS], ids=lambda path: str(path.relative_to(ROOT)))
def test_variables_are_taken_from_the_look(path):
    """Which has their defaults, where they are given empty, and their types. As they are given, modules refuse some
    after others are done, and an empty number of minutes is none.
    """
    assert set(reads(yaml.safe_load(path.read_text()))).intersection(OPTIONS) - BEFORE_THE_LOOK == set()


def test_the_look_hands_on_what_is_taken_from_it():
    taken = {name for path in [*PLAYBOOKS, *TASKS] for name in _HANDED_ON.findall(path.read_text())}
    assert taken == set(HANDED_ON) <= set(OPTIONS)
    assert [name for name in HANDED_ON if OPTIONS[name].get("no_log")] == []


@pytest.mark.parametrize("name", HANDED_ON)
def test_what_is_handed_on_is_right_where_nothing_is_given(name):
    inputs, _unused = gather(**{name: None})
    assert (handed_on(inputs)[name] or None) == (OPTIONS[name].get("default") or None)


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.name)
def test_a_default_is_one_for_what_is_given_empty_too(path):
    defaults = re.findall(r"\b(\w+) \| default\(([^()]*)\)", path.read_text())
    asked = {*OPTIONS, *declared(path)} - {"wait_minutes"}  # which is refused where it is empty
    assert [name for name, default in defaults if name in asked and not default.endswith(", true")] == []


def test_a_date_is_handed_on_as_text():
    inputs, problems = gather(farflow_tags={"since": datetime.date(2026, 1, 1)})
    assert (handed_on(inputs)["farflow_tags"], problems) == ({"since": "2026-01-01"}, [])


def test_a_variable_that_nobody_declares_is_found():
    play = {"when": "a and __b", "debug": {"msg": "{{ c.d | default(e) }} f"}, "vars": {"c": 1}, "register": "a"}
    assert set(reads(play)) - set(makes(play)) == {"__b", "e"}


def multiplied(document) -> Iterator[str]:
    """The templates in a document that make seconds of minutes."""
    if isinstance(document, (Mapping, list)):
        for value in document.values() if isinstance(document, Mapping) else document:
            yield from multiplied(value)
    elif isinstance(document, str) and "* 60" in document:
        yield document


def test_minutes_that_are_given_as_text_are_numbers():
    """`-e wait_minutes=60` gives a text, and sixty times that text is a number, too."""
    templates = [one for path in [*PLAYBOOKS, *TASKS] for one in multiplied(yaml.safe_load(path.read_text()))]
    own = [one for one in templates if not _HANDED_ON.search(one)]
    template = Environment(autoescape=True).from_string
    assert {template(one).render(dict.fromkeys(reads(one), "7")) for one in own} == {"420"}
