"""A deploy that was killed half-way, wherever that was: another one makes the rest, and a teardown leaves nothing."""

from __future__ import annotations

import random
import time

import pytest

from tests.stack.listing import difference, listing, more
from tests.thorough import seeds

from .stack import STACK, mutating_calls

LAST_CALL = 95  # a whole deploy makes some more
_LIMIT = 600

SEEDS = seeds(few=1, many=25)


def point(seed):
    """After how many mutating calls to kill it: one from each of as many stretches of a deploy as there are seeds."""
    length = (LAST_CALL - 2) / len(SEEDS)
    return 2 + int((SEEDS.index(seed) + random.Random(seed).random()) * length)


def kill_after(count, aws, playbooks, project):
    """Starts a deploy and ends it, and all its processes, at its n-th mutating call."""
    aws.reset_calls()
    process, log = playbooks.start("deploy", **project.variables)
    end = time.monotonic() + _LIMIT
    while len(mutating_calls(aws)) < count:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)
    playbooks.kill(process)


@pytest.mark.parametrize("seed", SEEDS)
def test_another_deploy_makes_the_rest_and_a_teardown_leaves_nothing(aws, playbooks, project, seed):
    before = listing(aws)
    kill_after(point(seed), aws, playbooks, project)
    playbooks.deploy(**project.variables)
    assert {kind: len(names) for kind, names in more(before, listing(aws)).items()} == STACK
    playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}


@pytest.mark.thorough
def test_teardown_of_a_half_leaves_nothing(aws, playbooks, project):
    before = listing(aws)
    kill_after(LAST_CALL // 2, aws, playbooks, project)
    playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}


@pytest.mark.thorough
def test_a_deploy_that_is_killed_again_and_again_doubles_nothing(aws, playbooks, project):
    before = listing(aws)
    for count in (9, 7, 15):
        kill_after(count, aws, playbooks, project)
    playbooks.deploy(**project.variables)
    assert {kind: len(names) for kind, names in more(before, listing(aws)).items()} == STACK
    again = playbooks.deploy(**project.variables)
    assert again.changed == 0, again.output
