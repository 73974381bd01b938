"""Deploys that fail, with containers: each says why, what to do and what was printed last, and what ran runs on."""

from __future__ import annotations

import contextlib
import re
import time

import docker
import psycopg2
import pytest
import requests

from tests.stack.playbooks import Outcome

from .workers import kill, running

pytestmark = pytest.mark.thorough

# A head of an earlier Airflow 3, whose successors' columns are all there already, so that upgrading from it fails.
OLDER_REVISION = "29ce7909c52b"


@pytest.fixture
def ecs(aws):
    return aws.client("ecs")


@pytest.fixture
def variables(project):
    return {"dag_tasks_path": str(project / "tasks"), "airflow_service_path": str(project / "airflow")}


def serving(ecs):
    """By service the task definitions of its running tasks."""
    found = {}
    for name in ("api-server", "dag-processor", "scheduler", "triggerer", "worker"):
        arns = ecs.list_tasks(cluster="local", serviceName=f"local-{name}", desiredStatus="RUNNING")["taskArns"]
        tasks = ecs.describe_tasks(cluster="local", tasks=arns)["tasks"] if arns else []
        found[name] = {task["taskDefinitionArn"] for task in tasks if task["lastStatus"] == "RUNNING"}
    return found


def failure_of(outcome):
    assert outcome.code != 0, outcome.output[-6000:]
    return re.split(r"^(?:fatal|failed): ", outcome.output, maxsplit=1, flags=re.MULTILINE)[1]


@contextlib.contextmanager
def database(aws):
    """A cursor in Airflow's database, as its master user."""
    [instance] = aws.client("rds").describe_db_instances()["DBInstances"]
    secret = aws.client("secretsmanager").get_secret_value(SecretId="farflow/local/database-password")
    connection = psycopg2.connect(
        host=instance["Endpoint"]["Address"],
        port=instance["Endpoint"]["Port"],
        user=instance["MasterUsername"],
        password=secret["SecretString"],
        dbname=instance["DBName"],
        sslmode="require",
    )
    with contextlib.closing(connection), connection, connection.cursor() as cursor:
        yield cursor


@contextlib.contextmanager
def no_database(aws):
    """The database's container stands still: what is connected hears nothing more, and nothing connects."""
    [instance] = aws.client("rds").describe_db_instances()["DBInstances"]
    published = str(instance["Endpoint"]["Port"])
    [container] = [
        each
        for each in docker.from_env().containers.list()
        if any(port["HostPort"] == published for ports in each.ports.values() for port in ports or [])
    ]
    container.pause()
    try:
        yield
    finally:
        container.unpause()


def test_no_container_is_replaced_because_the_database_is_away(aws, ecs, airflow, run):
    """As it is in a failover or an upgrade: longer than a health check may fail."""

    def tasks():
        services = ecs.list_services(cluster="local")["serviceArns"]
        return {name: ecs.list_tasks(cluster="local", serviceName=name)["taskArns"] for name in services}

    before = tasks()
    with no_database(aws):
        time.sleep(120)
        assert tasks() == before
    assert airflow.dag_run("example")["state"] == "success"
    assert tasks() == before


def test_a_container_that_exits_is_rolled_back(ecs, playbooks, airflow, run):
    before = serving(ecs)
    outcome = playbooks.run("deploy", airflow_service_config={"core": {"executor": "CeleryExecutor,no.such.Executor"}})
    failure = failure_of(outcome)
    assert "local-scheduler" in failure
    assert "exit code 1" in failure
    assert "no.such" in failure, "the last log lines"
    assert serving(ecs)["scheduler"] == before["scheduler"]
    assert airflow.call("GET", "/api/v2/version")

    playbooks.deploy()
    assert airflow.dag_run("example")["state"] == "success"


@pytest.mark.parametrize(
    ("target", "port", "source", "why", "waits"),
    [
        ("local-database", 5432, "local-airflow", "metadata database", "scheduler"),
        ("local-api-server", 8080, "local-load-balancer", "user interface and REST API", "api-server"),
    ],
)
def test_a_rule_that_is_taken_away_while_services_roll_is_named(
    aws, ecs, playbooks, airflow, run, target, port, source, why, waits
):
    """A deploy puts it back before anything rolls, so somebody takes it away then. What needs it waits in vain."""
    ec2 = aws.client("ec2")
    filters = [{"Name": "group-name", "Values": [target, source]}]
    ids = {
        each["GroupName"]: each["GroupId"] for each in ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    }
    ends = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": ids[source]}]}
    before = serving(ecs)
    aws.reset_calls()
    given = {"airflow_service_environment": {"TO_ROLL_FOR": target}, "airflow_service_wait_minutes": 2}
    process, log = playbooks.start("deploy", **given)
    while process.poll() is None and not any(call["operation"] == "UpdateService" for call in aws.calls(service="ecs")):
        time.sleep(0.2)
    ec2.revoke_security_group_ingress(GroupId=ids[target], IpPermissions=[ends])
    process.wait(600)
    failure = failure_of(Outcome(process.returncode, log.read_text()))
    rule = f"admits tcp {port} from {source}: {why}"
    assert f"security group {target} ({ids[target]}) lacks the rule that {rule}" in failure
    assert failure.count(" lacks the rule that ") == failure.count(rule)
    assert f"local-{waits} IN_PROGRESS" in failure
    assert before[waits] <= serving(ecs)[waits], "what is connected stays so, and what ran runs on"

    playbooks.deploy()
    assert airflow.dag_run("example")["state"] == "success"


