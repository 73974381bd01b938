"""The embedded AWS with containers: a Fargate task pinned by digest, a service that is found by name, a database."""

from __future__ import annotations

import json
import os
import re
import urllib.request

import docker
import psycopg2
import pytest
from in_containers import SERVER, http_get, in_subnet, mount_target, register, run, start, until

from tests.embedded_aws import EmbeddedAWS, engine
from tests.embedded_aws.base_images import PACKET_FILTER

pytestmark = pytest.mark.skipif(not engine.answers(), reason="needs a Docker engine that runs")

PASSWORD = "p%ss:w&ord+1"


@pytest.mark.parametrize("host", ["123456789012.dkr.ecr.us-east-1.amazonaws.com", "127.0.0.1:{port}"])
def test_a_task_pinned_by_digest_runs_as_on_fargate(aws, digest, subnet, host):
    image = f"{host.format(port=aws.settings.port)}/tasks@{digest}"
    script = 'exec 2>&1; id -u; touch /x; echo "$AWS_REGION $AWS_ACCESS_KEY_ID $AWS_ENDPOINT_URL"; exit 3'
    register(aws, "fargate", image, script, role="fargate", user="1000", readonlyRootFilesystem=True)
    task, lines = run(aws, "fargate", subnet)
    assert task["containers"][0]["exitCode"] == 3
    assert lines[:2] == ["1000", "touch: cannot touch '/x': Read-only file system"]
    assert re.fullmatch(f"us-east-1 ASIA[A-Z0-9]{{16}} {re.escape(aws.endpoint_url)}", lines[2])
    assert len(lines) == 3


def test_calls_of_tasks_are_told_from_calls_of_the_host(aws, digest, subnet):
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks@{digest}"
    signed = "Authorization: AWS4-HMAC-SHA256 Credential=embedded/20260101/us-east-1/sts/aws4_request"
    front = f"{aws.settings.host}:{aws.settings.port}"
    register(aws, "asker", image, http_get(front, "/?Action=GetCallerIdentity", signed))
    aws.reset_calls()
    run(aws, "asker", subnet)
    assert {call["caller"] for call in aws.calls(service="ecs")} == {"host"}
    assert {call["caller"] for call in aws.calls(service="sts")} == {"container"}


def test_a_task_without_a_role_finds_no_keys(aws, digest, subnet):
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks@{digest}"
    register(aws, "nobody", image, "env | grep -c -e KEY -e TOKEN -e CREDENTIALS")
    assert run(aws, "nobody", subnet)[1] == ["0"]


STATEMENT = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})


def test_an_image_is_pulled_with_the_rights_of_the_execution_role(aws, digest, subnet):
    iam = aws.client("iam")
    iam.create_role(RoleName="execution", AssumeRolePolicyDocument=TRUST)
    register(aws, "pulled", f"123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks@{digest}", "echo runs")
    with aws.behaviours(enforced_iam=True):
        assert "ecr:GetAuthorizationToken" in run(aws, "pulled", subnet)[0]["stoppedReason"]
        statement = {"Effect": "Allow", "Action": ["ecr:*", "logs:*"], "Resource": "*"}
        rights = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName="execution", PolicyName="pull", PolicyDocument=rights)
        assert run(aws, "pulled", subnet)[1] == ["runs"]


def test_an_image_that_is_not_there_is_told(aws, subnet):
    register(aws, "nowhere", "123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks:none", "true")
    task, _unused = run(aws, "nowhere", subnet)
    assert task["stoppedReason"].startswith("CannotPullContainerError")


def test_running_out_of_memory_is_told(aws, digest, subnet):
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks@{digest}"
    register(aws, "greedy", image, "tail /dev/zero")
    task, _unused = run(aws, "greedy", subnet)
    assert task["containers"][0]["reason"].startswith("OutOfMemoryError")


