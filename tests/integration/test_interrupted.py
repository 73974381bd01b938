"""A deploy that was stopped half-way, wherever that was: a teardown leaves nothing, another deploy makes the rest."""

from __future__ import annotations

import random
import time

import pytest

from tests.stack.listing import difference, listing, more

from .stack import STACK, mutating_calls

SEED = 20261122
LAST_CALL = 95  # a whole deploy makes some more
_LIMIT = 300


def points(count, first, last):
    """After how many mutating calls to stop: random ones, the same in every run."""
    return sorted(random.Random(SEED + last).sample(range(first, last), count))


def stop_after(count, aws, playbooks, project):
    """Starts a deploy and ends it, and all its processes, at its n-th mutating call."""
    aws.reset_calls()
    process, log = playbooks.start("deploy", **project.variables)
    end = time.monotonic() + _LIMIT
    while len(mutating_calls(aws)) < count:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)
    playbooks.kill(process)


@pytest.mark.parametrize("count", points(2, 5, LAST_CALL))
def test_teardown_leaves_nothing(aws, playbooks, project, count):
    before = listing(aws)
    stop_after(count, aws, playbooks, project)
    playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}


def test_deploy_makes_the_rest_and_nothing_twice(aws, playbooks, project):
    """Stopped three times on its way."""
    before = listing(aws)
    for count in points(3, 5, LAST_CALL // 3):
        stop_after(count, aws, playbooks, project)
    playbooks.deploy(**project.variables)
    assert {kind: len(names) for kind, names in more(before, listing(aws)).items()} == STACK
    again = playbooks.deploy(**project.variables)
    assert again.changed == 0, again.output
