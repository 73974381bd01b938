"""What tests have to know of a kind of resource that an environment has: facts, and what people do to one by hand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.farflow.airflow.plugins.module_utils.engine.kind import Kind

Tags = dict[str, str]
Hand = Callable[[Any], None]


@dataclass(frozen=True)
class Tagging:
    """How a resource's tags are read and written by somebody with the account's keys: ``read(aws, name, id)``,
    ``add(aws, name, id, tags)``, ``remove(aws, name, id, keys)``.
    """

    read: Callable[[Any, str, str], Tags]
    add: Callable[[Any, str, str, Tags], Any]
    remove: Callable[[Any, str, str, list[str]], Any]


@dataclass(frozen=True)
class Never:
    """That there is no such thing for a kind, and why."""

    why: str


@dataclass(frozen=True)
class Facts:
    """``made_by`` and ``read_by`` are the calls that make one and that tell what one is like, as ``ec2 CreateVpc``;
    ``tells_of_one`` says that the latter's answer is about one resource, without a list. ``changed_by`` are the
    operations that change one: by its kind, or by ``operations(clients, wanted)``. ``found_by`` are members by which
    one is found, which therefore never differ. ``more_names`` add to an answer, by call, a name that is not known here,
    where AWS tells by name and value.
    """

    made_by: str | Never
    read_by: str
    tags: Tagging | Never
    changed_by: Kind | Callable[..., Any] | Never
    found_by: Collection[str] = ()
    tells_of_one: bool = False
    more_names: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


#: The kinds of resources that an environment has, by type.
KINDS: dict[str, Facts] = {}


def kind(type_: str, **facts: Any) -> None:
    """Declares the facts of a kind."""
    KINDS[type_] = Facts(**facts)


#: Every drift, in the order of the files that declare them.
DRIFTS: list[Drift] = []


@dataclass(frozen=True)
class Drift:
    """What somebody does to an environment by hand, and what the next plan has to say about it. ``do(aws)`` brings it
    about. ``action`` is what the plan shall name for it, as ``change log_group /farflow/x``, ``reason`` stands in that
    action's reasons, ``follows`` are the actions that AWS makes necessary with it: the ids of what is made anew are in
    other resources.
    """

    do: Hand
    action: str
    reason: str = ""
    follows: tuple[str, ...] = ()
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.do.__name__.replace("_", " "))

    @property
    def resources(self) -> set[str]:
        """Whom it touches, each as ``log_group /farflow/x``."""
        return {action.split(" ", 1)[1] for action in (self.action, *self.follows)}

    def goes_with(self, other: Drift) -> bool:
        """Whether both can have happened to one resource: it is changed in place, in two of its fields."""
        plain = all(each.action.startswith("change ") and not each.follows for each in (self, other))
        return plain and self.reason.split()[0] != other.reason.split()[0]


def drift(action: str, reason: str = "", follows: tuple[str, ...] = ()) -> Callable[[Hand], Hand]:
    """Declares that the function below is a drift."""

    def declare(do: Hand) -> Hand:
        DRIFTS.append(Drift(do, action, reason, follows))
        return do

    return declare


def rounds(drifts: list[Drift]) -> list[list[Drift]]:
    """The drifts in few rounds. In none has a resource more than two of them."""
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
    """Tags in the form of most services."""
    return [{key: name, value: text} for name, text in tags.items()]


def mapping(tags: list[dict[str, str]], key: str = "Key", value: str = "Value") -> Tags:
    """Tags from the form of most services."""
    return {tag[key]: tag[value] for tag in tags}