def test_a_first_deployment_that_fails_is_started_again_by_a_rerun(aws, ecs, playbooks, deployed):
    """There is nothing that ECS could go back to, and the plan has nothing to change: the cause lay elsewhere."""
    ecs.delete_service(cluster="local", service="local-scheduler", force=True)
    process, log = playbooks.start("deploy")
    while process.poll() is None:
        kill_containers(ecs, "local-scheduler")
        time.sleep(0.2)
    failure = failure_of(Outcome(process.returncode, log.read_text()))
    assert "service local-scheduler did not come up" in failure
    assert "container scheduler exit code 137" in failure
    assert deployment_of(ecs)["rolloutState"] == "FAILED"

    aws.reset_calls()
    process, log = playbooks.start("deploy")
    while not any(call["operation"] == "UpdateService" for call in aws.calls(mutating=True)):
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    playbooks.kill(process)
    assert deployment_of(ecs)["rolloutState"] == "IN_PROGRESS"
    aws.reset_calls()
    playbooks.deploy()
    assert deployment_of(ecs)["rolloutState"] == "COMPLETED", "it was waited for"
    assert not any(call["operation"] == "UpdateService" for call in aws.calls(mutating=True))
    assert len(serving(ecs)["scheduler"]) == 1


def kill_containers(ecs, service):
    for task in running(ecs, service):
        kill(task)


def deployment_of(ecs):
    """The scheduler's newest deployment."""
    [service] = ecs.describe_services(cluster="local", services=["local-scheduler"])["services"]
    return next(each for each in service["deployments"] if each["status"] == "PRIMARY")


def test_an_image_that_cannot_be_pulled_stops_the_deploy_before_anything_rolls(aws, ecs, playbooks, project, variables):
    playbooks.deploy(**variables)
    before = serving(ecs)
    (project / "airflow" / "dags" / "unpullable.py").write_text("# another image\n")
    process, log = playbooks.start("deploy", **variables)
    pushed = lose_a_layer(aws, process)
    failure = failure_of(Outcome(process.wait(600), log.read_text()))
    assert "CannotPullContainerError" in failure
    assert pushed in failure
    assert serving(ecs) == before

    aws.client("ecr").batch_delete_image(repositoryName="local-airflow", imageIds=[{"imageDigest": pushed}])
    playbooks.deploy(**variables)


def lose_a_layer(aws, process):
    """Takes the last layer of the image of Airflow that a deploy has built and named out of registry and engine, before
    anything runs on it; the image's digest. An image that is lost whole is built again.
    """
    ecs, known = aws.client("ecs"), command_image(aws.client("ecs"))
    while (image := command_image(ecs)) == known:
        assert process.poll() is None
    digest = image.partition("@")[2]
    registry = f"{aws.endpoint_url}/v2/local-airflow"
    layer = requests.get(f"{registry}/manifests/{digest}", timeout=10).json()["layers"][-1]["digest"]
    assert requests.delete(f"{registry}/blobs/{layer}", timeout=10).ok
    images = docker.from_env().images
    images.remove(images.get("farflow/local-airflow:airflow").id, force=True)  # under all its names
    return digest


def command_image(ecs):
    """What the newest revision for one-off commands runs."""
    definition = ecs.describe_task_definition(taskDefinition="local-airflow-command")["taskDefinition"]
    return definition["containerDefinitions"][0]["image"]


def test_an_upgrade_that_fails_names_the_snapshot_and_nothing_rolls(aws, ecs, playbooks, project, variables, airflow):
    playbooks.deploy(**variables)
    before = serving(ecs)
    with database(aws) as cursor:
        cursor.execute("SELECT version_num FROM alembic_version")
        [(revision,)] = cursor.fetchall()
        cursor.execute("UPDATE alembic_version SET version_num = %s", (OLDER_REVISION,))
    (project / "airflow" / "dags" / "upgraded.py").write_text("# another image\n")

    failure = failure_of(playbooks.run("deploy", **variables))
    [snapshot] = aws.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert f"whose snapshot {snapshot['DBSnapshotIdentifier']} is as it was at" in failure
    assert "already exists" in failure, "the last log lines"
    assert serving(ecs) == before
    assert airflow.call("GET", "/api/v2/version")
    again = failure_of(playbooks.run("deploy", **variables))
    assert f"whose snapshot {snapshot['DBSnapshotIdentifier']} is as it was at" in again, "of the same hour"
    assert len(aws.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]) == 1

    with database(aws) as cursor:
        cursor.execute("UPDATE alembic_version SET version_num = %s", (revision,))
    playbooks.deploy(**variables)
    assert airflow.dag_run("example")["state"] == "success"
