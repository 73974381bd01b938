"""Plan, deploy, deploy again, tear down: what each does to an account."""

from __future__ import annotations

from tests.embedded_aws.settings import REGION
from tests.stack.listing import difference, listing, more

from .stack import SERVICES, STACK, mutating_calls

# Of everything there is, once; throttled accounts and CI have to live with it.
CALLS_OF_A_LOOK = 60


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
