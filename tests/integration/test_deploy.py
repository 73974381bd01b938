"""Plan, deploy, deploy again, tear down: what each does to an account."""

from __future__ import annotations

import datetime

import pytest
import yaml

from tests.embedded_aws.settings import REGION
from tests.stack.listing import difference, listing, more
from tests.stack.playbooks import ROOT

from .stack import SERVICES, STACK, mutating_calls

# Of everything there is, once; throttled accounts and CI have to live with it.
CALLS_OF_A_LOOK = 77
# As many looks as there are rounds, what the modules read and change, and some asking whether it is ready.
CALLS_OF_A_FIRST_DEPLOY = 700


def test_check_on_an_empty_account_names_what_is_missing_and_creates_nothing(aws, playbooks, project):
    before = listing(aws)
    aws.reset_calls()
    plan = playbooks.deploy("--check", **project.variables)
    named = ["vpc local", "rds_instance local-database", "ecs_cluster local", "ecs_task_definition local-hello"]
    named += [f"ecs_service {name}" for name in SERVICES]
    assert [name for name in named if f": {name}\n" not in plan.output] == [], plan.output
    assert mutating_calls(aws) == []
    assert difference(before, listing(aws)) == {}


def let_guardduty_in(aws):
    """What Runtime Monitoring makes in the VPC of the first Fargate task."""
    ec2 = aws.client("ec2")
    (vpc,) = (each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if not each["IsDefault"])
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]

    def managed(kind):
        return [{"ResourceType": kind, "Tags": [{"Key": "GuardDutyManaged", "Value": "true"}]}]

    group = ec2.create_security_group(
        GroupName=f"GuardDutyManagedSecurityGroup-{vpc}",
        Description="Associated with VPC Endpoint",
        VpcId=vpc,
        TagSpecifications=managed("security-group"),
    )["GroupId"]
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Interface",
        ServiceName=f"com.amazonaws.{REGION}.guardduty-data",
        SubnetIds=[each["SubnetId"] for each in subnets],
        SecurityGroupIds=[group],
        TagSpecifications=managed("vpc-endpoint"),
    )


def test_deploys_the_stack_once_and_takes_it_away_whole(aws, playbooks, project):
    before = listing(aws)

    playbooks.deploy(**project.variables)
    assert {kind: len(names) for kind, names in more(before, listing(aws)).items()} == STACK
    assert len([call for call in aws.calls() if call["caller"] == "host"]) <= CALLS_OF_A_FIRST_DEPLOY

    let_guardduty_in(aws)
    aws.reset_calls()
    again = playbooks.deploy(**project.variables)
    assert again.changed == 0, again.output
    assert mutating_calls(aws) == []
    assert len(aws.calls()) <= CALLS_OF_A_LOOK

    playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}

    aws.reset_calls()
    again = playbooks.teardown(**project.variables)
    assert again.changed == 0, again.output
    assert mutating_calls(aws) == []


@pytest.mark.thorough
def test_what_is_given_empty_or_as_a_date_is_deployed_as_it_is_planned(aws, playbooks, project, tmp_path):
    """A plan takes `rds_wait_minutes:` for its default and a date for a text, so all that is done has to."""
    options = yaml.safe_load((ROOT / "playbooks/deploy.meta.yml").read_text())["argument_specs"]["deploy"]["options"]
    local = yaml.safe_load((ROOT / "inventories/local/group_vars/all.yml").read_text())
    empty = set(options).difference(local, ["farflow_state"])  # which is teardown.yml's own
    given = {**dict.fromkeys(empty), "farflow_tags": {"since": datetime.date(2026, 1, 1)}}
    variables = tmp_path / "empty.yml"
    variables.write_text(yaml.safe_dump(given))
    playbooks.deploy("-e", f"@{variables}", **project.variables)
    again = playbooks.deploy("-e", f"@{variables}", **project.variables)
    assert again.changed == 0, again.output
    plan = playbooks.run("plan", "-e", f"@{variables}", **project.variables)
    assert plan.code == 0, plan.output
    playbooks.teardown("-e", f"@{variables}", **project.variables)
