"""Every variable that a playbook or a role reads is declared, or made by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from gathered import OPTIONS, ROOT
from jinja2 import Environment, meta

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
    """`-e rds_wait_minutes=60` gives a text, and sixty times that text is a number, too."""
    templates = [one for path in [*PLAYBOOKS, *TASKS] for one in multiplied(yaml.safe_load(path.read_text()))]
    template = Environment(autoescape=True).from_string
    assert {template(one).render(dict.fromkeys(reads(one), "7")) for one in templates} == {"420"}
