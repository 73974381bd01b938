"""One embedded AWS without containers, driven by boto3: what the emulators get wrong by themselves is right."""

from __future__ import annotations

import os
import time

import pytest
import requests
from botocore.exceptions import ClientError

from tests.embedded_aws import EmbeddedAWS

NAME = f"test-fast-{os.getpid()}"

TASK_DEFINITION = {
    "family": "web",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "enableFaultInjection": True,
    "ephemeralStorage": {"sizeInGiB": 30},
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "volumes": [
        {
            "name": "shared",
            "efsVolumeConfiguration": {
                "fileSystemId": "fs-1",
                "transitEncryption": "ENABLED",
                "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"},
            },
        }
    ],
    "containerDefinitions": [
        {
            "name": "web",
            "image": "image",
            "entryPoint": ["/entry"],
            "command": ["serve"],
            "user": "1000:1000",
            "readonlyRootFilesystem": True,
            "stopTimeout": 120,
            "portMappings": [{"containerPort": 8080}],
            "environment": [{"name": "A", "value": "1"}],
            "mountPoints": [{"sourceVolume": "shared", "containerPath": "/shared"}],
            "linuxParameters": {"initProcessEnabled": True},
            "ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}],
            "healthCheck": {"command": ["CMD", "true"]},
            "restartPolicy": {"enabled": True},
            "versionConsistency": "disabled",
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "g", "awslogs-stream-prefix": "p"},
            },
        }
    ],
}


@pytest.fixture(scope="module")
def running():
    with EmbeddedAWS(NAME, database_seconds=0.3) as aws:
        yield aws


@pytest.fixture
def aws(running):
    running.reset()
    running.reset_calls()
    return running


@pytest.fixture
def subnets(aws):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    blocks = ["10.0.0.0/24", "10.0.1.0/24"]
    return [ec2.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"] for block in blocks]


@pytest.fixture
def service(aws, subnets):
    """Arguments of a service that stands."""
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(**TASK_DEFINITION)
    document = {
        "cluster": "c",
        "serviceName": "web",
        "taskDefinition": "web",
        "desiredCount": 2,
        "launchType": "FARGATE",
        "propagateTags": "SERVICE",
        "enableECSManagedTags": True,
        "availabilityZoneRebalancing": "DISABLED",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}},
        "serviceRegistries": [{"registryArn": "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-1"}],
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
        "tags": [{"key": "k", "value": "v"}],
    }
    ecs.create_service(**document)
    return document


def lost(said, described, path=""):
    """Paths of what was said and is not described."""
    if isinstance(said, dict):
        return [
            problem
            for name, value in said.items()
            for problem in (
                lost(value, described[name], f"{path}.{name}") if name in described else [f"{path}.{name} missing"]
            )
        ]
    if isinstance(said, list) and isinstance(described, list) and len(said) == len(described):
        return [
            problem for index, value in enumerate(said) for problem in lost(value, described[index], f"{path}[{index}]")
        ]
    return [] if said == described else [f"{path}: {described!r} instead of {said!r}"]


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def one_off(service):
    """Arguments of RunTask, in the network of the service."""
    network = service["networkConfiguration"]
    return {"cluster": "c", "taskDefinition": "web", "launchType": "FARGATE", "networkConfiguration": network}


def test_every_member_of_a_task_definition_is_described(aws):
    ecs = aws.client("ecs")
    ecs.register_task_definition(**TASK_DEFINITION)
    assert lost(TASK_DEFINITION, ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]) == []


def test_aws_defaults_are_filled_in(aws):
    ecs = aws.client("ecs")
    ecs.register_task_definition(**TASK_DEFINITION)
    definition = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    container = definition["containerDefinitions"][0]
    assert container["portMappings"] == [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}]
    assert container["healthCheck"] == {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3}
    assert "pidMode" not in definition


def test_a_family_prefix_is_a_whole_family(aws):
    ecs = aws.client("ecs")
    for family in ("web", "web-two", "web"):
        ecs.register_task_definition(**{**TASK_DEFINITION, "family": family})
    arns = ecs.list_task_definitions(familyPrefix="web", sort="DESC")["taskDefinitionArns"]
    assert [arn.rsplit("/")[-1] for arn in arns] == ["web:2", "web:1"]


def test_every_member_of_a_new_service_is_described(aws, service):
    described = aws.client("ecs").describe_services(cluster="c", services=["web"], include=["TAGS"])["services"][0]
    said = {name: value for name, value in service.items() if name not in ("cluster", "taskDefinition")}
    assert lost(said, described) == []


def test_an_update_is_kept_and_leaves_the_rest(aws, service):
    ecs = aws.client("ecs")
    changes = {
        "propagateTags": "TASK_DEFINITION",
        "enableECSManagedTags": False,
        "availabilityZoneRebalancing": "ENABLED",
        "serviceRegistries": [],
    }
    ecs.update_service(cluster="c", service="web", **changes, deploymentConfiguration={"maximumPercent": 150})
    described = ecs.describe_services(cluster="c", services=["web"])["services"][0]
    assert lost(changes, described) == []
    assert described["deploymentConfiguration"]["maximumPercent"] == 150
    assert described["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"] is True


