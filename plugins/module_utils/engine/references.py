# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ids that AWS assigns only when a resource is created, written as references to that resource: a plan contains the
references, and modules get the ids in their place once the resource exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .compare import UNKNOWN, contains_unknown

#: Type and name of a resource.
Key = tuple[str, str]

#: Key that the plan adds to a resource's arguments: references to the resources that have to exist before it.
AFTER = "__farflow_after"

_REFERENCE = re.compile(re.escape(UNKNOWN) + r"<(\w+) ([^<>]+)>")


def reference(type_: str, name: str) -> str:
    """What stands for the id of a resource that has none yet. Like UNKNOWN it differs from everything."""
    return f"{UNKNOWN}<{type_} {name}>"


def references(document: Any) -> set[Key]:
    """The resources that a document refers to."""
    return {(match[1], match[2]) for text in _texts(document) for match in _REFERENCE.finditer(text)}


def is_unknown_for_good(document: Any) -> bool:
    """Whether the document holds an unknown value that is no reference: only another read of AWS can tell it."""
    return any(UNKNOWN in _REFERENCE.sub("", text) for text in _texts(document))


def resolved(document: Any, ids: Mapping[Key, str]) -> Any:
    """The document with the known ids in place of the references to them; others stay."""
    if isinstance(document, str):
        return _REFERENCE.sub(lambda match: ids.get((match[1], match[2]), match[0]), document)
    if isinstance(document, Mapping):
        return {resolved(key, ids): resolved(value, ids) for key, value in document.items()}
    if isinstance(document, (list, tuple)):
        return [resolved(item, ids) for item in document]
    return document


def _texts(document: Any) -> Iterator[str]:
    """The texts in it that hold something that is not known yet."""
    if isinstance(document, str):
        if contains_unknown(document):
            yield document
    elif isinstance(document, Mapping):
        for pair in document.items():
            yield from _texts(pair)
    elif isinstance(document, (list, tuple, set, frozenset)):
        for item in document:
            yield from _texts(item)
