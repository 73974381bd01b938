"""All of it together: services that run, a DAG task beside them, and the connection between the two."""

from __future__ import annotations


def test_every_service_runs(client):
    ecs = client("ecs")
    arns = ecs.list_services(cluster="molecule")["serviceArns"]
    services = ecs.describe_services(cluster="molecule", services=arns)["services"]
    assert len(services) == 5
    assert [service["serviceName"] for service in services if service["runningCount"] < 1] == []


def test_airflow_may_run_tasks_of_this_environment_alone(client):
    iam = client("iam")
    allowed = [
        statement["Resource"]
        for role in iam.list_roles()["Roles"]
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        for statement in iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]["Statement"]
        if "ecs:RunTask" in statement["Action"] and statement["Effect"] == "Allow"
    ]
    assert allowed
    assert [resource for resource in allowed if ":task-definition/molecule-" not in str(resource)] == []


def test_the_url_of_the_database_is_a_secret(client):
    value = client("secretsmanager").get_secret_value(SecretId="farflow/molecule/database-url")["SecretString"]
    assert value.startswith("postgresql+")