def test_a_service_runs_and_rolls(aws, service):
    ecs = aws.client("ecs")
    ecs.update_service(
        cluster="c", service="web", forceNewDeployment=True, deploymentConfiguration={"maximumPercent": 150}
    )
    described = ecs.describe_services(cluster="c", services=["web"])["services"][0]
    assert (described["runningCount"], described["deployments"][0]["rolloutState"]) == (2, "COMPLETED")


def test_a_one_off_task_ends_well_and_has_a_log(aws, service):
    ecs = aws.client("ecs")
    aws.client("logs").create_log_group(logGroupName="g")
    task = ecs.run_task(**one_off(service))["tasks"][0]["taskArn"]

    def stopped():
        return ecs.describe_tasks(cluster="c", tasks=[task])["tasks"][0]["lastStatus"] == "STOPPED"

    until(stopped)
    assert ecs.describe_tasks(cluster="c", tasks=[task])["tasks"][0]["containers"][0]["exitCode"] == 0
    assert len(aws.client("logs").describe_log_streams(logGroupName="g")["logStreams"]) == 1


def test_a_client_token_starts_its_task_once(aws, service):
    ecs = aws.client("ecs")
    started = [ecs.run_task(**one_off(service), clientToken="token")["tasks"][0]["taskArn"] for _unused in range(2)]
    assert started[0] == started[1]


def test_a_client_token_makes_its_service_once(aws, service):
    ecs = aws.client("ecs")
    request = {**service, "serviceName": "other"}
    made = [ecs.create_service(**request, clientToken="token")["service"]["serviceArn"] for _unused in range(2)]
    assert made[0] == made[1]
    with pytest.raises(ClientError, match="not idempotent"):
        ecs.create_service(**request, clientToken="another")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"cluster": "none"}, "ClusterNotFoundException"),
        ({"taskDefinition": "none"}, "Unable to find task definition"),
        ({"networkConfiguration": {}}, "Network Configuration must be provided"),
        ({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-none"]}}}, "subnet-none"),
    ],
)
def test_a_task_that_cannot_run_is_refused(aws, service, change, complaint):
    with pytest.raises(ClientError, match=complaint):
        aws.client("ecs").run_task(**{**one_off(service), **change})


def test_a_family_means_its_newest_active_revision(aws):
    ecs = aws.client("ecs")
    for _unused in range(2):
        ecs.register_task_definition(**TASK_DEFINITION)
    ecs.deregister_task_definition(taskDefinition="web:2")
    assert ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]["revision"] == 1
    ecs.deregister_task_definition(taskDefinition="web:1")
    with pytest.raises(ClientError, match="Unable to describe task definition"):
        ecs.describe_task_definition(taskDefinition="web")


def test_sizes_that_fargate_has_not_are_refused(aws):
    with pytest.raises(ClientError, match="No Fargate configuration"):
        aws.client("ecs").register_task_definition(**{**TASK_DEFINITION, "memory": "8192"})


def test_a_protected_task_survives_scale_in(aws, service):
    ecs = aws.client("ecs")
    tasks = ecs.list_tasks(cluster="c", serviceName="web")["taskArns"]
    ecs.update_task_protection(cluster="c", tasks=tasks, protectionEnabled=True, expiresInMinutes=1)
    ecs.update_service(cluster="c", service="web", desiredCount=0)
    assert ecs.list_tasks(cluster="c", serviceName="web")["taskArns"] == tasks
    ecs.update_task_protection(cluster="c", tasks=tasks, protectionEnabled=False)
    assert ecs.list_tasks(cluster="c", serviceName="web")["taskArns"] == []


def test_scaling_of_a_service_that_exists(aws, service):
    scaling = aws.client("application-autoscaling")
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/c/web",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1,
        "MaxCapacity": 5,
    }
    arn = scaling.register_scalable_target(**target, Tags={"k": "v"})["ScalableTargetARN"]
    assert lost(target, scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]) == []
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"k": "v"}
    aws.reset()
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []


def test_scaling_of_a_service_that_does_not_exist_is_refused(aws, service):
    with pytest.raises(ClientError, match="ECS service doesn't exist"):
        aws.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId="service/c/other",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=1,
            MaxCapacity=5,
        )


def test_get_resources_lists_active_task_definitions_only(aws):
    ecs = aws.client("ecs")
    for _unused in range(2):
        ecs.register_task_definition(**TASK_DEFINITION, tags=[{"key": "k", "value": "v"}])
    ecs.deregister_task_definition(taskDefinition="web:1")
    found = aws.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["ecs:task-definition"])
    assert [(item["ResourceARN"].rsplit("/")[-1], item["Tags"]) for item in found["ResourceTagMappingList"]] == [
        ("web:2", [{"Key": "k", "Value": "v"}])
    ]


def test_an_image_that_is_not_there_is_an_error(aws):
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="tasks")
    with pytest.raises(ecr.exceptions.ImageNotFoundException):
        ecr.describe_images(repositoryName="tasks", imageIds=[{"imageTag": "none"}])


