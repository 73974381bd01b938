"""What the policies of a deployer allow is what playbooks call: nothing is refused, and no statement is there for
nothing. tests/unit/every_kind/test_rights_of_every_kind.py holds a deploy against them in less time.
"""

from __future__ import annotations

import json

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.environment import deployer

from tests.embedded_aws.authorization.evaluation import ALLOWED, Request, decide
from tests.embedded_aws.settings import ACCOUNT_ID
from tests.stack.deployers import WHERE, keys
from tests.stack.look import Looks
from tests.stack.project import Project

from .recorded_doors import Recorder, live

#: The variables of what is recorded, as far as policies depend on them.
VARIABLES = {"farflow_image_builder": "codebuild", "rds_snapshot_identifier": "before"}

#: Door dags_check calls AWS only where there is no Docker engine, and then what dags and airflow_command call.
RECORDED = [door for door in deployer.DOORS if door != "dags_check"]

#: Statements for which no door has a call here, and why.
NEVER = {
    "BuildContexts": "builds of CodeBuild need containers",
    "LookAtGoneRoles": "IAM's lists are not late here, but on the strict account",
    "ServiceLinkedRoles": "the emulator has those of all services",
    "Unbound": "nobody has put a boundary on",
}
#: Those that a door calls only at times.
AT_TIMES = {
    "Alarms": "tags are asked for one by one where AWS's list of all tags is behind",
    "Logs": "tags are asked for one by one where AWS's list of all tags is behind",
    "Roles": "roles are read one by one where the list of all may not be read",
    "TagPrivateNames": "tags are asked for one by one where AWS's list of all tags is behind",
}
#: Those that others need, by the door that has no call for them here.
ELSEWHERE = {
    "plan": {"Tasks": "old workers are looked at while a service rolls"},
    "deploy": {
        "BuildImages": "builds of CodeBuild need containers",
        "ChangeHostedZones": "a namespace of another VPC is replaced with its zone",
        "EmptyBuckets": "nothing is in the bucket of build contexts",
        **dict.fromkeys(
            ("MakeVolume", "TagNewVolume", "Volume", "MountVolume", "MountInNetwork"),
            "the volume is made with the DAG tasks, and not taken away",
        ),
    },
    "dag_tasks": {
        "EmptyBuckets": "nothing is in the bucket of build contexts",
        "LookAtNamedSecrets": "no task names a secret",
    },
    "teardown": {"ImageBuilder": "the deploy before has removed the project"},
}


@pytest.fixture(scope="module")
def inputs(playbooks):
    return Looks(playbooks.aws, VARIABLES).inputs()


@pytest.fixture(scope="module")
def recorded(playbooks, inputs, tmp_path_factory):
    """By the door what IAM was asked for it: all doors are used with the policies for all of them, and nothing else."""
    playbooks.aws.reset()
    recorder = Recorder(playbooks, keys(playbooks.aws, inputs))
    with playbooks.aws.behaviours(enforced_iam=True):
        live(recorder, Project(tmp_path_factory.mktemp("project")))
    return recorder.asked


@pytest.mark.thorough
def test_every_door_is_recorded(recorded):
    assert sorted(recorded) == sorted(RECORDED)
    assert all(recorded.values())


@pytest.mark.thorough
@pytest.mark.parametrize("door", RECORDED)
def test_all_that_a_door_calls_is_allowed(recorded, inputs, door):
    documents = deployer.documents(inputs, WHERE, [door])
    assert [_told(each) for each in recorded[door] if decide(documents, each) != ALLOWED] == []


