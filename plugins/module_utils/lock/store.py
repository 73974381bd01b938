# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The lock of an environment: taken, renewed and given back. lock/claim.py says how two of us are kept apart.

One hole is left, since a deletion knows no condition either: a holder whose lock is taken over in the very moment in
which it gives the lock back deletes its successor's. A lock that neither expired nor was broken is not taken over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..engine.clients import Clients
from ..engine.errors import FarflowError
from ..engine.tags import ENVIRONMENT
from ..engine.waiting import Clock, NotYet, now, wait_for
from . import calls, processes
from . import claim as lock_claim

_CATCHES_UP = 60  # seconds; AWS asks for half of it between the deletion of a parameter and the next of its name
_DESCRIPTION = "Held by what changes the environment just now, and deleted when that ends"


@dataclass(frozen=True)
class Held:
    """Who holds the lock, and as whom AWS knows it. ``lost``: claims of others that are in its history."""

    claim: lock_claim.Claim
    arn: str
    lost: tuple[lock_claim.Claim, ...] = ()


@dataclass(frozen=True)
class Taken:
    """How the lock was had. ``waited``: not at once, so others may have changed the environment meanwhile.
    ``over``: from whom it was taken over, and why.
    """

    waited: bool
    over: str = ""


def held(clients: Clients, environment: str) -> Held | None:
    """Who holds the lock; None when nobody does."""
    name = lock_claim.parameter(environment)
    versions = calls.history(clients, name)
    claims = [(lock_claim.claim(version["Value"]), version) for version in versions]
    known = [one for one, _unused in claims if one]
    if versions and not known:
        raise FarflowError(f"parameter {name} holds something other than a lock: delete it, if nothing needs it")
    holder = lock_claim.holder(known)
    if holder is None:
        return None
    arn = next(str(version.get("LastModifiedUser")) for one, version in claims if one == holder)
    return Held(holder, arn, tuple(one for one in known if one.id != holder.id))


def take(
    clients: Clients,
    environment: str,
    claim: lock_claim.Claim,
    tags: Mapping[str, str],
    broken: bool = False,
    wait: float = 0,
    tell: Callable[[str], None] = lambda text: None,
    clock: Clock = time,
) -> Taken:
    """Takes the lock. While somebody else holds it, ``wait`` seconds are waited, and ``tell`` is told who that is.

    ``broken``: whether it is taken even from a holder that may be there. Raises FarflowError when it can't be had.
    """
    taking = _Taking(clients, environment, claim, tags, broken)
    known: set[str] = set()

    def check() -> Taken | NotYet:
        state = taking.once()
        if not isinstance(state, Held):
            return state
        refusal = lock_claim.refusal(environment, state.claim, state.arn)
        if not wait:
            raise FarflowError(refusal)
        if state.claim.id not in known:
            known.add(state.claim.id)
            tell(f"waiting: {refusal}")
        return NotYet(refusal)

    return wait_for(check, max(wait, _CATCHES_UP), f"the lock of environment {environment}", 0.5, clock)


class _Taking:
    """One try after another to take the lock."""

    def __init__(
        self, clients: Clients, environment: str, claim: lock_claim.Claim, tags: Mapping[str, str], broken: bool
    ) -> None:
        self._clients = clients
        self._environment = environment
        self._name = lock_claim.parameter(environment)
        self._claim = claim
        self._tags = {**tags, ENVIRONMENT: environment}
        self._broken = broken
        self._first: str | None = None
        self._over = ""
        self._tries = 0

    def once(self) -> Taken | Held | NotYet:
        """Taken, or who holds it, or what has to pass first."""
        self._tries += 1
        claim = self._claim.renewed(now())
        if calls.create(self._clients, self._name, claim.as_text(), _DESCRIPTION, self._tags):
            return Taken(self._tries > 1)
        found = held(self._clients, self._environment)
        if found is None:
            return NotYet("it was given back a moment ago, which AWS does not show yet")
        if found.claim.id == claim.id:
            return Taken(self._tries > 1, self._over)
        free = self._why_free(found.claim)
        if not free:
            return found
        self._over = f"{lock_claim.told(found.claim, found.arn)}: {free}"
        calls.overwrite(self._clients, self._name, claim.displacing(found.claim).as_text())
        return NotYet(f"it is being taken over from {self._over}")

    def _why_free(self, claim: lock_claim.Claim) -> str:
        """Only the holder that was there at first is broken, not another who came before us."""
        self._first = self._first or claim.id
        return why_free(claim, self._claim.machine, self._broken and claim.id == self._first)


def why_free(claim: lock_claim.Claim, here: lock_claim.Machine, broken: bool = False) -> str:
    """Why the lock may be taken from its holder; empty when it may not."""
    runs = processes.started(claim.process) == claim.process_started
    return lock_claim.why_free(claim, here, runs, now(), broken)


def renew(clients: Clients, environment: str, claim: lock_claim.Claim) -> Held | None:
    """Holds the lock for another half an hour, unless it is lost. Who holds it: this claim, or another, or nobody, when
    it was deleted by hand.
    """
    found = held(clients, environment)
    if found and found.claim.id == claim.id:
        calls.overwrite(clients, lock_claim.parameter(environment), found.claim.renewed(now()).as_text())
    return found


def give_back(clients: Clients, environment: str) -> None:
    """Deletes the lock, which whoever calls holds."""
    calls.delete(clients, lock_claim.parameter(environment))
