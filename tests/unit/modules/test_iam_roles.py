from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reading import find
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.iam_role import IamRole
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.iam_role import documents as pure
from ansible_collections.farflow.airflow.plugins.modules import iam_roles as module
from botocore.exceptions import ClientError


def document(**statement):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


TRUST = document(Principal={"Service": "ecs-tasks.amazonaws.com"}, Action="sts:AssumeRole")
SEND = document(Sid="Send", Action=["sqs:SendMessage"], Resource="arn:aws:sqs:eu-west-1:123456789012:q")
READ = document(Sid="Read", Action=["s3:GetObject"], Resource="arn:aws:s3:::b/*")


@pytest.fixture
def managed(aws):
    """ARNs of two managed policies."""
    client = boto3.client("iam")
    made = [client.create_policy(PolicyName=name, PolicyDocument=json.dumps(READ)) for name in ("one", "two")]
    return [answer["Policy"]["Arn"] for answer in made]


@pytest.fixture
def roles(managed):
    return [
        {
            "name": "test-worker",
            "path": "/farflow/test/",
            "assume_role_policy": TRUST,
            "policies": {"queue": SEND, "bucket": READ},
            "managed_policy_arns": [managed[0]],
            "permissions_boundary": managed[0],
            "max_session_duration": 7200,
            "description": "works",
            "tags": {"team": "data", "stage": "test"},
        },
        {"name": "test-scheduler", "path": "/farflow/test/", "assume_role_policy": TRUST},
    ]


def everything():
    answer = boto3.client("iam").get_account_authorization_details(Filter=["Role"])
    return {role["RoleName"]: role for role in answer["RoleDetailList"]}


def test_creates_then_changes_nothing(run_module, roles):
    first = run_module(module, roles=roles)
    assert [(entry["name"], entry["arn"], entry["reasons"]) for entry in first["roles"]] == [
        ("test-worker", "arn:aws:iam::123456789012:role/farflow/test/test-worker", ["created"]),
        ("test-scheduler", "arn:aws:iam::123456789012:role/farflow/test/test-scheduler", ["created"]),
    ]
    second = run_module(module, roles=roles)
    assert second["changed"] is False
    assert [entry["arn"] for entry in second["roles"]] == [entry["arn"] for entry in first["roles"]]


OTHER_TRUST = document(Principal={"Service": "events.amazonaws.com"}, Action="sts:AssumeRole")

CHANGES = {
    "trust": (
        {"assume_role_policy": OTHER_TRUST},
        [
            "assume_role_policy Statement Allow sts:assumerole Principal Service "
            "[ecs-tasks.amazonaws.com] -> [events.amazonaws.com]"
        ],
    ),
    "inline policy changed": (
        {"policies": {"queue": document(Sid="Send", Action="sqs:*", Resource="*"), "bucket": READ}},
        [
            "policies queue Statement Send Action [sqs:SendMessage] -> [sqs:*]",
            "policies queue Statement Send Resource [arn:aws:sqs:eu-west-1:123456789012:q] -> [*]",
        ],
    ),
    "inline policy removed": (
        {"policies": {"queue": SEND}},
        [
            "policies bucket Version 2012-10-17 -> (none)",
            "policies bucket Statement Read Sid Read -> (none)",
            "policies bucket Statement Read Effect Allow -> (none)",
            "policies bucket Statement Read Action [s3:GetObject] -> (none)",
            "policies bucket Statement Read Resource [arn:aws:s3:::b/*] -> (none)",
        ],
    ),
    "managed policy detached": (
        {"managed_policy_arns": []},
        ["managed_policy_arns [arn:aws:iam::123456789012:policy/one] -> (none)"],
    ),
    "managed policy exchanged": (
        {"managed_policy_arns": ["arn:aws:iam::123456789012:policy/two"]},
        ["managed_policy_arns [arn:aws:iam::123456789012:policy/one] -> [arn:aws:iam::123456789012:policy/two]"],
    ),
    "boundary changed": (
        {"permissions_boundary": "arn:aws:iam::123456789012:policy/two"},
        ["permissions_boundary arn:aws:iam::123456789012:policy/one -> arn:aws:iam::123456789012:policy/two"],
    ),
    "boundary removed": (
        {"permissions_boundary": None},
        ["permissions_boundary arn:aws:iam::123456789012:policy/one -> (none)"],
    ),
    "session": ({"max_session_duration": 3600}, ["max_session_duration 7200 -> 3600"]),
    "description": ({"description": ""}, ['description works -> ""']),
    "tags": (
        {"tags": {"team": "web", "new": "tag"}},
        ["tags team data -> web", "tags new (none) -> tag", "tags stage test -> (none)"],
    ),
}


