"""Ways that are open on the embedded AWS, and would be shut on AWS: who is asked when, by what the emulators hold."""

from __future__ import annotations

import asyncio

import pytest
from ministack.core.responses import request_scope
from ministack.services import alb, ec2, ecs, efs

from tests.embedded_aws.mends import elbv2
from tests.embedded_aws.mends.network import keep_network, need_way_to_target, need_ways
from tests.embedded_aws.network import ways
from tests.embedded_aws.routing import Request

ACCOUNT, REGION = "123456789012", "us-east-1"
SIGNED = "AWS4-HMAC-SHA256 Credential=AKIDADA/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
TASK_ADDRESS, OTHER_ADDRESS = "172.18.0.2", "172.18.0.3"
ANYBODY = {"CidrIp": "0.0.0.0/0"}
ECR_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks:1"


@pytest.fixture(autouse=True)
def scope():
    """An account with nothing in it but what AWS makes."""
    with request_scope(ACCOUNT, REGION):
        for each in (ec2, alb, ecs, efs):
            each.reset()
        ways.forget()
        yield
        ways.forget()


def call(service, action, **parameters):
    return service._ACTION_MAP[action]({name.replace("__", "."): [value] for name, value in parameters.items()})


class Vpc:
    """A VPC with a public and a private subnet, of which the private one has no way out yet."""

    def __init__(self):
        call(ec2, "CreateVpc", CidrBlock="10.0.0.0/16")
        self.id = next(name for name in ec2._vpcs if name != ec2._DEFAULT_VPC_ID)
        self.public, self.private = (self._subnet(f"10.0.{number}.0/24") for number in (0, 1))
        call(ec2, "CreateInternetGateway")
        self.gateway = next(name for name in ec2._internet_gateways if name != ec2._DEFAULT_IGW_ID)
        call(ec2, "AttachInternetGateway", InternetGatewayId=self.gateway, VpcId=self.id)
        self._route(self.public, GatewayId=self.gateway)

    def _subnet(self, cidr):
        before = set(ec2._subnets)
        call(ec2, "CreateSubnet", VpcId=self.id, CidrBlock=cidr)
        return next(iter(set(ec2._subnets) - before))

    def _route(self, subnet, **target):
        before = set(ec2._route_tables)
        call(ec2, "CreateRouteTable", VpcId=self.id)
        table = next(iter(set(ec2._route_tables) - before))
        call(ec2, "AssociateRouteTable", RouteTableId=table, SubnetId=subnet)
        call(ec2, "CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)

    def lead_out(self):
        """The private subnet gets a NAT gateway: its address."""
        call(ec2, "AllocateAddress", Domain="vpc")
        allocation, address = next(iter(ec2._addresses.items()))
        call(ec2, "CreateNatGateway", SubnetId=self.public, AllocationId=allocation)
        self._route(self.private, NatGatewayId=next(iter(ec2._nat_gateways)))
        return address["PublicIp"]

    def group(self, name, **ingress):
        """A group that lets everything out, and in what is said: a CIDR or a group by port, `p8080=...`."""
        before = set(ec2._security_groups)
        call(ec2, "CreateSecurityGroup", GroupName=name, GroupDescription=name, VpcId=self.id)
        group = next(iter(set(ec2._security_groups) - before))
        for port, end in ingress.items():
            rule = {"IpProtocol": "tcp", "FromPort": int(port[1:]), "ToPort": int(port[1:]), "PrefixListIds": []}
            ends = {"IpRanges": [{"CidrIp": end}]} if "/" in end else {"UserIdGroupPairs": [{"GroupId": end}]}
            ec2._security_groups[group]["IpPermissions"].append(
                {**rule, "IpRanges": [], "UserIdGroupPairs": [], **ends}
            )
        return group

    def task(self, address, group, subnet=None, **network):
        """A task that has an address."""
        asked = {"subnets": [subnet or self.private], "securityGroups": [group], **network}
        requested = keep_network(ecs._requested_subnet)
        task = {
            "taskArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/c/{address}",
            "taskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web:1",
            "_subnet": requested({"networkConfiguration": {"awsvpcConfiguration": asked}}),
        }
        ways.settle(ACCOUNT, REGION, task, address)
        return task

    def balancer(self, group, scheme="internal"):
        """A network load balancer with a target group: its name as a host, and the target group."""
        given = {"Name": "lb", "Type": "network", "Scheme": scheme, "SecurityGroups.member.1": group}
        subnet = {"Subnets.member.1": self.private if scheme == "internal" else self.public}
        alb._ACTION_MAP["CreateLoadBalancer"]({name: [value] for name, value in {**given, **subnet}.items()})
        target = {"Protocol": "TCP", "Port": "8080", "HealthCheckProtocol": "TCP", "TargetType": "ip"}
        call(alb, "CreateTargetGroup", Name="web", VpcId=self.id, **target)
        arns = {"LoadBalancerArn": next(iter(alb._lbs)), "DefaultActions.member.1.TargetGroupArn": next(iter(alb._tgs))}
        action = {"Protocol": "TCP", "Port": "443", "DefaultActions.member.1.Type": "forward"}
        alb._ACTION_MAP["CreateListener"]({name: [value] for name, value in {**arns, **action}.items()})
        return "lb.alb.localhost:4566", next(iter(alb._tgs.values()))


@pytest.fixture
def vpc():
    return Vpc()


def asked_of(client, service=None, host="172.17.0.1:4566"):
    headers = {"host": host, **({"authorization": SIGNED.format(service)} if service else {})}
    return ways.cut_off(client, Request("POST", "/", "", headers), service)


def test_a_task_without_a_way_out_does_not_reach_aws(vpc):
    vpc.task(TASK_ADDRESS, vpc.group("web"))
    assert "has no route to AWS's API of sqs" in asked_of(TASK_ADDRESS, "sqs")
    vpc.lead_out()
    assert asked_of(TASK_ADDRESS, "sqs") == ""


def test_who_is_no_task_reaches_aws_and_so_does_what_asks_for_its_own_metadata(vpc):
    vpc.task(TASK_ADDRESS, vpc.group("web"))
    assert asked_of("127.0.0.1", "sqs") == ""
    assert asked_of(OTHER_ADDRESS, "sqs") == "", "a build of CodeBuild"
    assert asked_of(TASK_ADDRESS) == "", "metadata and the agent are at the task's own link"


def test_ecr_has_an_endpoint_of_another_name(vpc):
    group = vpc.group("web", p443="10.0.0.0/16")
    vpc.task(TASK_ADDRESS, group)
    name = f"com.amazonaws.{REGION}.ecr.api"
    call(ec2, "CreateVpcEndpoint", VpcId=vpc.id, ServiceName=name, VpcEndpointType="Interface", SubnetId__1=vpc.private)
    next(iter(ec2._vpc_endpoints.values()))["Groups"] = [group]
    assert asked_of(TASK_ADDRESS, "ecr") == ""
    assert asked_of(TASK_ADDRESS, "sqs") != ""


@pytest.mark.parametrize(
    ("into", "is_open"), [({"p443": "10.0.0.0/16"}, True), ({"p80": "10.0.0.0/16"}, False), ({}, False)]
)
def test_somebody_outside_is_whomever_the_load_balancer_lets_in(vpc, into, is_open):
    host, _group = vpc.balancer(vpc.group("lb", **into))
    reason = asked_of("127.0.0.1", host=host)
    assert reason == ("" if is_open else "no security group of load balancer lb lets anybody in at port 443")


@pytest.mark.parametrize(("into", "is_open"), [("10.0.0.0/16", True), ("10.0.1.0/24", True), ("10.0.9.0/24", False)])
def test_a_task_reaches_an_internal_load_balancer_by_its_own_address(vpc, into, is_open):
    host, _group = vpc.balancer(vpc.group("lb", p443=into))
    vpc.task(TASK_ADDRESS, vpc.group("web"))
    assert (asked_of(TASK_ADDRESS, host=host) == "") is is_open


def test_a_task_reaches_a_public_load_balancer_by_the_address_of_its_nat_gateway(vpc):
    vpc.task(TASK_ADDRESS, vpc.group("web"))
    host, _group = vpc.balancer(group := vpc.group("lb", p443="10.0.0.0/16"), "internet-facing")
    assert "has no route" in asked_of(TASK_ADDRESS, host=host)
    address = vpc.lead_out()
    assert "does not let in tcp 443" in asked_of(TASK_ADDRESS, host=host)
    ec2._security_groups[group]["IpPermissions"][0]["IpRanges"] = [{"CidrIp": f"{address}/32"}]
    assert asked_of(TASK_ADDRESS, host=host) == ""


class Target:
    """A load balancer that sends to a task, whose group admits the load balancer's."""

    def __init__(self, vpc):
        balancer = vpc.group("lb")
        self.rules = ec2._security_groups[group := vpc.group("web", p8080=balancer)]["IpPermissions"]
        _host, self.group = vpc.balancer(balancer)
        vpc.task(TASK_ADDRESS, group)


@pytest.fixture
def target(vpc):
    return Target(vpc)


def test_a_load_balancer_reaches_its_targets_by_its_groups(target):
    assert ways.to_target(target.group, TASK_ADDRESS, 8080) == ""
    assert "does not let in tcp 8081 from load balancer lb" in ways.to_target(target.group, TASK_ADDRESS, 8081)
    assert ways.to_target(target.group, "192.0.2.1", 8081) == "", "what is no task is elsewhere"
    target.rules.clear()
    assert "does not let in tcp 8080 from load balancer lb" in ways.to_target(target.group, TASK_ADDRESS, 8080)


def test_what_a_load_balancer_does_not_reach_is_unhealthy_by_a_time_out(target, monkeypatch):
    opened = []
    monkeypatch.setattr(elbv2.socket, "create_connection", lambda where, **_unused: opened.append(where) or Closed())
    prober = elbv2.TargetProber()
    told = []
    for _unused in range(2):
        prober._probe("key", target.group, TASK_ADDRESS, 8080)
        told.append(prober._states["key"])
        target.rules.clear()
    assert told == [
        "<State>healthy</State>",
        "<State>unhealthy</State><Reason>Target.Timeout</Reason>",
    ]
    assert opened == [(TASK_ADDRESS, 8080)], "nothing is sent"


class Closed:
    def close(self):
        pass


def test_what_a_load_balancer_does_not_reach_is_not_answered(target, monkeypatch):
    async def forward(target, group, method):
        return method

    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    forwarded = need_way_to_target(forward)
    assert asyncio.run(forwarded({"Id": TASK_ADDRESS}, target.group, "GET")) == "GET"
    assert slept == []
    target.rules.clear()
    asyncio.run(forwarded({"Id": TASK_ADDRESS, "Port": "8080"}, target.group, "GET"))
    assert slept == [350]


LOGS = {"logDriver": "awslogs", "options": {}}


@pytest.mark.parametrize(
    ("container", "endpoints", "expected"),
    [
        ({"image": ECR_IMAGE}, (), "unable to retrieve ecr registry auth"),
        ({"image": ECR_IMAGE}, ("ecr.api", "ecr.dkr"), "unable to retrieve ecr registry auth"),
        ({"image": "127.0.0.1:4566/tasks:1"}, (), "unable to retrieve ecr registry auth"),
        ({"image": ECR_IMAGE}, ("ecr.api", "ecr.dkr", "s3"), ""),
        (
            {"image": "public.ecr.aws/x:1"},
            ("ecr.api", "ecr.dkr", "s3"),
            "CannotPullContainerError: pull image manifest",
        ),
        ({"image": ECR_IMAGE, "secrets": [{}]}, ("ecr.api", "ecr.dkr", "s3"), "unable to retrieve secret from asm"),
        ({"image": ECR_IMAGE, "secrets": [{}]}, ("ecr.api", "ecr.dkr", "s3", "secretsmanager"), ""),
        (
            {"image": ECR_IMAGE, "logConfiguration": LOGS},
            ("ecr.api", "ecr.dkr", "s3"),
            "failed to validate logger args",
        ),
        ({"image": ECR_IMAGE, "logConfiguration": LOGS}, ("ecr.api", "ecr.dkr", "s3", "logs"), ""),
    ],
)
def test_a_task_needs_ways_to_what_it_starts_with(vpc, container, endpoints, expected):
    group = vpc.group("web", p443="10.0.0.0/16")
    task = vpc.task(TASK_ADDRESS, group)
    for service in endpoints:
        name = f"com.amazonaws.{REGION}.{service}"
        call(ec2, "CreateVpcEndpoint", VpcId=vpc.id, ServiceName=name, VpcEndpointType="Interface")
    for endpoint in ec2._vpc_endpoints.values():
        endpoint |= {"SubnetIds": [vpc.private], "Groups": [group]}
    told = ways.to_start(task, {"containerDefinitions": [container]}, REGION)
    assert (expected in told) if expected else not told, told


@pytest.mark.parametrize(
    ("has_target", "admitted", "expected"),
    [(True, True, ""), (True, False, "mount.nfs4: Connection timed out"), (False, True, "failed to invoke EFS utils")],
)
def test_a_volume_is_mounted_by_the_mount_target_of_its_zone(vpc, has_target, admitted, expected):
    web = vpc.group("web")
    volume = vpc.group("volume", **({"p2049": web} if admitted else {}))
    task = vpc.task(TASK_ADDRESS, web)
    if has_target:
        efs._mount_targets["fsmt-1"] = {"FileSystemId": "fs-1", "SubnetId": vpc.private, "SecurityGroups": [volume]}
    told = ways.to_start(task, {"volumes": [{"efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]}, REGION)
    assert (expected in told) if expected else not told, told


def test_a_task_that_lacks_a_way_fails_to_start(vpc, monkeypatch):
    started, failed = [], []
    monkeypatch.setattr(ecs, "_fail_task_start", lambda task, _client, reason: failed.append(reason))
    start = need_ways(lambda *arguments: started.append(arguments))
    task, definition = vpc.task(TASK_ADDRESS, vpc.group("web")), {"containerDefinitions": [{"image": ECR_IMAGE}]}
    start(task, definition, [], None)
    assert [each.partition(":")[0] for each in failed] == ["ResourceInitializationError"]
    vpc.lead_out()
    start(task, definition, [], None)
    assert started == [(task, definition, [], None)]


def test_a_task_without_groups_has_those_of_its_vpc_and_one_without_a_known_subnet_none_of_this(vpc):
    task = vpc.task(TASK_ADDRESS, vpc.group("web"))
    del task["_subnet"].network["securityGroups"]
    assert ways.ends.of_task(task).groups == (ec2._vpcs[vpc.id]["DefaultSecurityGroupId"],)
    assert ways.ends.of_task({**task, "_subnet": "subnet-none"}) is None
    assert ways.ends.of_task({**task, "_subnet": None}) is None
