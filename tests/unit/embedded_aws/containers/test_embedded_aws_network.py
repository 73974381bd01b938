"""What security groups and routes do not let through times out, while tasks run and rules change."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import urllib.error
import urllib.request

import pytest
from in_containers import SERVER, http_get, in_subnet, register, run, start, until

from tests.embedded_aws import engine

pytestmark = pytest.mark.skipif(not engine.answers(), reason="needs a Docker engine that runs")

#: Prints each second which of the addresses `name=host:port` answer, and what happens with the others.
CALLER = r"""exec perl -e 'use IO::Socket::INET; $| = 1; sub state {
my $s = IO::Socket::INET->new(PeerAddr => $_[0], Timeout => 1); $s ? "open" : $@ =~ /time/ ? "silent" : "refused" }
while (sleep 1) { print join(" ", map { my ($name, $at) = split /=/; "$name=" . state($at) } @ARGV), "\n" }' """
SIGNED = "Authorization: AWS4-HMAC-SHA256 Credential=embedded/20260101/us-east-1/{}/aws4_request"


@pytest.fixture(scope="module")
def image(aws, digest):
    return f"{aws.registry}/tasks@{digest}"


@pytest.fixture(scope="module")
def groups(aws, subnet):
    """Two groups, of callers and of servers, that let everything out; servers let callers in."""
    ec2 = aws.client("ec2")
    callers, servers = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=subnet["VpcId"])["GroupId"]
        for name in ("callers", "servers")
    )
    for port in (5432, 8080):
        ec2.authorize_security_group_ingress(GroupId=servers, IpPermissions=[rule(port, callers)])
    return {"callers": callers, "servers": servers}


def rule(port, group):
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": group}]}


@contextlib.contextmanager
def revoked(aws, group, permission):
    """A context: within it a group lacks a rule."""
    ec2 = aws.client("ec2")
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission])
    try:
        yield
    finally:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


@pytest.fixture(scope="module")
def somebody(aws):
    """The address of somebody outside: a server on the host."""
    with socket.create_server((aws.settings.host, 0)) as server:

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        threading.Thread(target=answer, daemon=True).start()
        yield f"{aws.settings.host}:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def server(aws, subnet, image, groups):
    """The address of a task that answers."""
    ecs = aws.client("ecs")
    register(aws, "server", image, SERVER)
    arn = start(aws, "server", subnet, groups["servers"])

    def address():
        [task] = ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"]
        details = [each for one in task["attachments"] for each in one["details"]]
        return next((each["value"] for each in details if each["name"] == "privateIPv4Address"), None)

    until(address)
    yield f"{address()}:8080"
    ecs.stop_task(cluster="c", task=arn)


@pytest.fixture(scope="module")
def database(aws, subnet, groups):
    """The address of a database."""
    rds = aws.client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="ways", DBSubnetGroupDescription="-", SubnetIds=[subnet["SubnetId"]])
    rds.create_db_instance(
        DBInstanceIdentifier="ways",
        Engine="postgres",
        EngineVersion="17",
        DBInstanceClass="db.t4g.small",
        AllocatedStorage=25,
        MasterUsername="airflow",
        MasterUserPassword="not-in-any-log",
        DBSubnetGroupName="ways",
        VpcSecurityGroupIds=[groups["servers"]],
    )

    def described():
        return rds.describe_db_instances(DBInstanceIdentifier="ways")["DBInstances"][0]

    until(lambda: described()["DBInstanceStatus"] == "available")
    yield "{Address}:{Port}".format(**described()["Endpoint"])
    rds.delete_db_instance(DBInstanceIdentifier="ways", SkipFinalSnapshot=True)