@pytest.mark.parametrize(("members", "reasons"), CHANGES.values(), ids=CHANGES)
def test_change_is_predicted_told_and_done(run_module, roles, members, reasons):
    run_module(module, roles=roles)
    wanted = [{name: value for name, value in {**roles[0], **members}.items() if value is not None}, roles[1]]
    predicted = run_module(module, check_mode=True, roles=wanted)
    done = run_module(module, roles=wanted)
    assert predicted["roles"] == done["roles"]
    assert sorted(done["roles"][0]["reasons"]) == sorted(reasons)
    assert done["roles"][1]["changed"] is False
    assert run_module(module, roles=wanted)["changed"] is False


def test_the_same_rights_in_other_words_are_no_change(run_module, roles):
    run_module(module, roles=roles)
    statement = SEND["Statement"][0]
    reworded = {"Version": "2012-10-17", "Statement": {**statement, "Action": "SQS:sendmessage"}}
    wanted = [{**roles[0], "policies": {"bucket": READ, "queue": reworded}}, roles[1]]
    assert run_module(module, roles=wanted)["changed"] is False


def test_drift_is_seen_and_mended(run_module, roles, managed):
    run_module(module, roles=roles)
    client = boto3.client("iam")
    client.put_role_policy(RoleName="test-scheduler", PolicyName="backdoor", PolicyDocument=json.dumps(SEND))
    client.attach_role_policy(RoleName="test-scheduler", PolicyArn=managed[1])
    client.delete_role_policy(RoleName="test-worker", PolicyName="queue")
    mended = run_module(module, roles=roles)
    assert [entry["changed"] for entry in mended["roles"]] == [True, True]
    assert run_module(module, roles=roles)["changed"] is False
    scheduler = everything()["test-scheduler"]
    assert scheduler["RolePolicyList"] == scheduler["AttachedManagedPolicies"] == []


def test_check_mode_creates_nothing(run_module, roles):
    result = run_module(module, check_mode=True, roles=roles)
    assert [entry["reasons"] for entry in result["roles"]] == [["created"], ["created"]]
    assert everything() == {}


def test_absent_deletes_only_what_is_named_with_its_policies(run_module, roles):
    run_module(module, roles=roles)
    named = [{"name": "test-worker", "path": "/farflow/test/"}]
    predicted = run_module(module, check_mode=True, roles=named, state="absent")
    done = run_module(module, roles=named, state="absent")
    assert predicted["roles"] == done["roles"]
    assert [(entry["name"], entry["reasons"]) for entry in done["roles"]] == [("test-worker", ["deleted"])]
    assert set(everything()) == {"test-scheduler"}
    assert run_module(module, roles=named, state="absent")["changed"] is False


@pytest.mark.parametrize("check_mode", [True, False])
def test_another_path_is_refused(run_module, roles, check_mode):
    run_module(module, roles=roles)
    moved = [{**roles[0], "path": "/farflow/test/deeper/"}, roles[1]]
    result = run_module(module, check_mode=check_mode, roles=moved)
    assert result["failed"] is True
    assert "iam role test-worker in place (path /farflow/test/ -> /farflow/test/deeper/)" in result["msg"]


