# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether a connection, a document or a text has a password or a key in it, as far as its form shows that: by the names
of members and pairs, and by where a URI has its password. What was meant as JSON and is none is seen, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from . import airflow_options

_NAME_OF_SECRET = re.compile(
    "passw|secret|token|(access|api|private)_?key|(?<![a-z])(pass|pwd)(?![a-z])", re.IGNORECASE
)
#: Of these a number is a secret, too; of others it is a limit or a time.
_NAME_OF_PASSWORD = re.compile("(passw(or)?d|passphrase|pwd)$", re.IGNORECASE)
#: Airflow hides these, too, for what they may hold; whether they do is seen.
_SEEN = {"proxies", "proxy", "service_account"}

#: At the end of a variable's name; what is of a secret, as its name or its age, has more behind it.
_END_OF_NAME = re.compile("(passw(or)?d|passphrase|pwd|secret|token|(access|api|private|secret)_?key)$")
#: A shell has its folders there.
_FOLDERS = {"pwd", "oldpwd"}
#: A template, whose password comes from elsewhere.
_TEMPLATE_OF_URI = re.compile(r"//[^/?#@:]*:[{$<]")

#: What stands behind a port is no password: http://example.org:80/x@y.
_PASSWORD_IN_URI = re.compile(r"//(?!\[)[^/?#@:]*:(?!\d+[/?#\s])[^@]+@")
#: user:password@host, but neither ada's address, nor an ARN, nor an image with its digest.
_PASSWORD_WITHOUT_SCHEME = re.compile(
    r"(?!mailto:|sips?:|arn:)(?!\d)[\w.+%-]*:[^/?#@\s]+@(?!sha\d+:)[^@\s]+", re.IGNORECASE
)

_VALUE = r"""(?P<value>\\*["'][^"'\\]*|[^\s"'\\,;&}\]]+)"""
_PAIRS = (
    re.compile(rf"""(?P<quote>["'])(?P<name>[^"'\\]+)\\*(?P=quote)\s*(?::|=>?)\s*{_VALUE}"""),
    re.compile(rf"(?<![\w.])(?P<name>[\w-]+)\s*=(?!=)>?\s*{_VALUE}"),
    re.compile(rf"[{{,]\s*(?P<name>[\w-]+)\s*:\s*{_VALUE}"),
)
_LINE = re.compile(rf"^[\s-]*(?P<name>\w[\w-]*)\s*:\s*{_VALUE}", re.MULTILINE)

_NOTHING = {"", "none", "null", "~", "true", "false", "{", "["}


def holds_secret(value: Any) -> bool:
    """Whether there is one in a document or a text; what was meant as JSON counts as such."""
    if isinstance(value, str):
        document = _parsed(value)
        return _text_holds_secret(value) if document is None else holds_secret(document)
    if isinstance(value, Mapping):
        return any(_member_is_secret(key, each) or holds_secret(each) for key, each in value.items())
    return isinstance(value, list) and any(map(holds_secret, value))


def lines_hold_secret(text: str) -> bool:
    """Whether a text has lines ``name: value`` with one, as YAML has; a sentence may look like that."""
    return any(_is_pair(match) for match in _LINE.finditer(text))


def is_sensitive(name: object, but: Collection[str] = ()) -> bool:
    """Whether Airflow hides the value of what has this name, as a variable or a member of a connection."""
    written = re.sub(r"\W+", "_", str(name).strip().lower())
    return any(each in written for each in airflow_options.SENSITIVE_NAMES if each not in but)


def names_secret(name: object) -> bool:
    """Whether a member, a pair or an option of this name has a secret as its value."""
    return bool(_NAME_OF_SECRET.search(re.sub("-", "_", str(name)))) or is_sensitive(name, but=_SEEN)


def is_plain_secret(name: str, value: Any) -> bool:
    """Whether an environment variable of which only the name and the value are known holds one; an ARN is none."""
    written, lower = value if isinstance(value, str) else "", name.lower()
    if written and (written.lower() in _NOTHING or written.startswith("arn:")):
        return False
    if _PASSWORD_IN_URI.search(written) and not _TEMPLATE_OF_URI.search(written):
        return True
    is_named_so = lower not in _FOLDERS and bool(_END_OF_NAME.search(lower))
    return is_named_so and _is_secret(name, 0 if written.isdecimal() else value)


def _parsed(text: str) -> Any:
    """What a text is as JSON, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _member_is_secret(key: object, value: Any) -> bool:
    return names_secret(key) and any(_is_secret(key, each) for each in _leaves(value))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, list):
        yield value
        return
    for each in value:
        yield from _leaves(each)


def _is_secret(name: object, value: Any) -> bool:
    if isinstance(value, str):
        return value != ""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and bool(_NAME_OF_PASSWORD.search(str(name)))


def _text_holds_secret(text: str) -> bool:
    if any(map(_PASSWORD_IN_URI.search, (text, unquote(text)))) or _PASSWORD_WITHOUT_SCHEME.fullmatch(text.strip()):
        return True
    # In its query a connection's URI has the rest of the connection.
    if "://" in text and holds_secret(dict(parse_qsl(text.partition("?")[2].partition("#")[0]))):
        return True
    return any(_is_pair(match) for pattern in _PAIRS for match in pattern.finditer(text))


def _is_pair(match: re.Match[str]) -> bool:
    name, value = match["name"], match["value"].lstrip("\\").strip("\"'")
    if not names_secret(name) or value.lower() in _NOTHING:
        return False
    return not value.isdecimal() or bool(_NAME_OF_PASSWORD.search(name))
