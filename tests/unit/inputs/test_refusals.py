"""What only a look at AWS can tell to be wrong."""

from __future__ import annotations

import json

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import CREATE, DELETE, Action, Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import policies
from ansible_collections.farflow.airflow.plugins.module_utils.environment.network import usable_zones, zones
from ansible_collections.farflow.airflow.plugins.module_utils.environment.refusals import (
    elsewhere,
    in_use,
    names_taken,
    refusals,
    too_large,
)
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.iam_role import documents as iam_roles
from ansible_collections.farflow.airflow.plugins.module_utils.project import task_folders as dag_tasks_folder
from gathered import gather

ZONES = [Resource("availability_zone", f"eu-west-1{letter}") for letter in "abc"]
ZONES_OF_TOKYO = [("a", "az3"), ("c", "az1"), ("d", "az2")]
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf"


@pytest.fixture
def tasks(tmp_path):
    """``tasks(task_yml)``: the DAG tasks of a folder with one that has this task.yml."""

    def make(task_yml):
        folder = tmp_path / "hello"
        folder.mkdir()
        (folder / "Dockerfile").write_text("FROM scratch\n")
        (folder / "task.yml").write_text(task_yml)
        return dag_tasks_folder.discover(tmp_path, "prod")

    return make


def secret(name, state="present"):
    return Resource("secret", name, {"state": state}, f"arn:{name}")


def refused(*found, layers=("network", "dag_tasks"), tasks=(), **given):
    inputs, problems = gather(**given)
    assert problems == []
    return refusals({**inputs, "dag_tasks": tasks, "task_images": {}}, Existing([*ZONES, *found]), layers)


def test_a_secret_that_does_not_exist_is_named_with_file_and_line(tasks, tmp_path):
    (line,) = refused(tasks=tasks(f"cpu: 256\nsecrets:\n  OTHER: {ARN}\n  TOKEN: team/token\n"))
    assert line == (
        f"{tmp_path}/hello/task.yml:4: secrets.TOKEN: secret farflow/prod/team/token does not exist: create it in "
        "Secrets Manager, or give the ARN of another one"
    )


def test_a_secret_that_is_to_be_deleted_is_named(tasks):
    found = secret("farflow/prod/token", "pending deletion")
    (line,) = refused(found, tasks=tasks("secrets: {TOKEN: token}"))
    assert "task.yml:1: secrets.TOKEN: secret farflow/prod/token is to be deleted soon: restore it" in line


def test_a_secret_that_exists_or_that_the_deploy_makes_is_right(tasks):
    found = secret("farflow/prod/token")
    assert refused(found, tasks=tasks("secrets: {TOKEN: token, KEY: fernet-key, PASSWORD: database-password}")) == []


def test_secrets_are_the_dag_tasks_alone(tasks):
    assert refused(layers=["network"], tasks=tasks("secrets: {TOKEN: token}")) == []


def test_more_zones_than_the_region_has():
    (line,) = refused(network_availability_zone_count=4)
    assert line == (
        "network_availability_zone_count: is 4, allowed: up to 3, as eu-west-1 has eu-west-1a, eu-west-1b, eu-west-1c "
        "with all that is needed; or name others by network_availability_zones"
    )
    assert refused(network_availability_zone_count=4, layers=["dag_tasks"]) == []


def test_zones_that_there_are_not():
    (line,) = refused(network_availability_zones=["eu-west-1a", "eu-west-1z"])
    assert line.startswith("network_availability_zones.1: is 'eu-west-1z', allowed: zones that you have, eu-west-1a, ")
    assert refused(network_availability_zones=["eu-west-1a", "eu-west-1c"], network_availability_zone_count=6) == []


def subnet(name, zone):
    return Resource("subnet", name, {"availability_zone": zone})


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"network_availability_zone_count": 2}, "network_availability_zone_count"),
        ({"network_availability_zones": ["eu-west-1a", "eu-west-1b"]}, "network_availability_zones"),
    ],
)
def test_zones_that_are_in_use_are_not_left_out(given, name):
    there = [subnet(f"prod-private-{letter}", f"eu-west-1{letter}") for letter in "abc"]
    (line,) = refused(*there, **given)
    assert line.startswith(f"{name}: leaves out eu-west-1c, allowed: to add zones")
    assert refused(*there[:2], subnet("a-test", "eu-west-1c"), **given) == []
    assert refused(*there[:1], **given) == []


def test_a_zone_that_lacks_something_is_used_where_it_is_named_alone():
    tokyo = [Resource("availability_zone", f"ap-northeast-1{name}", id=f"apne1-{id}") for name, id in ZONES_OF_TOKYO]
    assert usable_zones(Existing(tokyo)) == ["ap-northeast-1c", "ap-northeast-1d"]
    inputs, _unused = gather(farflow_region="ap-northeast-1", network_availability_zones=["ap-northeast-1a"])
    assert zones(inputs, Existing(tokyo)) == ["ap-northeast-1a"]


def role(region, partition="aws"):
    inputs, _unused = gather(farflow_region=region)
    account = Resource("identity", "identity", {}, "123456789012", {"partition": partition})
    trust = policies.assume_role(inputs, Existing([account]))
    return iam_roles.desired({"name": f"prod-tasks-{region}", "assume_role_policy": json.loads(json.dumps(trust))})


def test_an_environment_of_this_name_in_another_region():
    (line,) = refused(role("us-east-1"), layers=["network"])
    assert line == (
        "farflow_region: is 'eu-west-1', while environment 'prod' of this account is in us-east-1: its IAM roles are "
        "the account's; allowed: that region, or another farflow_environment"
    )