def test_a_role_of_someone_else_is_refused(run_module, roles):
    boto3.client("iam").create_role(RoleName="test-worker", AssumeRolePolicyDocument=json.dumps(TRUST))
    result = run_module(module, roles=roles[:1])
    assert "exists already, as arn:aws:iam::123456789012:role/test-worker" in result["msg"]
    assert everything()["test-worker"]["RolePolicyList"] == []


def test_a_role_without_trust_is_refused(aws, run_module):
    assert "without assume_role_policy: test-a" in run_module(module, roles=[{"name": "test-a"}])["msg"]


def test_what_iam_does_not_know_yet_is_done_a_little_later(run_module, roles, calls, pauses):
    unknown = "The role with name test-worker cannot be found."
    calls.refuse("PutRolePolicy", "NoSuchEntity", message=unknown)
    calls.refuse("CreateRole", "ConcurrentModification")
    calls.refuse("DeleteRole", "DeleteConflict")
    run_module(module, roles=roles)
    assert run_module(module, roles=roles)["changed"] is False
    run_module(module, roles=roles, state="absent")
    assert everything() == {}
    assert len(pauses) == 3


def test_a_policy_that_does_not_exist_is_not_waited_for(run_module, roles, calls, pauses):
    calls.refuse("AttachRolePolicy", "NoSuchEntity", message="Policy arn:any does not exist or is not attachable.")
    assert "does not exist or is not attachable" in run_module(module, roles=roles)["msg"]
    assert pauses == []


def without(key, name):
    """An answer of AWS that does not have that role yet under that key."""
    return lambda answer: {**answer, key: [role for role in answer[key] if role["RoleName"] != name]}


def test_it_returns_when_iam_shows_the_roles(run_module, roles, calls, pauses):
    calls.alter("ListRoles", without("Roles", "test-worker"), times=3)
    assert run_module(module, roles=roles)["changed"] is True
    assert len(calls.of("ListRoles")) == 4
    assert len(pauses) == 2


def test_a_role_is_made_by_a_call_for_each_thing_that_aws_takes_apart(run_module, roles, calls):
    calls.made.clear()
    run_module(module, roles=roles[:1])
    assert calls.of("") == [
        *("ListRoles", "CreateRole", "PutRolePolicy", "PutRolePolicy", "AttachRolePolicy"),
        *("ListRoles", "GetAccountAuthorizationDetails"),
    ]


def test_a_role_that_is_gone_is_not_waited_for(run_module, roles, calls, pauses):
    run_module(module, roles=roles)

    def gone():
        boto3.client("iam").delete_role(RoleName="test-scheduler")
        message = "The role with name test-scheduler cannot be found."
        raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": message}}, "DeleteRole")

    calls.before("DeleteRole", gone)
    assert run_module(module, roles=roles[1:], state="absent")["changed"] is True
    assert pauses == []


PATH = "/farflow/test/"


@pytest.fixture
def recorded(aws):
    """``recorded.find(...)`` looks as an environment does; ``recorded.calls`` are the operations."""

    class Recorded:
        def __init__(self):
            client, self.calls = boto3.client("iam"), []
            client.meta.events.register("before-call.iam", lambda model, **_unused: self.calls.append(model.name))
            self.clients = Clients(lambda service, config: client)

        def find(self, path=PATH):
            return find(IamRole(path), self.clients, "test")

    return Recorded()


def test_find_sees_the_environment_alone_in_two_calls(run_module, roles, recorded):
    run_module(module, roles=roles)
    run_module(module, roles=[{**roles[1], "name": "other-scheduler", "path": "/farflow/test-other/"}])
    found = recorded.find()
    assert sorted(role.name for role in found) == ["test-scheduler", "test-worker"]
    assert recorded.calls == ["ListRoles", "GetAccountAuthorizationDetails"]
    assert plan([pure.desired(role) for role in roles], found) == []


