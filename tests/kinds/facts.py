"""What tests need to know about each kind of resource: facts, and drifts, which are changes by hand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.farflow.airflow.plugins.module_utils.engine.kind import Kind

Tags = dict[str, str]
Hand = Callable[[Any], None]


@dataclass(frozen=True)
class Tagging:
    """How a test reads and writes a resource's tags by itself, as a person would: ``read(aws, name, id)``,
    ``add(aws, name, id, tags)``, ``remove(aws, name, id, keys)``.
    """

    read: Callable[[Any, str, str], Tags]
    add: Callable[[Any, str, str, Tags], Any]
    remove: Callable[[Any, str, str, list[str]], Any]


def tagged_whole(read: Callable[[Any, str], Tags], write: Callable[[Any, str, Tags], Any]) -> Tagging:
    """Of a service that takes all tags of a resource at once, by its name."""
    return Tagging(
        lambda aws, name, id_: read(aws, name),
        lambda aws, name, id_, tags: write(aws, name, {**read(aws, name), **tags}),
        lambda aws, name, id_, keys: write(
            aws, name, {key: value for key, value in read(aws, name).items() if key not in keys}
        ),
    )


@dataclass(frozen=True)
class Never:
    """Stands where a fact does not apply to a kind, with the reason."""

    why: str


@dataclass(frozen=True)
class CloudFormation:
    """The ``type`` of CloudFormation. ``renamed`` are our properties that have another name there, or, with None, no
    place there; ``more`` is what ours do not say.
    """

    type: str
    renamed: Mapping[str, str | None] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    tags: str = "Tags"


@dataclass(frozen=True)
class Facts:
    """``made_by`` is the call that creates a resource of the kind, ``read_by`` the one that describes it, for example
    ``ec2 CreateVpc``; ``tells_of_one`` says that the latter's answer describes a single resource, not a list.
    ``changed_by`` is the Kind that changes one, or a function ``(clients, wanted)`` that gives its Operations.
    ``found_by`` are the properties by which one is found: they never differ. ``more_names`` has, for calls that
    answer with names and values, a function that adds a name nobody knows. ``cloudformation`` says how CloudFormation
    writes one, where that is only a matter of names.
    """

    made_by: str | Never
    read_by: str
    tags: Tagging | Never
    changed_by: Kind | Callable[..., Any] | Never
    found_by: Collection[str] = ()
    cloudformation: CloudFormation | None = None
    tells_of_one: bool = False
    more_names: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


#: The facts of each kind of resource that an environment has, by type.
KINDS: dict[str, Facts] = {}


def kind(type_: str, **facts: Any) -> None:
    """Declares the facts of a kind."""
    KINDS[type_] = Facts(**facts)


#: Every drift, in the order of the files that declare them.
DRIFTS: list[Drift] = []


@dataclass(frozen=True)
class Drift:
    """A change of an environment by hand, and what the next plan must say about it. ``do(aws)`` makes the change.
    ``action`` is the action that the plan must have, for example ``change log_group /farflow/x``, and ``reason`` is
    part of that action's reasons. ``follows`` are further actions: what is created again has a new id, which other
    resources refer to. ``seen_by`` is the operation in whose answers it shows, for example ``s3 GetBucketPolicy``.
    """

    do: Hand
    action: str
    reason: str = ""
    follows: tuple[str, ...] = ()
    seen_by: str = ""
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.do.__name__.replace("_", " "))

    @property
    def resources(self) -> set[str]:
        """The resources that it affects, each as ``log_group /farflow/x``."""
        return {action.split(" ", 1)[1] for action in (self.action, *self.follows)}

    def goes_with(self, other: Drift) -> bool:
        """Whether both drifts can be on one resource at a time: each changes it in place, in another property."""
        plain = all(each.action.startswith("change ") and not each.follows for each in (self, other))
        return plain and self.reason.split()[0] != other.reason.split()[0]


def drift(action: str, reason: str = "", follows: tuple[str, ...] = (), seen_by: str = "") -> Callable[[Hand], Hand]:
    """A decorator: the function is a drift. It shows in the answer of the call that describes its kind, but for one
    that is ``seen_by`` another.
    """

    def declare(do: Hand) -> Hand:
        seen = seen_by or KINDS[action.split()[1]].read_by
        DRIFTS.append(Drift(do, action, reason, follows, seen))
        return do

    return declare


def rounds(drifts: list[Drift]) -> list[list[Drift]]:
    """The drifts in few rounds. No resource has more than two of them in a round."""
    found: list[list[Drift]] = []
    for each in drifts:
        for some in found:
            rivals = [other for other in some if each.resources & other.resources]
            if not rivals or (len(rivals) == 1 and each.goes_with(rivals[0])):
                some.append(each)
                break
        else:
            found.append([each])
    return found


def pairs(tags: Tags, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """A dictionary of tags as the list that most services take."""
    return [{key: name, value: text} for name, text in tags.items()]


def mapping(tags: list[dict[str, str]], key: str = "Key", value: str = "Value") -> Tags:
    """The dictionary of such a list."""
    return {tag[key]: tag[value] for tag in tags}
