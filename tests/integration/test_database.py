"""What an operator does with a database that has been there for years: another password, a major version, the way
back to a snapshot. The account and its environment are one for all of these tests.
"""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.stack.look import Looks

from .conftest import Project
from .stack import SERVICES, mutating_calls, running

DATABASE = "local-database"
PASSWORD = "set:by#hand%20+1"
SECRET = "farflow/local/database-password"
COMPOSED = ("farflow/local/database-url", "farflow/local/result-backend-url")


class Environment:
    """A deployed environment; `variables` are what it was deployed with last, `said` what that deploy said."""

    def __init__(self, playbooks, project):
        self.aws = playbooks.aws
        self.rds = self.aws.client("rds")
        self.variables = dict(project.variables)
        self._playbooks = playbooks
        self.deploy()

    def deploy(self, **more):
        """Deploys, and returns the calls that it needed for that."""
        self.aws.reset_calls()
        self.said = self._playbooks.deploy(**self.variables, **more).output
        self.variables.update(more)
        calls = mutating_calls(self.aws)
        assert self.plan() == {}
        return calls

    def plan(self):
        return Looks(self.aws, self.variables).plan()

    def teardown(self, **more):
        self._playbooks.teardown(**self.variables, **more)

    def refused(self, *arguments, playbook="deploy", **more):
        """The output of a deploy, or of another playbook, that is refused and does nothing."""
        self.aws.reset_calls()
        outcome = self._playbooks.run(playbook, *arguments, **self.variables, **more)
        assert outcome.code != 0
        assert "nothing was done" in outcome.output
        assert mutating_calls(self.aws) == []
        return outcome.output

    def database(self):
        (found,) = self.rds.describe_db_instances()["DBInstances"]
        return found

    def snapshots(self):
        """The tags of every snapshot by its name."""
        found = self.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        return {
            each["DBSnapshotIdentifier"]: {tag["Key"]: tag["Value"] for tag in each.get("TagList") or []}
            for each in found
        }

    def secrets(self):
        """The value of every secret by its name."""
        client = self.aws.client("secretsmanager")
        names = [each["Name"] for each in client.list_secrets()["SecretList"]]
        return {name: client.get_secret_value(SecretId=name)["SecretString"] for name in names}

    def set_password(self, password):
        self.aws.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=password)


@pytest.fixture(scope="module")
def environment(playbooks, tmp_path_factory):
    playbooks.aws.reset()
    return Environment(playbooks, Project(tmp_path_factory.mktemp("project")))


def test_a_password_set_by_hand_is_taken_to_the_database_and_into_the_urls(environment):
    before, tasks = environment.secrets(), running(environment.aws)
    environment.set_password(PASSWORD)
    current = f"(another) -> current version of {SECRET}"
    assert environment.plan() == {
        f"change rds_instance {DATABASE}": f"master_user_secret {current}",
        **{f"change secret {name}": f"composed_from password {current}" for name in COMPOSED},
    }

    calls = environment.deploy()
    assert calls.count("rds ModifyDBInstance") == 1
    assert calls.count("secretsmanager PutSecretValue") == len(COMPOSED)
    after, url_encoded = environment.secrets(), {key: quote(key, safe="") for key in (before[SECRET], PASSWORD)}
    for name in COMPOSED:
        assert after.pop(name) == before.pop(name).replace(url_encoded[before[SECRET]], url_encoded[PASSWORD])
    assert after == {**before, SECRET: PASSWORD}  # no other secret is made anew

    assert running(environment.aws) == tasks
    ecs = environment.aws.client("ecs")
    for service in SERVICES:
        ecs.update_service(cluster="local", service=service, forceNewDeployment=True)
    assert environment.plan() == {}


@pytest.mark.thorough
def test_the_way_back_to_a_snapshot(environment):
    rds = environment.rds
    rds.create_db_snapshot(DBInstanceIdentifier=DATABASE, DBSnapshotIdentifier="before")
    environment.set_password("of-later-than-the-snapshot")
    environment.deploy(rds_allocated_storage=30)
    environment.aws.client("ecs").update_service(cluster="local", service="local-scheduler", desiredCount=0)
    rds.delete_db_instance(DBInstanceIdentifier=DATABASE, FinalDBSnapshotIdentifier="left")

    environment.variables["rds_allocated_storage"] = 25
    newest = environment.refused("--check")
    assert f"database {DATABASE} can't be restored from snapshot left: it needs rds_allocated_storage 30" in newest
    assert "rds_snapshot_identifier: is 'befor', allowed" in environment.refused(rds_snapshot_identifier="befor")

    calls = environment.deploy(rds_snapshot_identifier="before")
    assert "rds RestoreDBInstanceFromDBSnapshot" in calls
    assert "rds CreateDBInstance" not in calls
    assert "rds ModifyDBInstance" in calls  # the password of today
    assert "ecs RunTask" in calls  # its schema may be an older one
    assert environment.database()["AllocatedStorage"] == 25
    del environment.variables["rds_snapshot_identifier"]
    assert environment.plan() == {}


@pytest.mark.thorough
def test_the_first_user_is_made_anew(environment):
    tasks, arn = running(environment.aws), environment.database()["DBInstanceArn"]
    environment.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["farflow:schema"])
    assert f"change database_schema {DATABASE}" in environment.plan()
    with environment.aws.behaviours(late_database_tags=600):
        calls = environment.deploy()
    assert calls.count("ecs RunTask") == 2  # for the schema, and for the user
    assert running(environment.aws) == tasks


