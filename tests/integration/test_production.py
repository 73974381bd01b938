"""The production variables on the embedded AWS."""

from __future__ import annotations

import pytest

from tests.stack.listing import difference, listing

from .stack import mutating_calls

REGION = "eu-west-1"
PRODUCTION = ("-e", "@vars/prod.yml")


@pytest.fixture
def client(aws):
    """`client(service)`: a client in the region of production."""
    return lambda service: aws.client(service, region_name=REGION)


@pytest.mark.thorough
def test_production_is_deployed_protected_and_taken_away_when_that_is_meant(aws, playbooks, project, client):
    before = listing(aws, REGION)
    playbooks.deploy(*PRODUCTION, **project.variables)

    (database,) = client("rds").describe_db_instances()["DBInstances"]
    assert database["DBInstanceIdentifier"] == "prod-database"
    assert (database["DBInstanceClass"], database["MultiAZ"], database["DeletionProtection"]) == (
        "db.t4g.medium",
        True,
        True,
    )
    assert database["MaxAllocatedStorage"] == 200
    assert len(client("ec2").describe_nat_gateways()["NatGateways"]) == 2
    services = [f"prod-{name}" for name in ("api-server", "scheduler", "dag-processor", "triggerer", "worker")]
    described = client("ecs").describe_services(cluster="prod", services=services)["services"]
    assert [each["desiredCount"] for each in described] == [2, 2, 1, 2, 1]
    (target,) = client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 10)

    aws.reset_calls()
    again = playbooks.deploy(*PRODUCTION, **project.variables)
    assert again.changed == 0, again.output

    confirmed = {**project.variables, "farflow_teardown_confirm": "prod"}
    refused = playbooks.run("teardown", *PRODUCTION, **confirmed)
    assert refused.code != 0
    for cure in ("rds_deletion_protection", "airflow_service_deletion_protection", "nothing was done"):
        assert cure in refused.output
    assert mutating_calls(aws) == []

    unprotected = {"rds_deletion_protection": False, "airflow_service_deletion_protection": False}
    playbooks.deploy(*PRODUCTION, **project.variables, **unprotected)
    playbooks.teardown(*PRODUCTION, **confirmed, **unprotected)
    assert difference(before, listing(aws, REGION)) == {}