@pytest.fixture(scope="module")
def seen(aws, subnet, image, groups, server, database, somebody):
    """What the newest line of a caller says, that runs all the time."""
    ecs, logs = aws.client("ecs"), aws.client("logs")
    where = f"task={server} database={database} outside={somebody}"
    register(aws, "caller", image, CALLER + where)
    arn = start(aws, "caller", subnet, groups["callers"])
    stream = {"logGroupName": "/g", "logStreamName": f"prefix/caller/{arn.rsplit('/', 1)[1]}"}
    until(lambda: ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]["lastStatus"] == "RUNNING")

    def newest():
        lines = logs.get_log_events(**stream, limit=1)["events"]
        return lines[-1]["message"] if lines else ""

    yield newest
    ecs.stop_task(cluster="c", task=arn)


ALL_OPEN = "task=open database=open outside=open"


def test_a_task_reaches_whom_the_rules_of_this_moment_let_it_reach(aws, seen, groups):
    until(lambda: seen() == ALL_OPEN)
    with revoked(aws, groups["servers"], rule(8080, groups["callers"])):
        until(lambda: seen() == "task=silent database=open outside=open")
    until(lambda: seen() == ALL_OPEN)
    with revoked(aws, groups["servers"], rule(5432, groups["callers"])):
        until(lambda: seen() == "task=open database=silent outside=open")
    until(lambda: seen() == ALL_OPEN)


def test_a_task_reaches_what_is_outside_by_its_egress_and_its_route(aws, seen, groups, subnet):
    ec2 = aws.client("ec2")
    until(lambda: seen() == ALL_OPEN)
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=groups["callers"], IpPermissions=[everything])
    until(lambda: seen() == "task=silent database=silent outside=silent")
    ec2.authorize_security_group_egress(GroupId=groups["callers"], IpPermissions=[everything])
    until(lambda: seen() == ALL_OPEN)

    [table] = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [subnet["VpcId"]]}])["RouteTables"]
    [route] = [each for each in table["Routes"] if each["DestinationCidrBlock"] == "0.0.0.0/0"]
    way_out = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": "0.0.0.0/0"}
    ec2.delete_route(**way_out)
    until(lambda: seen() == "task=open database=open outside=silent")
    ec2.create_route(**way_out, GatewayId=route["GatewayId"])
    until(lambda: seen() == ALL_OPEN)


def test_a_service_of_aws_does_not_answer_whom_it_does_not_hear(aws, subnet, image, groups):
    """An interface endpoint takes the place of the service's public name, for the whole VPC."""
    ec2 = aws.client("ec2")
    front = f"{aws.settings.host}:{aws.settings.port}"
    asked = {name: http_get(front, "/?Action=GetCallerIdentity", SIGNED.format(name)) for name in ("sts", "iam")}
    script = "; ".join(f"timeout 3 {each} >/dev/null; echo {name} $?" for name, each in asked.items())
    register(aws, "asker", image, script)
    assert run(aws, "asker", subnet, groups["callers"])[1] == ["sts 0", "iam 0"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=subnet["VpcId"],
        ServiceName="com.amazonaws.us-east-1.sts",
        VpcEndpointType="Interface",
        SubnetIds=[subnet["SubnetId"]],
        SecurityGroupIds=[groups["servers"]],
    )["VpcEndpoint"]["VpcEndpointId"]
    assert run(aws, "asker", subnet, groups["callers"])[1] == ["sts 124", "iam 0"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])


def test_what_has_no_way_to_its_registry_does_not_start(aws, subnet, image, groups):
    register(aws, "alone", image, "true")
    network = in_subnet(subnet, groups["callers"])
    network["awsvpcConfiguration"]["assignPublicIp"] = "DISABLED"
    ecs = aws.client("ecs")
    arn = ecs.run_task(cluster="c", taskDefinition="alone", networkConfiguration=network)["tasks"][0]["taskArn"]
    until(lambda: ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]["lastStatus"] == "STOPPED")
    [task] = ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"]
    assert task["stopCode"] == "TaskFailedToStart"
    assert re.match("ResourceInitializationError: .* unable to retrieve ecr registry auth", task["stoppedReason"])