def test_a_task_that_is_stopped_loses_no_line_of_its_log(aws, digest, subnet):
    """It has printed faster than its log is taken."""
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks@{digest}"
    register(aws, "talkative", image, "trap '' TERM; seq 100000; sleep 0.2", stopTimeout=60)
    ecs, logs = aws.client("ecs"), aws.client("logs")
    arn = start(aws, "talkative", subnet)
    until(lambda: ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]["lastStatus"] == "RUNNING")
    ecs.stop_task(cluster="c", task=arn)
    stream = {"logGroupName": "/g", "logStreamName": f"prefix/talkative/{arn.rsplit('/', 1)[1]}"}
    until(lambda: [each["message"] for each in logs.get_log_events(**stream, limit=1)["events"]] == ["100000"])


def test_tasks_share_an_efs_access_point(aws, digest, subnet):
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks@{digest}"
    efs = aws.client("efs")
    file_system = efs.create_file_system(CreationToken="t")["FileSystemId"]
    mount_target(aws, file_system, subnet)
    access_point = efs.create_access_point(
        ClientToken="t",
        FileSystemId=file_system,
        PosixUser={"Uid": 1000, "Gid": 1000},
        RootDirectory={"Path": "/tasks", "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0755"}},
    )["AccessPointId"]
    configuration = {
        "fileSystemId": file_system,
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": access_point},
    }
    shared = {
        "volumes": [{"name": "shared", "efsVolumeConfiguration": configuration}],
        "mountPoints": [{"sourceVolume": "shared", "containerPath": "/shared-volume"}],
        "user": "1000",
    }
    register(aws, "writer", image, "echo seen > /shared-volume/file", **shared)
    register(aws, "reader", image, "cat /shared-volume/file", **shared)
    assert run(aws, "writer", subnet)[0]["containers"][0]["exitCode"] == 0
    assert run(aws, "reader", subnet)[1] == ["seen"]


def test_containers_of_a_task_share_an_address_and_the_task_is_healthy_when_all_are(aws, digest, subnet):
    image = f"{aws.registry}/tasks@{digest}"
    ask = f"until {http_get('127.0.0.1:8080', '/', 'Host: web')}; do sleep 1; done"
    slow = {
        "name": "slow",
        "command": [f"{ask}; sleep 6; touch /tmp/ready; exec sleep 600"],
        "healthCheck": {"command": ["CMD-SHELL", "test -f /tmp/ready"], "interval": 5, "retries": 10},
    }
    check = {"command": ["CMD-SHELL", "true"], "interval": 5}
    register(aws, "both", image, SERVER, beside=[slow], portMappings=[{"containerPort": 8080}], healthCheck=check)
    arn = start(aws, "both", subnet)
    ecs, seen = aws.client("ecs"), set()

    def healthy():
        task = ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]
        assert task["lastStatus"] != "STOPPED", task
        seen.add((task["healthStatus"], tuple(each["healthStatus"] for each in task["containers"])))
        return task["healthStatus"] == "HEALTHY"

    until(healthy)
    stream = f"prefix/slow/{arn.rsplit('/', 1)[1]}"
    events = aws.client("logs").get_log_events(logGroupName="/g", logStreamName=stream, startFromHead=True)["events"]
    ecs.stop_task(cluster="c", task=arn)
    assert [event["message"] for event in events][-1] == "hello"
    assert {containers for task, containers in seen if task == "HEALTHY"} == {("HEALTHY", "HEALTHY")}
    assert ("UNKNOWN", ("HEALTHY", "UNKNOWN")) in seen


