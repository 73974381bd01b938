"""An operation as its service's table sees it, and the rows that most operations need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...settings import ACCOUNT_ID
from ..evaluation import Request

#: Members of requests that have tags, and those that have only their keys.
_TAGS = ("Tags", "tags", "TagList")
_TAG_KEYS = ("TagKeys", "tagKeys")


@dataclass(frozen=True)
class Asked:
    """`prefix` is IAM's name of the service."""

    prefix: str
    operation: str
    parameters: Mapping[str, Any]
    region: str

    def __getitem__(self, member: str) -> Any:
        return self.parameters[member]

    def get(self, member: str, otherwise: Any = None) -> Any:
        return self.parameters.get(member, otherwise)

    def arn(self, resource: str, service: str = "") -> str:
        """The ARN of a resource of the account in this region."""
        return f"arn:aws:{service or self.prefix}:{self.region}:{ACCOUNT_ID}:{resource}"

    def named(self, resource: str, name: Any) -> str:
        """The same by a name that may be an ARN already."""
        return str(name) if str(name).startswith("arn:") else self.arn(f"{resource}{name}")

    def on(self, *resources: str, action: str = "", **context: Any) -> list[Request]:
        """A request for each of them, with the tags that the operation gives or takes. Without `action` it is that of
        the operation's name.
        """
        keys = {**self.tags(), **{name.replace("__", ":"): value for name, value in context.items()}}
        return self.without_tags(*resources, action=action, **keys)

    def without_tags(self, *resources: str, action: str = "", **context: Any) -> list[Request]:
        name = action if ":" in action else f"{self.prefix}:{action or self.operation}"
        keys = {key.replace("__", ":"): value for key, value in context.items() if value is not None}
        return [Request(name, resource, keys) for resource in resources]

    def tags(self) -> dict[str, Any]:
        """aws:RequestTag and aws:TagKeys of the operation."""
        pairs = [pair for member in _TAGS for pair in _pairs(self.get(member))]
        names = [name for name, _unused in pairs] + [key for member in _TAG_KEYS for key in self.get(member) or []]
        found: dict[str, Any] = {f"aws:RequestTag/{name}": value for name, value in pairs}
        return {**found, "aws:TagKeys": names} if names else found

    def has_tags(self) -> bool:
        return any(self.get(member) for member in _TAGS)

    def passes(self, role: Any, service: str) -> list[Request]:
        """iam:PassRole, where a role is given."""
        return self.without_tags(str(role), action="iam:PassRole", iam__PassedToService=service) if role else []


Row = Callable[[Asked], list[Request]]


def rows(operations: str, row: Row) -> dict[str, Row]:
    """The same row for each operation of a list of words."""
    return dict.fromkeys(operations.split(), row)


def everything(asked: Asked) -> list[Request]:
    """An action that knows no resources."""
    return asked.on("*")


def by(member: str, resource: str = "", otherwise: str | None = None) -> Row:
    """On the resource that a member names, by its name or ARN, or on each of those that it lists; on all of the kind,
    `otherwise`, where it is not given.
    """

    def row(asked: Asked) -> list[Request]:
        given = asked.get(member)
        names = given if isinstance(given, list) else [given] if given else [otherwise] if otherwise else []
        return asked.on(*(asked.named(resource, name) for name in names))

    return row


def needs_tagging(row: Row, action: str, new: Callable[[Asked], str], create_action: str = "") -> Row:
    """A row of an operation that creates: with tags, it needs the action that gives tags as well."""

    def with_tagging(asked: Asked) -> list[Request]:
        requests = row(asked)
        if not asked.has_tags():
            return requests
        context = {create_action: asked.operation} if create_action else {}
        return [*requests, *asked.on(new(asked), action=action, **context)]

    return with_tagging


def _pairs(tags: Any) -> Iterator[tuple[str, str]]:
    """Name and value of each tag, in any of the forms that services have."""
    if isinstance(tags, Mapping):
        yield from tags.items()
        return
    each: Mapping[str, str]
    for each in tags or ():
        names = ("Key", "key", "TagKey"), ("Value", "value", "TagValue")
        name, value = (next((each[one] for one in some if one in each), "") for some in names)
        yield name, value


def last(text: Any, separator: str = "/") -> str:
    return str(text).rpartition(separator)[2]


def together(parts: Iterable[list[Request]]) -> list[Request]:
    return [request for part in parts for request in part]
