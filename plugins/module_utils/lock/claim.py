# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who holds the lock of an environment, and when another may have it.

The lock is one parameter of Systems Manager. It is created without overwriting, so of two who find none only one gets
it, and deleted when it is given back. Overwriting knows no condition, but each overwriting appends to the parameter's
history, in an order that all readers see alike. So whoever takes over writes whom it displaces, and the holder follows
from the history alone: of two who displace the same holder, the first has the lock.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta

LASTS = timedelta(minutes=30)
RENEWED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Machine:
    """Where numbers of processes mean the same: ``boot`` tells it from its namesakes, and a container from its host."""

    host: str
    boot: str


@dataclass(frozen=True)
class Claim:
    """What is written to hold the lock. Times are ISO 8601 in UTC.

    ``id`` is the claim's own, ``displaces`` the id of the claim that it takes over from. ``process`` runs the playbook,
    ``keeper`` renews the claim; each with when it ``started``, since numbers of processes are used again.
    """

    id: str
    host: str
    boot: str
    process: int
    process_started: str
    keeper: int
    keeper_started: str
    user: str
    playbook: str
    since: str
    expires: str
    displaces: str = ""

    @property
    def machine(self) -> Machine:
        """Where its processes run."""
        return Machine(self.host, self.boot)

    def is_of(self, machine: Machine, process: int, started: str) -> bool:
        """Whether this very process made it."""
        return (self.machine, self.process, self.process_started) == (machine, process, started)

    def renewed(self, now: datetime) -> Claim:
        """The claim as it is written now."""
        return replace(self, expires=(now + LASTS).isoformat(timespec="seconds"))

    def displacing(self, held: Claim) -> Claim:
        """The claim as it is written over another one."""
        return replace(self, displaces=held.id)

    def as_text(self) -> str:
        """The value of the parameter."""
        return json.dumps(asdict(self))


def parameter(environment: str) -> str:
    """The name of the lock."""
    return f"/farflow/{environment}/lock"


def claim(text: str) -> Claim | None:
    """The claim in a value of the parameter; None when it is not one."""
    try:
        document = json.loads(text)
        known = Claim(**{field.name: document[field.name] for field in fields(Claim)})
        return known if datetime.fromisoformat(known.expires).tzinfo else None
    except (ValueError, KeyError, TypeError):
        return None


def holder(history: Iterable[Claim]) -> Claim | None:
    """Who holds the lock by the history of its values, oldest first: what its holder renewed last; None if it is empty.

    A claim that displaces somebody who was displaced already counts for nothing, whenever it is written.
    """
    held = None
    for one in history:
        if held is None or one.id == held.id or one.displaces == held.id:
            held = one
    return held


def why_free(held: Claim, here: Machine, runs: bool, now: datetime, broken: bool) -> str:
    """Why the lock may be taken from its holder; empty when it may not.

    ``runs``: whether the holder's process is there, which counts on its own machine. What runs there holds its lock
    for as long as it runs; what runs elsewhere for as long as it renews it, if both machines know what time it is.
    ``broken``: somebody said that it is over.
    """
    if broken:
        return "its lock was broken by farflow_lock_break"
    if held.machine == here:
        return "" if runs else "it does not run any more"
    return f"its lock expired at {_told(held.expires)}" if now >= datetime.fromisoformat(held.expires) else ""


def told(held: Claim, arn: str) -> str:
    """The holder, in words. ``arn``: as whom AWS knows it."""
    return (
        f"{held.playbook} on host {held.host} (process {held.process} of user {held.user}, {arn}) "
        f"since {_told(held.since)}"
    )


def refusal(environment: str, held: Claim, arn: str) -> str:
    """What is said to those who come second."""
    return (
        f"environment {environment} is locked by {told(held, arn)}; nothing was done. Run again when that has ended, "
        "or let farflow_lock_wait_minutes wait for it. If it is certain that it does not run any more, give "
        f"farflow_lock_break: {environment}; otherwise its lock expires at {_told(held.expires)}, unless it is renewed"
    )


def break_problem(environment: str, given: str | None) -> str:
    """What is wrong with ``farflow_lock_break``; empty when it is not given or names the environment."""
    if not given or given == environment:
        return ""
    return (
        f"farflow_lock_break: is {given!r}, allowed: the name of the environment whose lock it breaks, {environment!r}"
    )


def _told(time: str) -> str:
    return f"{datetime.fromisoformat(time):%Y-%m-%d %H:%M:%S} UTC"
