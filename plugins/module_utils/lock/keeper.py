# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The lock's keeper: a process beside ansible-playbook that renews the lock while that runs, however long a single
task takes, and gives the lock back when that ends without having done so. When the lock was lost, it interrupts the
playbook: what it does may be what another one does as well.

It is a fork, so that credentials stay in memory; the claim names it, so that nobody else has to know it. When machine
and keeper are lost together, the lock expires.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

from ..engine.clients import Clients
from ..engine.errors import FarflowError
from ..engine.waiting import now
from . import claim as lock_claim
from . import processes
from . import store as lock

_LOOKS_EVERY = 0.2  # seconds
_TRIES_AGAIN_AFTER = timedelta(minutes=1)
_ENDS_WITHIN = 10.0  # seconds, then it is killed


class Keeper:
    """A keeper that waits until the lock is taken; then comes `keep`, otherwise `dismiss`."""

    def __init__(self, clients: Clients, environment: str, tell: Callable[[str], None]) -> None:
        """``clients``: which nobody has used yet, since connections can't be shared with a fork. ``tell`` says
        something to who watches the playbook, from the fork as well.
        """
        claims, self._claims = os.pipe()
        self.process = os.fork()
        if not self.process:
            os.close(self._claims)
            _live(claims, clients, environment, tell)
        os.close(claims)
        self.started = processes.started(self.process)

    def keep(self, claim: lock_claim.Claim) -> None:
        """Has it keep the lock that was taken by this claim."""
        os.write(self._claims, claim.as_text().encode())
        os.close(self._claims)

    def dismiss(self) -> None:
        """Has it end."""
        os.close(self._claims)
        os.waitpid(self.process, 0)


def end(claim: lock_claim.Claim) -> None:
    """Ends a claim's keeper, without the lock being given back; returns when it can't renew the lock any more."""
    deadline = time.monotonic() + _ENDS_WITHIN
    ending: signal.Signals = signal.SIGTERM
    with contextlib.suppress(ProcessLookupError):
        while processes.started(claim.keeper) == claim.keeper_started:
            os.kill(claim.keeper, ending)
            time.sleep(_LOOKS_EVERY / 10)
            if time.monotonic() > deadline:
                ending = signal.SIGKILL


def keep(
    clients: Clients,
    environment: str,
    claim: lock_claim.Claim,
    runs: Callable[[], bool],
    is_told_to_end: Callable[[], bool],
    lost: Callable[[], None],
) -> None:
    """Renews the lock while the playbook ``runs``, then gives it back. ``is_told_to_end`` is asked after a pause.
    ``lost`` is called when another one has it.
    """
    due = now() + lock_claim.RENEWED_EVERY
    while runs():
        if is_told_to_end():
            return
        if now() < due:
            continue
        try:
            found = lock.renew(clients, environment, claim)
            if found is None or found.claim.id != claim.id:
                if found and not found.claim.is_of(claim.machine, claim.process, claim.process_started):
                    lost()
                return
            due = now() + lock_claim.RENEWED_EVERY
        except FarflowError:  # nobody would hear of it, and there is time for more tries
            due = now() + _TRIES_AGAIN_AFTER
    found = lock.held(clients, environment)
    if found and found.claim.id == claim.id:
        lock.give_back(clients, environment)


def interrupt(environment: str, claim: lock_claim.Claim, tell: Callable[[str], None]) -> None:
    """Ends the playbook of a claim as Ctrl-C would."""
    if not _runs(claim):
        return
    tell(
        f"environment {environment}: another run has this one's lock, which had expired or was broken. This one is "
        "interrupted here; run it again when nobody else changes the environment"
    )
    time.sleep(_LOOKS_EVERY)  # in which that is printed
    with contextlib.suppress(ProcessLookupError):
        os.kill(claim.process, signal.SIGINT)


def _live(claims: int, clients: Clients, environment: str, tell: Callable[[str], None]) -> NoReturn:
    """The life of a keeper. It never returns into the program that it is a fork of."""
    try:
        os.setsid()  # what ends the terminal or the process group does not end it
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # it is looked for between calls, not during one
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        with os.fdopen(claims) as pipe:
            claim = lock_claim.claim(pipe.read())
        if claim:
            lost = functools.partial(interrupt, environment, claim, tell)
            keep(clients, environment, claim, lambda: _runs(claim), _is_told_to_end, lost)
    finally:
        os._exit(0)


def _runs(claim: lock_claim.Claim) -> bool:
    return processes.started(claim.process) == claim.process_started


def _is_told_to_end() -> bool:
    time.sleep(_LOOKS_EVERY)
    return signal.SIGTERM in signal.sigpending()