def test_find_asks_once_where_there_is_nothing(recorded):
    assert recorded.find() == []
    assert recorded.calls == ["ListRoles"]


def test_find_tells_the_roles_elsewhere_that_have_a_name_of_ours(run_module, roles, recorded):
    run_module(module, roles=[{**roles[1], "path": "/farflow/other/"}])
    (found,) = recorded.find()
    assert (found.type, found.name, found.attributes["path"]) == (pure.ELSEWHERE, "test-scheduler", "/farflow/other/")
    assert found.id == "arn:aws:iam::123456789012:role/farflow/other/test-scheduler"
    assert recorded.calls == ["ListRoles"]


def test_find_tells_the_roles_elsewhere_whose_names_have_other_letters(recorded):
    boto3.client("iam").create_role(RoleName="TEST-Scheduler", AssumeRolePolicyDocument=json.dumps(TRUST))
    (found,) = recorded.find()
    assert (found.type, found.name) == (pure.ELSEWHERE, "TEST-Scheduler")


def test_who_may_not_list_the_account_sees_the_path(run_module, roles, recorded, calls):
    run_module(module, roles=roles)
    calls.refuse_of("ListRoles", "PathPrefix", "/", "AccessDenied")
    assert sorted(role.name for role in recorded.find()) == ["test-scheduler", "test-worker"]


def test_who_may_not_see_the_account_reads_each_role(run_module, roles, recorded, calls):
    run_module(module, roles=roles)
    profile = boto3.client("iam")
    profile.create_instance_profile(InstanceProfileName="theirs")
    profile.add_role_to_instance_profile(InstanceProfileName="theirs", RoleName="test-worker")
    whole = recorded.find()
    calls.refuse("GetAccountAuthorizationDetails", "AccessDenied", times=2)
    assert recorded.find() == whole
    assert run_module(module, roles=roles)["changed"] is False


def test_a_role_that_the_account_does_not_show_yet_is_read_alone(run_module, roles, recorded, calls):
    run_module(module, roles=roles)
    late = without("RoleDetailList", "test-worker")
    calls.alter("GetAccountAuthorizationDetails", late, times=2)
    assert plan([pure.desired(role) for role in roles], recorded.find()) == []
    (asked,) = [arguments for operation, arguments in calls.made if operation == "GetRole"][-1:]
    assert asked == {"RoleName": "test-worker"}
    calls.refuse("GetRole", "NoSuchEntity")
    assert [role.name for role in recorded.find()] == ["test-scheduler"]


def test_the_instance_profiles_of_a_role_are_known(run_module, roles, recorded):
    run_module(module, roles=roles)
    client = boto3.client("iam")
    client.create_instance_profile(InstanceProfileName="theirs")
    client.add_role_to_instance_profile(InstanceProfileName="theirs", RoleName="test-worker")
    known = {role.name: role.attributes["instance_profiles"] for role in recorded.find()}
    assert known == {"test-worker": ["theirs"], "test-scheduler": []}


def test_what_the_plan_hands_over_is_what_was_given(roles):
    resources = [pure.desired(role) for role in roles]
    handed = json.loads(json.dumps([{**resource.properties, "name": resource.name} for resource in resources]))
    assert [pure.desired(role) for role in handed] == resources


def test_more_policy_than_aws_takes_is_refused_before_anything_is_made(run_module, roles):
    large = document(Action=["s3:GetObject"], Resource=[f"arn:aws:s3:::bucket-{number}/*" for number in range(500)])
    result = run_module(module, roles=[{**roles[1], "policies": {"large": large}}])
    assert "IAM role test-scheduler has 1" in result["msg"]
    assert "allowed: 10240" in result["msg"]
    assert everything() == {}


def test_a_role_of_an_environment_whose_path_is_below_ours_is_not_ours(run_module, roles, recorded):
    run_module(module, roles=[{**roles[1], "path": "/farflow/test/x/"}])
    assert [role.type for role in recorded.find()] == [pure.ELSEWHERE]
