"""The look after what was done: AWS may show that a little later."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from ansible_collections.farflow.airflow.plugins.action import environment_plan as plugin
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource, plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import Look, as_result
from ansible_collections.farflow.airflow.plugins.plugin_utils.inputs import HANDED_ON

WANTED = [Resource("log_group", "test-web", {"description": "new"})]
OLD = [Resource("log_group", "test-web", {"description": "old"}, "arn")]
NEW = [Resource("log_group", "test-web", {"description": "new"}, "arn")]


def seen(resources):
    return Look(Existing(resources), {"airflow_service": plan(WANTED, resources)})


class Aws:
    """What each look sees, the last of them for ever; how many were taken."""

    def __init__(self, *shown):
        self.shown = list(shown)
        self.looks = 0

    def look(self, arguments, inputs, wanted):
        self.looks += 1
        return seen(self.shown.pop(0) if len(self.shown) > 1 else self.shown[0])


@pytest.fixture
def take(monkeypatch, pauses):
    """``take(aws, **arguments)``: the result that the task fills, what it says meanwhile, and its error."""
    monkeypatch.setattr(plugin, "outputs", lambda inputs, known: {})
    monkeypatch.setattr(plugin, "refusals", lambda inputs, known, wanted: [])
    monkeypatch.setattr(plugin, "unchangeable", lambda inputs, actions: [])
    monkeypatch.setattr(plugin, "warnings", lambda inputs, known, wanted: [])
    monkeypatch.setattr(plugin, "left_to_people", lambda inputs, known, wanted, today: [])

    def run(aws, check_mode=False, **arguments):
        said, result = [], {}
        action = plugin.ActionModule.__new__(plugin.ActionModule)
        action._task = SimpleNamespace(args=arguments, check_mode=check_mode)
        action._display = SimpleNamespace(
            display=lambda text, stderr: said.append((text, stderr)), warning=lambda text: said.append((text, True))
        )
        action._inputs = lambda task_vars, wanted, state: {
            **dict.fromkeys(HANDED_ON),
            "farflow_teardown_keep": [],
            "farflow_check_permissions": False,
            "farflow_observations_path": None,
        }
        action._look = aws.look
        try:
            action._plan({}, result)
        except FarflowError as error:
            return result, said, str(error)
        return result, said, None

    return run


DONE = as_result(seen(OLD))["layers"]["airflow_service"]["actions"]


def test_who_wants_the_outputs_alone_is_told_of_no_plan_and_not_refused(take, monkeypatch):
    """A command of Airflow's runs where a deploy would be refused, and the summary follows no look without layers."""
    monkeypatch.setattr(plugin, "refusals", lambda inputs, known, wanted: ["a deploy would be refused"])
    assert take(Aws(OLD))[2] is not None
    result, said, error = take(Aws(OLD), outputs_only=True)
    assert (error, said, set(result)) == (None, [], {"outputs", "inputs"})


@pytest.mark.parametrize("arguments", [{"converged": True}, {"previous": DONE}], ids=["converged", "previous"])
def test_what_aws_shows_late_is_waited_for(take, pauses, arguments):
    aws = Aws(OLD, OLD, NEW)
    result, said, error = take(aws, **arguments)
    assert (error, result["pending"], aws.looks, len(pauses)) == (None, 0, 3, 2)
    assert said == [("waiting: AWS does not show yet all that was done", True)]


@pytest.mark.parametrize("arguments", [{"converged": True}, {"previous": DONE}], ids=["converged", "previous"])
def test_what_aws_shows_at_once_costs_one_look(take, pauses, arguments):
    aws = Aws(NEW)
    assert take(aws, **arguments)[1:] == ([], None)
    assert (aws.looks, pauses) == (1, [])


def test_a_look_before_anything_was_done_waits_for_nothing(take, pauses):
    aws = Aws(OLD)
    result, said, error = take(aws)
    assert (result["pending"], said, error, aws.looks, pauses) == (1, [], None, 1, [])


@pytest.mark.parametrize("arguments", [{"converged": True}, {"previous": DONE}], ids=["converged", "previous"])
def test_what_aws_never_shows_is_told_with_the_last_look(take, pauses, arguments):
    result, _said, error = take(Aws(OLD), **arguments)
    assert error.startswith("gave up waiting for AWS to show what was done after 90 s: did not converge, ")
    assert re.search(r":\nchange log_group test-web( \(\S+\))?: description old -> new\na change: look who else", error)
    assert (result["pending"], sum(pauses)) == (1, 90)


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_plan_warns_of_services_that_a_deploy_waits_for(take, monkeypatch, check_mode):
    monkeypatch.setattr(plugin, "outputs", lambda inputs, known: {"unsteady_services": ["test-web", "test-worker"]})
    _result, said, _error = take(Aws(NEW), check_mode=check_mode)
    warning = "not steady, a deploy waits for it: test-web, test-worker"
    assert said == ([(warning, True)] if check_mode else [])


@pytest.mark.parametrize("arguments", [{}, {"converged": True}], ids=["first", "last"])
def test_what_is_left_to_people_is_told_by_the_last_look_too(take, monkeypatch, arguments):
    monkeypatch.setattr(plugin, "left_to_people", lambda inputs, known, wanted, today: ["reboot it"])
    assert take(Aws(NEW), **arguments)[1] == [("reboot it", True)]


@pytest.mark.parametrize(
    "arguments", [{"converged": True}, {"previous": DONE}, {}], ids=["converged", "again", "first"]
)
def test_what_could_not_be_looked_up_is_warned_of_once(take, monkeypatch, arguments):
    monkeypatch.setattr(plugin, "warnings", lambda inputs, known, wanted: ["nobody could look"])
    said = take(Aws(NEW), **arguments)[1]
    assert said == ([] if arguments else [("nobody could look", True)])


