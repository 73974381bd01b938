"""A drift: what somebody does to an environment by hand, and what the next plan has to say about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Hand = Callable[[Any], None]

#: Every drift, in the order of the files that declare them.
DRIFTS: list[Drift] = []


@dataclass(frozen=True)
class Drift:
    """``do(aws)`` brings it about. ``action`` is what the plan shall name for it, as ``change log_group /farflow/x``,
    ``reason`` stands in that action's reasons, ``follows`` are the actions that AWS makes necessary with it: the ids
    of what is made anew are in other resources.
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
