"""Tags that somebody has taken away or overwritten are put back: nothing is replaced, doubled or deleted for them.

Every resource of an environment that carries tags is touched, each of our tags by itself and all of them at once. That
is done to the whole environment in one go, which is the hardest case: no tag of a neighbour tells whose it is. And it
is done to one resource of each kind alone, while the others tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.stack.contents import contents, desired_types
from tests.stack.listing import difference, listing
from tests.stack.look import Looks

from .conftest import Project
from .stack import mutating_calls
from .tagging import WITHOUT_TAGS, read_tags, write_tags

ORGANIZATION = {"org:owner": "operations"}
VARIABLES = {
    "farflow_tags": {"team": "data"},
    "farflow_ignored_tags": ["org:*"],
    "worker_pool_scaling": "cpu",
}
TASK = """\
shared_volume: true
policy:
  - {Effect: Allow, Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::example-bucket/*"]}
"""

Tags = dict[str, str]
Touch = Callable[[Tags], Tags]


def without(*keys: str) -> Touch:
    return lambda tags: {key: value for key, value in tags.items() if key not in keys}


def overwritten(key: str, value: str) -> Touch:
    return lambda tags: {**tags, key: value} if key in tags else tags


def of_identity(tags: Tags) -> Tags:
    """Those by which a resource is found, and whose it is. Of the others some remember what was done with it last, and
    who takes those away has it done again; the organization's are ignored.
    """
    return {key: value for key, value in tags.items() if key not in OTHERS}


OTHERS = {
    *ORGANIZATION,
    *("farflow:digest", "farflow:images", "farflow:composed-from", "farflow:master-user-secret", "farflow:schema"),
    "farflow:autoscaled",
}
#: Calls that set tags beside all else, of services that have none for tags alone.
OF_TAGS_AND_MORE = {"codebuild UpdateProject"}
TOUCHES: dict[str, Touch] = {
    "farflow:environment removed": without("farflow:environment"),
    "farflow:role removed": without("farflow:role"),
    "Name removed": without("Name"),
    "all removed": lambda tags: {key: value for key, value in tags.items() if key in OTHERS},
    "farflow:environment overwritten": overwritten("farflow:environment", "other"),
    "farflow:role of another role": overwritten("farflow:role", "rds"),
    "farflow:role unknown": overwritten("farflow:role", "none-of-ours"),
    "Name overwritten": overwritten("Name", "somebody's"),
    "all overwritten": lambda tags: {**tags, **dict.fromkeys(of_identity(tags), "somebody's")},
}


def in_make_test(*names: str) -> list[Any]:
    """All touches, of which these alone are not for test-all."""
    return [each if each in names else pytest.param(each, marks=pytest.mark.thorough) for each in TOUCHES]


class Environment:
    """An environment with every kind of resource that carries tags."""

    def __init__(self, aws: Any, playbooks: Any, project: Project) -> None:
        self.aws = aws
        self.playbooks = playbooks
        (project.tasks / "hello" / "task.yml").write_text(TASK)
        self.variables = {**project.variables, **VARIABLES}
        self.before = listing(aws)
        self.playbooks.deploy(**self.variables)
        # Nothing is built by CodeBuild here, whose project is made when the images are there.
        self.variables |= {"farflow_image_builder": "codebuild"}
        self.playbooks.deploy(**self.variables)
        self._looks = Looks(aws, self.variables)
        found = contents(aws, self.variables)
        self.ids = {key: some[0][0] for key, some in found.items() if read_tags(aws, key, some[0][0])}
        for key in self.ids:  # as an organization does to whatever is made
            self.touch(key, lambda tags: {**tags, **ORGANIZATION})

    def plan(self) -> dict[str, str]:
        return self._looks.plan()

    def tags(self, key: tuple[str, str]) -> Tags:
        return read_tags(self.aws, key, self.ids[key])

    def touch(self, key: tuple[str, str], touch: Touch) -> tuple[Tags, Tags]:
        """Touches the tags of a resource. Its tags before and after."""
        before = self.tags(key)
        after = touch(before)
        write_tags(self.aws, key, self.ids[key], before, after)
        return before, after

    def put_back(self, key: tuple[str, str], before: Tags, after: Tags) -> None:
        write_tags(self.aws, key, self.ids[key], after, before)

    def ids_now(self) -> dict[tuple[str, str], str]:
        found = contents(self.aws, self.variables)
        return {key: some[0][0] for key, some in found.items() if key in self.ids}


@pytest.fixture(scope="module")
def environment(playbooks, tmp_path_factory):
    playbooks.aws.reset()
    return Environment(playbooks.aws, playbooks, Project(tmp_path_factory.mktemp("project")))


def first_of_each_kind(environment):
    firsts: dict[str, tuple[str, str]] = {}
    for key in environment.ids:
        firsts.setdefault(key[0], key)
    return list(firsts.values())


def only_tags(reasons: str) -> bool:
    return bool(reasons) and all(each.startswith("tags ") for each in reasons.split("; "))


def test_every_kind_that_the_environment_desires_is_here_or_carries_none(environment):
    desired = desired_types(environment.aws, environment.variables)
    assert desired - {kind for kind, _unused in environment.ids} == WITHOUT_TAGS.keys()


@pytest.mark.parametrize("name", in_make_test("all removed", "farflow:environment overwritten"))
def test_one_alone_is_planned_as_tags_to_put_back(environment, name, subtests):
    assert environment.plan() == {}
    for key in first_of_each_kind(environment):
        before, after = environment.touch(key, TOUCHES[name])
        if before == after:
            continue
        with subtests.test(" ".join(key)):
            plan = environment.plan()
            assert list(plan) == [f"change {key[0]} {key[1]}"], plan
            assert only_tags(next(iter(plan.values()))), plan
        environment.put_back(key, before, after)


@pytest.mark.parametrize("name", in_make_test("all removed", "farflow:role of another role"))
def test_all_at_once_are_put_back_by_one_call_each(environment, name):
    touches = {key: environment.touch(key, TOUCHES[name]) for key in environment.ids}
    touched = {key for key, (before, after) in touches.items() if before != after}
    plan = environment.plan()
    assert set(plan) == {f"change {kind} {name}" for kind, name in touched}
    assert [reasons for reasons in plan.values() if not only_tags(reasons)] == []
    environment.aws.reset_calls()
    environment.playbooks.deploy(**environment.variables)
    calls = [call for call in mutating_calls(environment.aws) if not call.startswith("ssm ")]
    assert [call for call in calls if "Tag" not in call and call not in OF_TAGS_AND_MORE] == []
    assert len(calls) == len(touched), calls
    assert environment.plan() == {}
    assert environment.ids_now() == environment.ids
    assert [key for key in environment.ids if not ORGANIZATION.items() <= environment.tags(key).items()] == []


def test_a_plan_refuses_another_network_as_a_deploy_does(environment):
    environment.aws.reset_calls()
    plan = environment.playbooks.run("plan", **{**environment.variables, "network_cidr": "10.9.0.0/16"})
    assert plan.code != 0
    problem = "network_cidr: is '10.9.0.0/16', while the environment's VPC has '10.0.0.0/16', allowed: that"
    assert problem in plan.output, plan.output
    assert mutating_calls(environment.aws) == []


def test_a_teardown_finds_what_has_lost_its_tags(environment):
    for key in environment.ids:
        environment.touch(key, TOUCHES["all removed"])
    environment.playbooks.teardown(farflow_teardown_keep=[], **environment.variables)
    assert difference(environment.before, listing(environment.aws)) == {}