def test_a_service_is_found_by_its_cloud_map_name_and_by_its_load_balancer(aws, digest, subnet):
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks@{digest}"
    ecs, elb, discovery = (aws.client(name) for name in ("ecs", "elbv2", "servicediscovery"))
    vpc = subnet["VpcId"]
    ec2 = aws.client("ec2")
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    [default] = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    # The load balancer has no group by which it could be let in.
    ec2.authorize_security_group_ingress(
        GroupId=default["GroupId"], IpProtocol="tcp", FromPort=8080, ToPort=8080, CidrIp="10.0.0.0/16"
    )
    balancer = elb.create_load_balancer(Name="lb", Type="network", Subnets=[subnet["SubnetId"]])["LoadBalancers"][0]
    group = elb.create_target_group(
        Name="web", Protocol="TCP", Port=8080, VpcId=vpc, TargetType="ip", HealthCheckProtocol="HTTP"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="TCP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    discovery.create_private_dns_namespace(Name="e.internal", Vpc=vpc)
    namespace = discovery.list_namespaces()["Namespaces"][0]["Id"]
    registry = discovery.create_service(
        Name="web", NamespaceId=namespace, DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]}
    )["Service"]["Arn"]
    check = {"command": ["CMD-SHELL", "true"], "interval": 5}
    register(aws, "web", image, SERVER, portMappings=[{"containerPort": 8080}], healthCheck=check)
    ecs.create_service(
        cluster="c",
        serviceName="web",
        taskDefinition="web",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=in_subnet(subnet),
        serviceRegistries=[{"registryArn": registry}],
        loadBalancers=[{"targetGroupArn": group, "containerName": "web", "containerPort": 8080}],
    )

    def completed():
        described = ecs.describe_services(cluster="c", services=["web"])["services"][0]
        return described["deployments"][0]["rolloutState"] == "COMPLETED"

    def healthy():
        targets = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [target["TargetHealth"]["State"] for target in targets] == ["healthy"]

    until(completed)
    tasks = ecs.list_tasks(cluster="c", serviceName="web")["taskArns"]
    assert ecs.describe_tasks(cluster="c", tasks=tasks)["tasks"][0]["healthStatus"] == "HEALTHY"
    until(healthy)
    for address in ("web.e.internal:8080", f"{balancer['DNSName']}:{aws.settings.port}"):
        register(aws, "caller", image, http_get(address, "/", f"Host: {address}"))
        assert run(aws, "caller", subnet)[1][-1] == "hello", address
    with urllib.request.urlopen(
        urllib.request.Request(aws.endpoint_url, headers={"Host": "lb.alb.localhost"}), timeout=10
    ) as response:
        assert response.read() == b"hello\n"
    ecs.delete_service(cluster="c", service="web", force=True)


def test_a_database_is_reached_with_a_verified_certificate(aws, tmp_path):
    rds = aws.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="db",
        Engine="postgres",
        EngineVersion="17",
        DBInstanceClass="db.t4g.small",
        AllocatedStorage=25,
        MasterUsername="airflow",
        MasterUserPassword=PASSWORD,
        DBName="farflow",
    )
    until(lambda: rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "available")
    endpoint = rds.describe_db_instances()["DBInstances"][0]["Endpoint"]
    authority = tmp_path / "ca.pem"
    with urllib.request.urlopen(f"{aws.endpoint_url}/_ministack/rds/ca.pem", timeout=10) as response:
        authority.write_bytes(response.read())
    connection = psycopg2.connect(
        host=endpoint["Address"],
        port=endpoint["Port"],
        user="airflow",
        password=PASSWORD,
        dbname="farflow",
        sslmode="verify-full",
        sslrootcert=authority,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert cursor.fetchone() == (True,)
    connection.close()


def test_down_leaves_nothing(aws, digest, subnet):
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks@{digest}"
    scratch = {
        "volumes": [{"name": "scratch"}],
        "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}],
    }
    register(aws, "sleeper", image, "exec sleep 300", **scratch)
    start(aws, "sleeper", subnet)
    settings = aws.settings
    client = docker.from_env()
    try:
        until(lambda: client.containers.list(filters={"label": settings.container_label, "name": "sleeper"}))
        pid = int(settings.path("server.pid").read_text())
        os.kill(pid, 9)
        EmbeddedAWS(aws.name).down()
        assert client.containers.list(all=True, filters={"label": settings.container_label}) == []
        assert client.containers.list(all=True, filters={"name": settings.owner}) == []
        rules = client.containers.run(
            PACKET_FILTER, ["nft", "list", "tables"], network_mode="host", cap_add=["NET_ADMIN"], remove=True
        )
        assert settings.owner not in rules.decode()
        assert client.networks.list(names=[settings.network]) == []
        assert client.volumes.list(filters={"name": settings.volume_prefix}) == []
        assert not settings.path().exists()
    finally:
        client.close()