def test_an_image_that_was_deleted_cannot_be_pulled(aws):
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="tasks")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
    put = requests.put(f"{aws.endpoint_url}/v2/tasks/manifests/hello", json=manifest, timeout=10)
    digest = put.headers["Docker-Content-Digest"]
    pulled = f"{aws.endpoint_url}/v2/tasks/manifests/{digest}"
    assert requests.get(pulled, timeout=10).status_code == 200
    ecr.batch_delete_image(repositoryName="tasks", imageIds=[{"imageDigest": digest}])
    assert requests.get(pulled, timeout=10).status_code == 404


def test_a_database_is_described_as_said_once_it_is_available(aws, subnets):
    rds = aws.client("rds")
    said = {
        "DBInstanceIdentifier": "db",
        "Engine": "postgres",
        "DBInstanceClass": "db.t4g.small",
        "AllocatedStorage": 25,
        "StorageType": "gp3",
        "StorageThroughput": 250,
        "BackupRetentionPeriod": 30,
        "PreferredBackupWindow": "01:00-02:00",
        "StorageEncrypted": True,
        "DeletionProtection": True,
    }
    created = rds.create_db_instance(
        **said,
        EngineVersion="17",
        MasterUsername="airflow",
        MasterUserPassword="password",
        EnableCloudwatchLogsExports=["postgresql"],
    )["DBInstance"]
    assert created["DBInstanceStatus"] == "creating"
    until(lambda: rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "available")
    described = rds.describe_db_instances()["DBInstances"][0]
    assert lost(said, described) == []
    assert described["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert described["EngineVersion"].startswith("17.")


def test_what_is_in_use_is_not_deleted(aws, service, subnets):
    ec2, ecs, elb = aws.client("ec2"), aws.client("ecs"), aws.client("elbv2")
    vpc = ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    group, other = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("a", "b")
    )
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address["AllocationId"])["NatGateway"]
    balancer = elb.create_load_balancer(Name="lb", Type="network", Subnets=subnets)["LoadBalancers"][0]
    target_group = elb.create_target_group(Name="tg", Protocol="TCP", Port=80, VpcId=vpc, TargetType="ip")
    target_group = target_group["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="TCP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
    )
    attempts = {
        "security group": lambda: ec2.delete_security_group(GroupId=group),
        "same rule": lambda: ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule]),
        "subnet": lambda: ec2.delete_subnet(SubnetId=subnets[0]),
        "internet gateway": lambda: ec2.delete_internet_gateway(InternetGatewayId=gateway),
        "attachment": lambda: ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc),
        "address": lambda: ec2.release_address(AllocationId=address["AllocationId"]),
        "target group": lambda: elb.delete_target_group(TargetGroupArn=target_group),
        "cluster": lambda: ecs.delete_cluster(cluster="c"),
    }
    refused = {}
    for name, attempt in attempts.items():
        with pytest.raises(ClientError) as error:
            attempt()
        refused[name] = error.value.response["Error"]["Code"]
    assert refused == {
        "security group": "DependencyViolation",
        "same rule": "InvalidPermission.Duplicate",
        "subnet": "DependencyViolation",
        "internet gateway": "DependencyViolation",
        "attachment": "DependencyViolation",
        "address": "InvalidIPAddress.InUse",
        "target group": "ResourceInUse",
        "cluster": "ClusterContainsServicesException",
    }
    assert ec2.describe_nat_gateways()["NatGateways"][0]["NatGatewayAddresses"][0]["PublicIp"] == address["PublicIp"]
    ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    ec2.release_address(AllocationId=address["AllocationId"])
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)


def test_get_resources_comes_in_pages(aws):
    logs = aws.client("logs")
    for number in range(3):
        logs.create_log_group(logGroupName=f"/{number}", tags={"k": "v"})
    pages = (
        aws.client("resourcegroupstaggingapi")
        .get_paginator("get_resources")
        .paginate(ResourcesPerPage=2, TagFilters=[{"Key": "k", "Values": ["v"]}])
    )
    assert [len(page["ResourceTagMappingList"]) for page in pages] == [2, 1]


def test_a_new_bucket_blocks_public_access(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="bucket")
    assert all(s3.get_public_access_block(Bucket="bucket")["PublicAccessBlockConfiguration"].values())


def test_services_around_it_answer(aws, subnets):
    aws.client("sqs").create_queue(QueueName="q", Attributes={"VisibilityTimeout": "43200"})
    aws.client("logs").create_log_group(logGroupName="/g", tags={"k": "v"})
    aws.client("secretsmanager").create_secret(Name="s", SecretString="x")
    aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    balancer = aws.client("elbv2").create_load_balancer(Name="lb", Type="network", Subnets=subnets)["LoadBalancers"][0]
    file_system = aws.client("efs").create_file_system(CreationToken="t", Encrypted=True)
    discovery = aws.client("servicediscovery")
    discovery.create_private_dns_namespace(Name="e.internal", Vpc=balancer["VpcId"])
    assert balancer["VpcId"] == aws.client("ec2").describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    assert file_system["Encrypted"] is True
    assert discovery.list_namespaces()["Namespaces"][0]["Name"] == "e.internal"