class Balanced:
    """A service behind a load balancer, which its group does not let in yet."""

    def __init__(self, aws, subnet, image):
        self._aws = aws
        self._ecs, self._elb, self._ec2 = (aws.client(name) for name in ("ecs", "elbv2", "ec2"))
        front, back = (
            self._ec2.create_security_group(GroupName=name, Description=name, VpcId=subnet["VpcId"])["GroupId"]
            for name in ("front", "back")
        )
        self.rule = {"GroupId": back, "IpPermissions": [rule(8080, front)]}
        self._ec2.authorize_security_group_ingress(
            GroupId=front, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="10.0.0.0/16"
        )
        balancer = self._elb.create_load_balancer(
            Name="balanced", Type="network", Scheme="internal", Subnets=[subnet["SubnetId"]], SecurityGroups=[front]
        )["LoadBalancers"][0]["LoadBalancerArn"]
        self._group = self._elb.create_target_group(
            Name="balanced",
            Protocol="TCP",
            Port=8080,
            VpcId=subnet["VpcId"],
            TargetType="ip",
            HealthCheckIntervalSeconds=5,
            UnhealthyThresholdCount=2,
        )["TargetGroups"][0]["TargetGroupArn"]
        action = {"Type": "forward", "TargetGroupArn": self._group}
        self._elb.create_listener(LoadBalancerArn=balancer, Protocol="TCP", Port=80, DefaultActions=[action])
        register(aws, "balanced", image, SERVER)
        self._ecs.create_service(
            cluster="c",
            serviceName="balanced",
            taskDefinition="balanced",
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration=in_subnet(subnet, back),
            loadBalancers=[{"targetGroupArn": self._group, "containerName": "balanced", "containerPort": 8080}],
            healthCheckGracePeriodSeconds=5,
        )

    def open(self):
        self._ec2.authorize_security_group_ingress(**self.rule)

    def shut(self):
        self._ec2.revoke_security_group_ingress(**self.rule)

    @property
    def health(self):
        described = self._elb.describe_target_health(TargetGroupArn=self._group)["TargetHealthDescriptions"]
        return [(each["TargetHealth"]["State"], each["TargetHealth"].get("Reason")) for each in described]

    @property
    def service(self):
        return self._ecs.describe_services(cluster="c", services=["balanced"])["services"][0]

    @property
    def state(self):
        return self.service["deployments"][0]["rolloutState"]

    def stopped(self):
        """Why tasks of it have stopped."""
        arns = self._ecs.list_tasks(cluster="c", serviceName="balanced", desiredStatus="STOPPED")["taskArns"]
        tasks = self._ecs.describe_tasks(cluster="c", tasks=arns)["tasks"] if arns else []
        return {each["stoppedReason"] for each in tasks}

    def ask(self):
        request = urllib.request.Request(self._aws.endpoint_url, headers={"Host": "balanced.alb.localhost"})
        with urllib.request.urlopen(request, timeout=3) as response:
            return response.read()

    def delete(self):
        self._ecs.delete_service(cluster="c", service="balanced", force=True)


@pytest.fixture
def balanced(aws, subnet, image):
    balanced = Balanced(aws, subnet, image)
    yield balanced
    balanced.delete()


def test_a_task_that_its_load_balancer_does_not_reach_is_replaced_and_nobody_is_answered(balanced):
    until(lambda: balanced.health[:1] == [("unhealthy", "Target.Timeout")])
    with pytest.raises(TimeoutError):
        balanced.ask()
    assert balanced.state == "IN_PROGRESS"
    until(
        lambda: any(
            each.startswith("Task failed ELB health checks in (target-group arn") for each in balanced.stopped()
        )
    )
    told = "is unhealthy in (target-group balanced) due to (reason Request timed out)"
    assert any(each["message"].endswith(told) for each in balanced.service["events"])

    balanced.open()
    until(lambda: balanced.state == "COMPLETED")
    assert balanced.health == [("healthy", None)]
    assert balanced.ask() == b"hello\n"
    balanced.shut()
    until(lambda: balanced.health == [("unhealthy", "Target.Timeout")])