def test_a_task_definition_that_another_environment_has():
    def family(name, owner):
        return Resource("ecs_task_definition", name, {"tags": {}}, f"arn:{name}:1", {"owner": owner})

    (line,) = refused(family("prod-x-report", "prod-x"), family("prod-hello", None))
    assert line == (
        "task definition prod-x-report is that of environment 'prod-x', and would be this one's too: give the "
        "folder of the DAG task another name, here or there, or choose another farflow_environment"
    )


def test_roles_of_this_region_and_without_one_are_in_nobodys_way():
    bare = iam_roles.desired({"name": "prod-bare", "assume_role_policy": {"Statement": []}})
    assert refused(role("eu-west-1"), bare) == []
    assert refused(bare) == []


def role_elsewhere(name, path):
    return iam_roles.elsewhere({"RoleName": name, "Path": path, "Arn": f"arn:aws:iam::123456789012:role{path}{name}"})


def creation(name):
    return Action(CREATE, iam_roles.desired({"name": name, "path": "/farflow/prod/"}))


@pytest.mark.parametrize(
    ("path", "whose"),
    [
        ("/farflow/prod-task/", "is that of environment 'prod-task'"),
        ("/teams/prod-task/", "is that of environment 'prod-task'"),
        ("/", "is not of this environment"),
        ("/service/", "is not of this environment"),
    ],
)
def test_a_role_whose_name_another_has(path, whose):
    there = role_elsewhere("prod-task-report", path)
    (line,) = names_taken(Existing([there]), [creation("prod-task-report"), creation("prod-task")])
    assert line == (
        f"IAM role prod-task-report exists as arn:aws:iam::123456789012:role{path}prod-task-report, {whose}, and an "
        "account has one of a name: give the folder of the DAG task another name, here or there, or choose another "
        "farflow_environment"
    )
    assert refused(there) == []


@pytest.mark.parametrize("path", ["/", "/farflow/prod-task/", "/farflow/prod/"])
def test_a_role_whose_name_another_has_in_other_letters(path):
    """IAM does not tell letter case apart, in its own path either."""
    arn = f"arn:aws:iam::123456789012:role{path}Prod-Airflow-Worker"
    listed = {"RoleName": "Prod-Airflow-Worker", "Path": path, "Arn": arn}
    is_ours = path == "/farflow/prod/"
    there = iam_roles.canonical(listed, {"AssumeRolePolicyDocument": {}}) if is_ours else iam_roles.elsewhere(listed)
    (line,) = names_taken(Existing([there]), [creation("prod-airflow-worker"), creation("prod-task")])
    assert line == (
        f"IAM role Prod-Airflow-Worker exists as {arn}, and IAM does not tell it from prod-airflow-worker, which has "
        "other letters only: delete it, or choose another farflow_environment; of a DAG task whose folder has got "
        "other letters, deploy once without that folder"
    )


@pytest.mark.parametrize("name", ["prod-airflow-worker", "prod-airflow-execution", "prod-tasks-execution", "prod-task"])
def test_another_path_than_the_one_that_the_roles_are_in(name):
    there = role_elsewhere(name, "/teams/data/prod/")
    (line,) = refused(there, layers=["network"])
    assert line == (
        "farflow_iam_path: is '/farflow/', while the IAM roles of environment 'prod' are below '/teams/data/', and AWS "
        "moves no role: allowed: '/teams/data/'; or tear the environment down with that, and deploy it again, or "
        "choose another farflow_environment"
    )
    inputs, _unused = gather()
    assert elsewhere(inputs, Existing([there])) == [line]


def test_roles_of_others_are_in_no_environments_path():
    assert refused(role_elsewhere("prod-task", "/prod-task/"), role_elsewhere("prod-reports", "/teams/prod/")) == []


def test_a_role_that_is_in_an_instance_profile_is_not_deleted():
    listed = {"RoleName": "prod-task", "Path": "/farflow/prod/", "Arn": "arn:role"}
    details = {"AssumeRolePolicyDocument": {}, "InstanceProfileList": [{"InstanceProfileName": "theirs"}]}
    held = iam_roles.canonical(listed, details)
    (line,) = in_use(
        [Action(DELETE, held), Action(DELETE, iam_roles.canonical(listed, {**details, "InstanceProfileList": []}))]
    )
    assert line == (
        "IAM role prod-task is in the instance profile theirs, and AWS deletes no role that is in one: take it out, by "
        "aws iam remove-role-from-instance-profile --instance-profile-name theirs --role-name prod-task"
    )
    assert in_use([Action(CREATE, held)]) == []


def test_more_secrets_than_a_role_can_name():
    inputs, _unused = gather()
    account = Existing([Resource("identity", "identity", {}, "123456789012", {"partition": "aws"})])
    secrets = [f"{ARN[:-12]}token-{number:03}-AbCdEf" for number in range(200)]

    def execution(count):
        document = policies.execution(inputs, account, ["prod-tasks"], "/farflow/prod/tasks", secrets[:count])
        return Action(CREATE, iam_roles.desired({"name": "prod-tasks-execution", "policies": {"execution": document}}))

    assert too_large([execution(100)]) == []
    (line,) = too_large([execution(200), Action(DELETE, execution(200).resource)])
    assert line.startswith("IAM role prod-tasks-execution has 1")
    assert "allowed: 10240 of AWS; name fewer secrets" in line
