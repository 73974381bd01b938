"""A playbook that ends as on a machine that is lost, in the middle of its work."""

from __future__ import annotations

import time
from typing import Any

from .playbooks import Playbooks

_LIMIT = 600


def kill_deploy(after: int, playbooks: Playbooks, **variables: Any) -> None:
    """Starts a deploy and ends it, with all its processes, at its n-th mutating call."""
    playbooks.aws.reset_calls()
    process, log = playbooks.start("deploy", **variables)
    end = time.monotonic() + _LIMIT
    while len(playbooks.aws.calls(mutating=True)) < after:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)
    playbooks.kill(process)
