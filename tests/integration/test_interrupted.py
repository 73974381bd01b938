"""A deploy that was killed half-way, wherever that was: another one makes the rest, and a teardown leaves nothing."""

from __future__ import annotations

import random

import pytest

from tests.stack.killing import kill_deploy
from tests.stack.listing import difference, listing, more
from tests.thorough import seeds

from .stack import STACK

LAST_CALL = 95  # a whole deploy makes some more

SEEDS = seeds(few=1, many=25)


def point(seed):
    """After how many mutating calls to kill it: one from each of as many stretches of a deploy as there are seeds."""
    length = (LAST_CALL - 2) / len(SEEDS)
    return 2 + int((SEEDS.index(seed) + random.Random(seed).random()) * length)


@pytest.mark.parametrize("seed", SEEDS)
def test_another_deploy_makes_the_rest_and_a_teardown_leaves_nothing(aws, playbooks, project, seed):
    before = listing(aws)
    kill_deploy(point(seed), playbooks, **project.variables)
    playbooks.deploy(**project.variables)
    assert {kind: len(names) for kind, names in more(before, listing(aws)).items()} == STACK
    playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}


@pytest.mark.thorough
def test_teardown_of_a_half_leaves_nothing(aws, playbooks, project):
    before = listing(aws)
    kill_deploy(LAST_CALL // 2, playbooks, **project.variables)
    playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}


@pytest.mark.thorough
def test_a_deploy_that_is_killed_again_and_again_doubles_nothing(aws, playbooks, project):
    before = listing(aws)
    for count in (9, 7, 15):
        kill_deploy(count, playbooks, **project.variables)
    playbooks.deploy(**project.variables)
    assert {kind: len(names) for kind, names in more(before, listing(aws)).items()} == STACK
    again = playbooks.deploy(**project.variables)
    assert again.changed == 0, again.output
