"""The tags of a resource as AWS tells them and as somebody with the account's keys changes them, by its type and name
and its id.
"""

from __future__ import annotations

from typing import Any

from tests.kinds import KINDS, Never, Tagging

Key = tuple[str, str]
Tags = dict[str, str]

#: Kinds that carry no tags of ours, and why.
WITHOUT_TAGS = {type_: facts.tags.why for type_, facts in KINDS.items() if isinstance(facts.tags, Never)}


def _tagging(key: Key) -> Tagging | None:
    facts = KINDS.get(key[0])
    return facts.tags if facts and isinstance(facts.tags, Tagging) else None


def read_tags(aws: Any, key: Key, id_: str) -> Tags:
    """The tags of a resource; none of one of a kind that carries none."""
    tagging = _tagging(key)
    return tagging.read(aws, key[1], id_) if tagging else {}


def write_tags(aws: Any, key: Key, id_: str, before: Tags, after: Tags) -> None:
    """Makes the tags of a resource what they are ``after``."""
    tagging = _tagging(key)
    assert tagging, f"{key[0]} has no tags"
    superfluous = sorted(set(before) - set(after))
    added = {name: value for name, value in after.items() if before.get(name) != value}
    if superfluous:
        tagging.remove(aws, key[1], id_, superfluous)
    if added:
        tagging.add(aws, key[1], id_, added)
