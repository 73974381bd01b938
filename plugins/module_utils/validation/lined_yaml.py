# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""YAML of one mapping, with the line of every key, so that a complaint can point at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..engine.errors import FarflowError
from .yaml_numbers import misread

try:
    import yaml
except ImportError:  # Ansible itself brings it
    yaml = None  # type: ignore[assignment]

#: Keys and list indexes that lead to a value.
Path = tuple[Any, ...]

#: A mapping of this many values is no settings any more, but a handful of aliases of aliases can become one.
_MOST_VALUES = 20_000
#: What helps, beside PyYAML's own words.
_HINTS = {
    "mapping values are not allowed in this context": "; in quotes a text may have a colon at its end or before a space"
}
_MAPPING = "tag:yaml.org,2002:map"
_NUMBERS = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}


class LinedYaml:
    """``data`` is the document, ``problems`` are (line, text) of what makes it no plain mapping."""

    def __init__(self, text: str) -> None:
        """Reads a document; an empty one is an empty mapping. Errors of YAML become problems."""
        if yaml is None:
            raise FarflowError("the Python that runs this has no PyYAML: install the package pyyaml for it")
        self.data: dict[Any, Any] = {}
        self.problems: list[tuple[int, str]] = []
        self._lines: dict[Path, int] = {(): 1}
        try:
            self._read(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            what = (getattr(error, "problem", None) or str(error)).splitlines()[0]
            self.problems.append((mark.line + 1 if mark else 1, f"not YAML: {what}{_HINTS.get(what, '')}"))
        except RecursionError:
            self.problems.append((1, "not YAML: nested too deeply"))
        except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
            # What PyYAML's constructors raise for a value that its tag does not fit: a day that no calendar has,
            # "!!bool maybe", "!!timestamp x".
            self.problems.append((1, f"not YAML: a value does not fit its tag: {error}"))

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def _read(self, text: str) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return
            if not isinstance(node, yaml.MappingNode) or node.tag != _MAPPING:
                self.problems.append((node.start_mark.line + 1, "must be a mapping of keys to values"))
                return
            self._index(node, (), frozenset())
            if len(self._lines) > _MOST_VALUES:
                self.problems.append((1, f"has more than {_MOST_VALUES} values, counting what aliases repeat"))
            if not self.problems:
                self.data = loader.construct_document(node)
        finally:
            loader.dispose()

    def _index(self, node: Any, path: Path, around: frozenset[int]) -> None:
        around |= {id(node)}
        for key, pointed_at, value in _children(node):
            if len(self._lines) > _MOST_VALUES:
                return
            line = pointed_at.start_mark.line + 1
            if (*path, key) in self._lines:
                self.problems.append((line, f"{key}: given twice"))
            self._lines[*path, key] = line
            if told := _misread(value):
                self.problems.append((line, f"{key}: {told}"))
            if id(value) in around:
                self.problems.append((line, f"{key}: refers to itself"))
            else:
                self._index(value, (*path, key), around)


def _misread(node: Any) -> str:
    """What is wrong with a number that YAML reads otherwise than a person does."""
    if not isinstance(node, yaml.ScalarNode) or node.style or node.tag not in _NUMBERS:
        return ""
    return misread(node.value, yaml.safe_load(node.value))


def _children(node: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Each child's key, the node to point at, and the child."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            # A list or a mapping is no key of ours; where it stands tells two of them apart.
            name = key.value if isinstance(key, yaml.ScalarNode) else f"line {key.start_mark.line + 1}"
            yield name, key, value
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield index, item, item