def test_what_was_done_and_undone_is_not_done_again(take):
    first = take(Aws(OLD))[0]
    second = take(Aws(NEW), previous=first["done"])[0]
    assert take(Aws(OLD), previous=second["done"])[2].partition("\na change: ")[0].endswith(": description old -> new")


def test_a_refusal_is_not_waited_for(take, pauses, monkeypatch):
    monkeypatch.setattr(plugin, "refusals", lambda inputs, known, wanted: ["it is protected"])
    _result, _said, error = take(Aws(OLD), converged=True)
    assert (error, pauses) == ("it is protected\nnothing was done", [])


@pytest.mark.parametrize(
    ("inputs", "environment", "named"),
    [
        ({}, {}, ()),
        ({"farflow_profile": "work"}, {}, ()),
        ({}, {"AWS_PROFILE": "work"}, ()),
        ({}, {"AWS_ACCESS_KEY_ID": "AKIA"}, ()),
        ({"farflow_access_key": "embedded"}, {"AWS_ACCESS_KEY_ID": "AKIA"}, ()),
        ({"farflow_profile": "work"}, {"AWS_PROFILE": "another"}, ()),
        ({"farflow_profile": "work"}, {"AWS_ACCESS_KEY_ID": "AKIA"}, ("farflow_profile", "AWS_ACCESS_KEY_ID")),
        ({}, {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "x"}, ("AWS_PROFILE", "AWS_SESSION_TOKEN")),
        ({}, {"AWS_DEFAULT_PROFILE": "work", "AWS_ACCESS_KEY": "AKIA"}, ("AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY")),
        ({"farflow_access_key": "embedded"}, {"AWS_PROFILE": "work"}, ("AWS_PROFILE", "farflow_access_key")),
    ],
)
def test_a_profile_beside_keys_is_refused(monkeypatch, inputs, environment, named):
    """Not by the first module of amazon.aws, in the middle of a deploy."""
    monkeypatch.setattr(plugin, "profiles", lambda: ["work"])
    for name in (*plugin._PROFILES, *plugin._KEYS):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    problems = plugin._profile_problems(inputs)
    assert len(problems) == bool(named)
    assert [word for word in named if word not in problems[0]] == []


@pytest.mark.parametrize(
    ("inputs", "environment", "said"),
    [
        ({"farflow_profile": "wrok"}, {"AWS_PROFILE": "work"}, ["farflow_profile: is 'wrok', allowed: work"]),
        ({}, {"AWS_PROFILE": "wrok"}, ["AWS_PROFILE: is 'wrok', allowed: work"]),
        ({}, {"AWS_DEFAULT_PROFILE": "wrok"}, ["AWS_DEFAULT_PROFILE: is 'wrok', allowed: work"]),
    ],
)
def test_a_profile_that_there_is_not_is_refused_by_what_names_it(monkeypatch, inputs, environment, said):
    monkeypatch.setattr(plugin, "profiles", lambda: ["work"])
    for name in (*plugin._PROFILES, *plugin._KEYS):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert plugin._profile_problems(inputs) == said


@pytest.mark.parametrize("region", ["us-east-1", "eusc-de-east-1", "cn-northwest-1", "us-gov-west-1", "us-isob-east-1"])
def test_a_region_of_any_partition_is_right(region):
    assert plugin._region_problems({"farflow_region": region}) == []


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("us-esat-1", "is 'us-esat-1', which botocore does not know here, did you mean 'us-east-1'?; allowed: "),
        ("euc-de-east-1", "did you mean 'eusc-de-east-1'?"),
        ("xx-nowhere-7", "is 'xx-nowhere-7', which botocore does not know here; allowed: a region of AWS"),
    ],
)
def test_a_region_that_there_is_not_is_refused_with_the_nearest_one(region, said):
    (line,) = plugin._region_problems({"farflow_region": region, "farflow_region_is_new": False})
    assert line.startswith("farflow_region: ") and said in line


def test_a_region_that_is_newer_than_botocore_is_allowed_by_a_word():
    assert plugin._region_problems({"farflow_region": "xx-nowhere-7", "farflow_region_is_new": True}) == []


@pytest.mark.parametrize(
    "region", ["us-esat-1", "su-east-1", "usa-east-1", "eu-wset-9", "ap-sotheast-2", "euc-de-east-1"]
)
def test_a_mistake_is_no_newer_region(region):
    (line,) = plugin._region_problems({"farflow_region": region, "farflow_region_is_new": True})
    assert "did you mean" in line and "looks like a mistake" in line


@pytest.mark.parametrize("region", ["eu-west-9", "us-central-1", "us-southwest-1", "aq-south-1", "eu-isoh-west-1"])
def test_what_aws_could_call_a_newer_region_is_allowed_and_told(region):
    inputs = {"farflow_region": region, "farflow_region_is_new": True}
    assert plugin._region_problems(inputs) == []
    (line,) = plugin._region_warnings(inputs)
    assert f"is {region!r}, which botocore does not know here" in line


def test_of_a_region_that_is_known_nothing_is_told():
    assert plugin._region_warnings({"farflow_region": "eu-west-1", "farflow_region_is_new": True}) == []
    assert plugin._region_warnings({"farflow_region": "eu-west-9", "farflow_region_is_new": False}) == []


@pytest.mark.parametrize("inputs", [{}, {"farflow_region": "Ireland"}])
def test_what_is_wrong_with_a_region_is_told_once(inputs):
    """The check of the variable alone has told it."""
    assert plugin._region_problems(inputs) == []