@pytest.mark.thorough
@pytest.mark.parametrize("door", RECORDED)
def test_without_any_of_its_statements_a_call_is_refused(recorded, inputs, door):
    """Or it is known why none is recorded."""
    statements = deployer.statements(inputs, WHERE, [door])
    idle = {each["Sid"] for each in statements if not _is_needed(each, statements, recorded[door])}
    known = {*NEVER, *AT_TIMES, *ELSEWHERE.get(door, {})}
    if door == "dags":
        # It runs a command of Airflow's when it deletes versions, after twenty.
        known |= {each["Sid"] for each in deployer.statements(inputs, WHERE, ["airflow_command"])}
    assert idle - known == set()
    assert ELSEWHERE.get(door, {}).keys() <= idle


@pytest.mark.thorough
def test_no_reason_is_left_over(recorded, inputs):
    """What a call of a door needs is no statement that none needs."""
    every = {door: deployer.statements(inputs, WHERE, [door]) for door in RECORDED}
    needed = {each["Sid"] for door, some in every.items() for each in some if _is_needed(each, some, recorded[door])}
    assert {each["Sid"] for some in every.values() for each in some} - needed == NEVER.keys()


@pytest.mark.thorough
def test_together_only_what_wider_ones_allow_too_is_needless(recorded, inputs):
    """Whose policies are for all doors have some statements for single ones."""
    every = [each for some in recorded.values() for each in some]
    statements = deployer.statements(inputs, WHERE)
    idle = {each["Sid"] for each in statements if not _is_needed(each, statements, every)}
    assert idle - {*NEVER, *AT_TIMES} == {"RunAirflow", "SecretsOfCommands"}


def _is_needed(statement, statements, requests):
    rest = {"Version": "2012-10-17", "Statement": [each for each in statements if each is not statement]}
    mine = [each for each in requests if each.action in statement["Action"]]
    return any(decide([rest], each) != ALLOWED for each in mine)


def _told(request: Request) -> str:
    return f"{request} with {dict(request.context)}"


def test_the_playbook_writes_them_without_aws(playbooks, inputs, tmp_path):
    folder = tmp_path / "policies"
    given = {"deployer_policy_account_id": ACCOUNT_ID, "deployer_policy_path": str(folder), **VARIABLES}
    given["farflow_endpoint_url"] = "http://127.0.0.1:9"  # where nobody answers
    wanted = deployer.documents(inputs, WHERE)

    checked = playbooks.run("deployer_policy", "--check", **given)
    assert (checked.code, checked.changed, folder.exists()) == (0, 1, False), checked.output
    first = playbooks.run("deployer_policy", **given)
    assert (first.code, first.changed) == (0, 1), first.output
    files = sorted(folder.iterdir())
    assert [path.name for path in files] == [f"local-deployer-{number}.json" for number, _one in enumerate(wanted, 1)]
    assert [json.loads(path.read_text()) for path in files] == wanted
    assert playbooks.run("deployer_policy", **given).changed == 0


def test_of_more_files_than_there_are_policies_the_others_go(playbooks, tmp_path):
    for name in ("local-plan-7.json", "other-plan-7.json"):
        (tmp_path / name).write_text("{}")
    playbooks.aws.reset_calls()
    given = {"deployer_policy_path": str(tmp_path), "deployer_policy_playbooks": ["plan"]}
    outcome = playbooks.run("deployer_policy", **given)
    assert outcome.code == 0, outcome.output
    names = {path.name for path in tmp_path.iterdir()}
    assert {"local-plan-1.json", "other-plan-7.json"} <= names
    assert "local-plan-7.json" not in names
    assert [f"{call['service']} {call['operation']}" for call in playbooks.aws.calls()] == ["sts GetCallerIdentity"]


def test_what_is_no_account_or_playbook_is_refused(playbooks):
    for given, words in (
        ({"deployer_policy_account_id": "1234"}, "account_id: is '1234', allowed: the 12 digits of an AWS account"),
        ({"deployer_policy_playbooks": ["helm"]}, "value of playbooks must be one or more of: plan, deploy"),
    ):
        outcome = playbooks.run("deployer_policy", **given)
        assert outcome.code != 0
        assert words in " ".join(outcome.output.split())
