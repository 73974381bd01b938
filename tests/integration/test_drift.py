"""What people change by hand is seen by the next plan, each on its own, with its reason, and a plain deploy mends it.

A deploy for each drift would take an hour, a look takes a second. So drifts come in rounds. Each is made and looked for
by itself, has to be all that is new in the plan, and to show in what AWS answers to the operation by which it is seen.
Then one deploy mends the round: it has to touch each resource that has drifted, and no other. Most of these have one
drift in a round, none has more than two.
"""

from __future__ import annotations

import pytest

from tests.kinds import DRIFTS, rounds, variables
from tests.stack.answers import Answers
from tests.stack.contents import changed, contents, desired_types
from tests.stack.look import Looks

from .conftest import Project
from .stack import mutating_calls


class Environment:
    """An environment that has everything of which there are drifts."""

    def __init__(self, aws, playbooks, project):
        self.aws = aws
        self._playbooks = playbooks
        self._variables = variables(project)
        self.deploy()
        self._looks = Looks(aws, self._variables)
        self._ids = self._named()

    def deploy(self):
        self._playbooks.deploy(**self._variables)

    def check(self):
        """deploy.yml in check mode, which has to change nothing."""
        self.aws.reset_calls()
        self._playbooks.deploy("--check", **self._variables)
        assert mutating_calls(self.aws) == []

    def plan(self):
        """The plan of a look, whose answers of AWS are kept as ``heard``."""
        with Answers().heard() as self.heard:
            return self._looks.plan()

    def contents(self):
        return contents(self.aws, self._variables)

    def desired_types(self):
        """With those of what builds the images, where that is not a Docker engine."""
        return desired_types(self.aws, {**self._variables, "farflow_image_builder": "codebuild"})

    def said(self, action):
        """The action of a drift with the ids that only this environment has."""
        return action.format_map(self._ids)

    def _named(self):
        """The ids of the subnets by their names, and the tags of the images by their tasks'."""
        subnets = self.aws.client("ec2").describe_subnets()["Subnets"]
        named = {tag["Value"]: each["SubnetId"] for each in subnets for tag in each["Tags"] if tag["Key"] == "Name"}
        images = self.aws.client("ecr").list_images(repositoryName="local-tasks")["imageIds"]
        return named | {each["imageTag"].partition("-")[0]: each["imageTag"] for each in images}


@pytest.fixture(scope="module")
def environment(playbooks, tmp_path_factory):
    playbooks.aws.reset()
    return Environment(playbooks.aws, playbooks, Project(tmp_path_factory.mktemp("project")))


def check_named(environment, drift, before, after):
    """The drift, and what follows from it, is all that is new in the plan, and its reason is told."""
    new = {action: reasons for action, reasons in after.items() if before.get(action) != reasons}
    action = environment.said(drift.action)
    assert set(new) == {action, *map(environment.said, drift.follows)}, new
    assert drift.reason in new[action]
    assert not drift.reason or drift.reason not in before.get(action, "")
    assert before.keys() <= after.keys()


@pytest.mark.parametrize("drifts", rounds(DRIFTS), ids=lambda drifts: f"{len(drifts)} drifts")
def test_is_seen_with_its_reason_and_mended(environment, drifts, subtests):
    plan = environment.plan()
    assert plan == {}
    for drift in drifts:
        drift.do(environment.aws)
        heard, before, plan = environment.heard, plan, environment.plan()
        with subtests.test(drift.name):
            check_named(environment, drift, before, plan)
            assert drift.seen_by in heard.differing(environment.heard)
    drifted = environment.contents()
    environment.check()
    environment.deploy()
    assert environment.plan() == {}
    mended = {" ".join(key) for key in changed(drifted, environment.contents())}
    caused = {environment.said(drift.action).split(" ", 1)[1] for drift in drifts}
    named = {action.split(" ", 1)[1] for action in plan}
    assert caused <= mended <= named


#: What people do to these by hand has tests of its own.
ELSEWHERE = {
    "codebuild_project": "test_builders.py",
    "dag_bundle": "test_dags.py",
    "database_schema": "test_database.py",
}


def test_every_kind_that_the_environment_desires_has_a_drift(environment):
    assert environment.desired_types() - {drift.action.split()[1] for drift in DRIFTS} == ELSEWHERE.keys()


def test_the_value_of_a_secret_is_left_as_somebody_set_it(environment):
    secrets = environment.aws.client("secretsmanager")
    secrets.put_secret_value(SecretId="farflow/local/admin-password", SecretString="set-by-hand")
    assert environment.plan() == {}
    environment.deploy()
    assert secrets.get_secret_value(SecretId="farflow/local/admin-password")["SecretString"] == "set-by-hand"


def test_the_count_that_an_autoscaler_has_set_is_left(environment):
    ecs = environment.aws.client("ecs")
    ecs.update_service(cluster="local", service="local-worker", desiredCount=4)
    assert environment.plan() == {}
    environment.deploy()
    (worker,) = ecs.describe_services(cluster="local", services=["local-worker"])["services"]
    assert worker["desiredCount"] == 4
