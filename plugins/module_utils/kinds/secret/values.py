# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The values of secrets: how they are made, and how one is put together from others. None is ever shown."""

from __future__ import annotations

import base64
import json
import re
import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from ...engine.errors import FarflowError

#: Kinds of generated value, each with its length in characters when none is given.
DEFAULT_LENGTHS = {"password": 32, "token": 43, "hex": 64, "fernet_key": 44}
LENGTHS = {"password": range(8, 129), "token": range(22, 4097), "hex": range(32, 4097)}

#: What Amazon RDS refuses in a password, and what shells and Airflow's configuration would expand.
DEFAULT_EXCLUDED = "/@\"' \\`$"

ENCODINGS: dict[str, Callable[[str], str]] = {
    "percent": lambda value: quote(value, safe=""),
    "json": lambda value: json.dumps(value)[1:-1],
    "none": lambda value: value,
}

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PASSWORD_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation)


def generated(kind: str, length: int | None = None, excluded: str | None = None) -> str:
    """A new value from the operating system's randomness.

    ``password`` has lower case, upper case, digits and punctuation, but for the excluded characters; ``token`` is
    safe in URLs; ``fernet_key`` is what cryptography's Fernet takes.
    """
    length = length or DEFAULT_LENGTHS[kind]
    if kind == "fernet_key":
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    if kind == "hex":
        return "".join(secrets.choice("0123456789abcdef") for _unused in range(length))
    if kind == "token":
        alphabet = string.ascii_letters + string.digits + "-_"
        return "".join(secrets.choice(alphabet) for _unused in range(length))
    return _password(length, DEFAULT_EXCLUDED if excluded is None else excluded)


def _password(length: int, excluded: str) -> str:
    classes = [set(characters) - set(excluded) for characters in _PASSWORD_CLASSES]
    classes = [characters for characters in classes if characters]
    alphabet = sorted(set().union(*classes))
    while True:
        password = [secrets.choice(alphabet) for _unused in range(length)]
        if all(characters.intersection(password) for characters in classes):
            return "".join(password)


def password_characters(excluded: str) -> int:
    """How many different characters are left for a password."""
    return len(set().union(*map(set, _PASSWORD_CLASSES)) - set(excluded))


def placeholders(template: str) -> set[str]:
    """The names that stand as ``{name}`` in a template."""
    return set(_PLACEHOLDER.findall(template))


def composed(template: str, parts: Mapping[str, str]) -> str:
    """The template with every ``{name}`` replaced by the part of that name."""
    return _PLACEHOLDER.sub(lambda match: parts[match[1]], template)


def encoded(value: str, encoding: str) -> str:
    """The value so that it can stand in a URL (``percent``), inside a JSON string (``json``) or as it is."""
    return ENCODINGS[encoding](value)


def member(value: str, json_key: str | None, secret: str) -> str:
    """A secret's value, or one member of it when it is a JSON object. ``secret`` is its name, for the error."""
    if json_key is None:
        return value
    try:
        document: Any = json.loads(value)
        found = document[json_key]
    except (ValueError, KeyError, TypeError):
        raise FarflowError(f"secret {secret} is not a JSON object with the key {json_key}") from None
    return found if isinstance(found, str) else json.dumps(found)