@pytest.mark.parametrize("arguments", [["--check", "--diff"], []], ids=["check", "deploy"])
def test_a_version_that_can_not_be_is_refused_in_the_plan(environment, arguments):
    version = environment.database()["EngineVersion"]
    another = environment.refused(*arguments, rds_engine_version="18")
    assert f"database {DATABASE}: rds_engine_version {version} -> 18: there is no way back from" in another
    assert "set rds_allow_major_version_upgrade to true, or set rds_engine_version to 17" in another
    lower = environment.refused(*arguments, rds_engine_version="16", rds_allow_major_version_upgrade=True)
    assert f"rds_engine_version {version} -> 16: AWS can't go back; set it to 17" in lower
    none = environment.refused(*arguments, rds_engine_version="99")
    assert f"rds_engine_version {version} -> 99: AWS upgrades it to one of 17.10, 18.3, 18.4, and to no other" in none


OFFERS = {"rds DescribeEngineDefaultParameters", "rds DescribeOrderableDBInstanceOptions"}


def offers_asked(aws):
    """What was asked of RDS's offers since the calls were counted anew."""
    return OFFERS & {f"{call['service']} {call['operation']}" for call in aws.calls()}


def test_what_rds_does_not_offer_is_refused_and_what_is_there_is_not_asked_for_again(environment):
    wrong = {"work_mem": "64MB", "work_memm": "64"}
    told = environment.refused("--check", rds_parameters=wrong, rds_instance_class="db.t4g.gigantic")
    assert "rds_parameters.work_mem: is '64MB'; allowed in postgres17: 64-2147483647" in told
    assert "rds_parameters.work_memm: is no parameter of postgres17, did you mean 'work_mem'?" in told
    version = environment.database()["EngineVersion"]
    assert f"'db.t4g.gigantic', allowed: a class in which RDS has Postgres {version} in us-east-1, such as db." in told

    parameters = {"log_statement": "ddl", "random_page_cost": 1.1}
    environment.deploy(rds_parameters=parameters, rds_instance_class="db.t4g.medium")
    assert environment.database()["DBInstanceClass"] == "db.t4g.medium"
    environment.aws.reset_calls()
    assert environment.plan() == {}
    assert offers_asked(environment.aws) == set()


@pytest.mark.thorough
def test_a_major_version_that_is_allowed(environment):
    calls = environment.deploy(rds_engine_version="18", rds_allow_major_version_upgrade=True)
    assert "rds ModifyDBInstance" in calls
    assert "rds RestoreDBInstanceFromDBSnapshot" not in calls
    database = environment.database()
    assert database["EngineVersion"] == "18.4"  # AWS's default of 18 is not one to which 17.9 can be upgraded
    assert database["EngineLifecycleSupport"] == "open-source-rds-extended-support-disabled"
    (group,) = database["DBParameterGroups"]
    assert group["DBParameterGroupName"] == f"{DATABASE}-postgres18"
    groups = [
        each["DBParameterGroupName"] for each in environment.rds.describe_db_parameter_groups()["DBParameterGroups"]
    ]
    assert f"{DATABASE}-postgres17" not in groups
    environment.variables["rds_allow_major_version_upgrade"] = False
    assert environment.plan() == {}


@pytest.mark.thorough
def test_a_database_beside_is_left_alone_and_a_teardown_keeps_what_it_holds(environment):
    """RDS gives one that is restored the tags of its snapshot, where no others are given."""
    before = environment.snapshots()
    tags, rds = environment.database()["TagList"], environment.rds
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="restored", DBSnapshotIdentifier="before", Tags=tags, DBSubnetGroupName=DATABASE
    )
    assert environment.plan() == {}
    told = environment.refused(
        playbook="teardown",
        farflow_teardown_confirm="local",
        farflow_teardown_keep=["snapshot"],
        rds_skip_final_snapshot=True,
    )
    assert "rds_skip_final_snapshot: is true, while there is database restored as well" in told

    environment.teardown(farflow_teardown_keep=["snapshot"])
    assert rds.describe_db_instances()["DBInstances"] == []
    final = {name: found for name, found in environment.snapshots().items() if name not in before}
    assert sorted(name.partition("-final-")[0] for name in final) == [DATABASE, "restored"]
    assert {found["farflow:environment"] for found in final.values()} == {"local"}


@pytest.mark.thorough
def test_static_parameters_of_a_new_database_may_wait_for_a_reboot_which_is_said(environment):
    parameters = {"shared_buffers": "9000", "rds.logical_replication": "0"}
    environment.variables.update(rds_engine_version="18", rds_snapshot_identifier="", rds_parameters=parameters)
    with environment.aws.behaviours(young_parameter_group=600):
        environment.deploy()
    assert "some of its parameters wait for a reboot" in environment.said
    environment.rds.reboot_db_instance(DBInstanceIdentifier=DATABASE)
    environment.deploy()
    assert "wait for a reboot" not in environment.said


@pytest.mark.thorough
def test_a_teardown_without_a_final_snapshot_keeps_the_earlier_ones(environment):
    before = environment.snapshots()
    environment.teardown(farflow_teardown_keep=["snapshot"], rds_skip_final_snapshot=True)
    assert environment.rds.describe_db_instances()["DBInstances"] == []
    assert environment.snapshots() == before != {}
