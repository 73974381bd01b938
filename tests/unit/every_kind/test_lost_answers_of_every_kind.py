"""AWS does what it is asked for, and its answer is lost: nothing is doubled by that, and nothing missing.

In each run of a module here, of every operation that changes something the first answer is lost. So botocore repeats
the call, or the engine looks whether it was done. An environment is made so, removed, and brought back from what people
have done to it.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError

from tests.kinds import DRIFTS, KINDS, Never, rounds
from tests.stack.in_process import InProcess
from tests.stack.listing import difference, listing, more

MADE = {type_: facts.made_by for type_, facts in KINDS.items() if not isinstance(facts.made_by, Never)}


class Losing:
    """An environment whose modules lose answers, and what came of that."""

    def __init__(self, aws, variables):
        self.aws = aws
        self.failed = []
        self.lost = set()
        self.environment = InProcess(aws, variables, self._around)
        self.undisturbed = InProcess(aws, variables)

    @contextmanager
    def _around(self, module):
        self.aws.reset_calls()
        try:
            with self.aws.behaviours(lost=["*"]):
                yield
        except FarflowError as error:
            self.failed.append(f"{module}: {error}")
        finally:
            self.lost |= {f"{call['service']} {call['operation']}" for call in self.aws.calls() if call["fault"]}


@pytest.fixture(scope="module")
def losing(account, everything):
    return Losing(account, {**everything, "rds_deletion_protection": False})


@pytest.fixture(scope="module")
def before(losing):
    return listing(losing.aws)


@pytest.fixture(scope="module")
def made(losing, before):
    """How many there are of each kind after a deploy with losses."""
    losing.environment.deploy()
    return {kind: len(names) for kind, names in more(before, listing(losing.aws)).items()}


def test_every_kind_that_the_environment_desires_is_here(losing, made):
    assert losing.environment.desired_types() == KINDS.keys()


@pytest.mark.parametrize("kind", MADE)
def test_one_is_made_by_a_call_whose_answer_was_lost(losing, made, kind):
    assert MADE[kind] in losing.lost


def test_no_module_failed_and_nothing_is_left_to_do(losing, made):
    assert losing.failed == []
    assert losing.undisturbed.plan() == {}


def doubled(losing):
    """By type and name what is there more than once."""
    wanted = losing.environment.desired_types()
    known = losing.undisturbed.look().known.all()
    times = Counter((one.type, one.name) for one in known if one.type in wanted)
    return [key for key, number in times.items() if number > 1]


def test_no_resource_is_there_twice(losing, made):
    assert doubled(losing) == []


def test_all_is_removed(losing, made, before):
    losing.environment.remove()
    assert losing.failed == []
    assert difference(before, listing(losing.aws)) == {}


def test_a_deploy_without_losses_makes_as_much(losing, made, before):
    losing.undisturbed.deploy()
    assert {kind: len(names) for kind, names in more(before, listing(losing.aws)).items()} == made


@pytest.fixture(scope="module")
def standing(account, everything):
    """One that was made without losses, and has everything of which there are drifts."""
    account.reset()
    standing = Losing(account, everything)
    standing.undisturbed.deploy()
    return standing


@pytest.mark.parametrize("drifts", rounds(DRIFTS), ids=lambda drifts: f"{len(drifts)} drifts")
def test_what_people_have_done_is_mended(standing, drifts):
    for drift in drifts:
        drift.do(standing.aws)
    assert standing.undisturbed.plan() != {}
    standing.environment.deploy()
    assert standing.failed == []
    assert standing.undisturbed.plan() == {}
    assert doubled(standing) == []


def test_a_network_acl_was_mended_by_calls_whose_answers_were_lost(standing):
    assert {"ec2 DeleteNetworkAclEntry", "ec2 ReplaceNetworkAclAssociation"} <= standing.lost
