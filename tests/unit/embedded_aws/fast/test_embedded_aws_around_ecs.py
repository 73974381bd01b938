"""The services around ECS, without containers, driven by boto3: what the emulators get wrong by themselves is right."""

from __future__ import annotations

import time

import pytest
import requests
from botocore.exceptions import ClientError
from said_and_described import TASK_DEFINITION, lost, until


def test_get_resources_lists_active_task_definitions_only(aws):
    ecs = aws.client("ecs")
    for _unused in range(2):
        ecs.register_task_definition(**TASK_DEFINITION, tags=[{"key": "k", "value": "v"}])
    ecs.deregister_task_definition(taskDefinition="web:1")
    found = aws.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["ecs:task-definition"])
    assert [(item["ResourceARN"].rsplit("/")[-1], item["Tags"]) for item in found["ResourceTagMappingList"]] == [
        ("web:2", [{"Key": "k", "Value": "v"}])
    ]


@pytest.fixture
def tagged(aws):
    """`tagged()`: the revisions of task definitions that GetResources lists, with the value of their tag."""
    tagging = aws.client("resourcegroupstaggingapi")

    def found():
        answer = tagging.get_resources(ResourceTypeFilters=["ecs:task-definition"])
        listed = answer["ResourceTagMappingList"]
        return {item["ResourceARN"].rsplit("/")[-1]: item["Tags"][0]["Value"] for item in listed}

    return found


def test_get_resources_can_be_late(aws, tagged):
    ecs = aws.client("ecs")
    before, after = ([{"key": "k", "value": value}] for value in ("before", "after"))
    arn = ecs.register_task_definition(**TASK_DEFINITION, tags=before)["taskDefinition"]["taskDefinitionArn"]
    with aws.behaviours(late_tags=120):
        at_first = tagged()
        ecs.tag_resource(resourceArn=arn, tags=after)
        ecs.register_task_definition(**TASK_DEFINITION, tags=after)
        assert tagged() == at_first == {"web:1": "before"}
    assert tagged() == dict.fromkeys(["web:1", "web:2"], "after")


def test_get_resources_shows_a_change_when_its_time_has_come_whenever_it_is_asked(aws, tagged):
    ecs = aws.client("ecs")
    one, two = ([{"key": "k", "value": value}] for value in ("one", "two"))
    with aws.behaviours(late_tags=0.5):
        arn = ecs.register_task_definition(**TASK_DEFINITION, tags=one)["taskDefinition"]["taskDefinitionArn"]
        assert tagged() == {}
        time.sleep(0.6)
        assert tagged() == {"web:1": "one"}
        ecs.tag_resource(resourceArn=arn, tags=two)
        time.sleep(0.6)
        assert tagged() == {"web:1": "two"}
        ecs.deregister_task_definition(taskDefinition="web:1")
        assert tagged() == {"web:1": "two"}
        until(lambda: tagged() == {})


def test_each_resource_has_a_lag_of_its_own(aws, tagged):
    ecs = aws.client("ecs")
    with aws.behaviours(late_tags=[0, 2], seed=1):
        for _unused in range(12):
            ecs.register_task_definition(**TASK_DEFINITION, tags=[{"key": "k", "value": "v"}])
        numbers = [len(tagged())]
        until(lambda: numbers.append(len(tagged())) or numbers[-1] == 12)
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 3


def test_an_image_that_is_not_there_is_an_error(aws):
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="tasks")
    with pytest.raises(ecr.exceptions.ImageNotFoundException):
        ecr.describe_images(repositoryName="tasks", imageIds=[{"imageTag": "none"}])


def test_the_token_of_an_access_point_is_taken_once(aws):
    efs = aws.client("efs")
    for name in ("one", "other"):
        file_system = efs.create_file_system(CreationToken=name)["FileSystemId"]
        if name == "one":
            efs.create_access_point(ClientToken="tasks", FileSystemId=file_system)
        with pytest.raises(efs.exceptions.AccessPointAlreadyExists):
            efs.create_access_point(ClientToken="tasks", FileSystemId=file_system)


def test_a_destination_has_one_route_and_a_subnet_one_table(aws, subnets):
    ec2 = aws.client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    one, other = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _unused in range(2))
    route = {"RouteTableId": one, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway}
    ec2.create_route(**route)
    with pytest.raises(ClientError, match="RouteAlreadyExists"):
        ec2.create_route(**route)
    first, again = (ec2.associate_route_table(RouteTableId=one, SubnetId=subnets[0]) for _unused in range(2))
    assert first["AssociationId"] == again["AssociationId"]
    with pytest.raises(ClientError, match="AlreadyAssociated"):
        ec2.associate_route_table(RouteTableId=other, SubnetId=subnets[0])


def test_a_scaling_policy_that_is_gone_is_not_found(aws):
    scaling = aws.client("application-autoscaling")
    place = {"ServiceNamespace": "ecs", "ResourceId": "service/c/web", "ScalableDimension": "ecs:service:DesiredCount"}
    with pytest.raises(scaling.exceptions.ObjectNotFoundException, match="No scaling policy found"):
        scaling.delete_scaling_policy(PolicyName="p", **place)
    with pytest.raises(scaling.exceptions.ObjectNotFoundException, match="No scalable target found"):
        scaling.deregister_scalable_target(**place)


def test_a_registry_that_scans_by_rules_of_its_own_answers_for_its_repositories(aws):
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="tasks", imageScanningConfiguration={"scanOnPush": True})

    def scanning():
        (found,) = ecr.describe_repositories()["repositories"]
        registry = ecr.get_registry_scanning_configuration()["scanningConfiguration"]["scanType"]
        return registry, found["imageScanningConfiguration"]["scanOnPush"]

    assert scanning() == ("BASIC", True)
    with aws.behaviours(enhanced_scanning=True):
        ecr.put_image_scanning_configuration(repositoryName="tasks", imageScanningConfiguration={"scanOnPush": True})
        assert scanning() == ("ENHANCED", False)
    assert scanning() == ("BASIC", True)


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


def test_a_managed_policy_that_does_not_exist_is_attached_to_no_role(aws):
    iam = aws.client("iam")
    trust = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::123456789012:policy/gone")
    arn = iam.create_policy(PolicyName="mine", PolicyDocument=trust)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    assert [each["PolicyArn"] for each in iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]] == [arn]


@pytest.mark.parametrize("account", ["123456789012", "999999999999"])
def test_a_listener_takes_no_certificate_that_there_is_not_in_this_account(aws, subnets, account):
    elb, acm = aws.client("elbv2"), aws.client("acm")
    balancer = elb.create_load_balancer(Name="b", Type="network", Subnets=subnets)["LoadBalancers"][0]
    group = elb.create_target_group(Name="g", Protocol="TCP", Port=80, VpcId=balancer["VpcId"])["TargetGroups"][0]
    listener = {
        "LoadBalancerArn": balancer["LoadBalancerArn"],
        "Protocol": "TLS",
        "Port": 443,
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    }
    nowhere = f"arn:aws:acm:us-east-1:{account}:certificate/0f1e"
    with pytest.raises(elb.exceptions.CertificateNotFoundException):
        elb.create_listener(**listener, Certificates=[{"CertificateArn": nowhere}])
    issued = acm.request_certificate(DomainName="airflow.example.org")["CertificateArn"]
    made = elb.create_listener(**listener, Certificates=[{"CertificateArn": issued}])["Listeners"][0]
    assert made["Certificates"] == [{"CertificateArn": issued}]


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


def test_a_final_snapshot_has_the_tags_of_its_database_where_they_are_copied(aws, subnets):
    rds = aws.client("rds")
    for copied in (True, False):
        name = f"db-{copied}"
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            Engine="postgres",
            DBInstanceClass="db.t4g.small",
            AllocatedStorage=25,
            MasterUsername="airflow",
            MasterUserPassword="password",
            CopyTagsToSnapshot=copied,
            Tags=[{"Key": "a", "Value": "b"}],
        )
        rds.delete_db_instance(DBInstanceIdentifier=name, FinalDBSnapshotIdentifier=f"{name}-final")
    snapshots = rds.describe_db_snapshots()["DBSnapshots"]
    tags = {snapshot["DBSnapshotIdentifier"]: snapshot.get("TagList", []) for snapshot in snapshots}
    assert tags == {"db-True-final": [{"Key": "a", "Value": "b"}], "db-False-final": []}


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
        "address": "AuthFailure",
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


def test_a_client_token_makes_one_thing(aws):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    first, again, other = (
        ec2.create_route_table(VpcId=vpc, ClientToken=token)["RouteTable"]["RouteTableId"] for token in ("1", "1", "2")
    )
    assert first == again != other


def test_a_load_balancers_parts_with_the_same_settings_are_made_once(aws, subnets):
    balancing = aws.client("elbv2")
    target = {"Name": "web", "Protocol": "TCP", "Port": 80, "VpcId": vpc_of(aws, subnets[0]), "TargetType": "ip"}
    groups = [balancing.create_target_group(**target)["TargetGroups"][0]["TargetGroupArn"] for _unused in range(2)]
    balancer = {"Name": "web", "Type": "network", "Subnets": subnets}
    made = [balancing.create_load_balancer(**balancer)["LoadBalancers"][0]["LoadBalancerArn"] for _unused in range(2)]
    forward = [{"Type": "forward", "TargetGroupArn": groups[0]}]
    listener = {"LoadBalancerArn": made[0], "Protocol": "TCP", "Port": 80, "DefaultActions": forward}
    listeners = [balancing.create_listener(**listener)["Listeners"][0]["ListenerArn"] for _unused in range(2)]
    assert [len(set(arns)) for arns in (groups, made, listeners)] == [1, 1, 1]
    with pytest.raises(balancing.exceptions.DuplicateTargetGroupNameException):
        balancing.create_target_group(**{**target, "Port": 81})
    balancing.modify_listener(ListenerArn=listeners[0], Port=8080)
    assert balancing.create_listener(**listener)["Listeners"][0]["ListenerArn"] != listeners[0]


def test_a_name_in_cloud_map_is_one_services(aws, subnets):
    discovery = aws.client("servicediscovery")
    discovery.create_private_dns_namespace(Name="one.internal", Vpc=vpc_of(aws, subnets[0]))
    [namespace] = [one["Id"] for one in discovery.list_namespaces()["Namespaces"] if one["Name"] == "one.internal"]
    discovery.create_service(Name="web", NamespaceId=namespace)
    with pytest.raises(discovery.exceptions.ServiceAlreadyExists):
        discovery.create_service(Name="web", NamespaceId=namespace)


def test_addresses_are_found_by_what_was_asked_for(aws):
    ec2 = aws.client("ec2")
    ids = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _unused in range(2)]
    ec2.create_tags(Resources=ids[1:], Tags=[{"Key": "Name", "Value": "second"}])
    for name in ("allocation-id", "tag:Name"):
        filters = [{"Name": name, "Values": ids[1:] if name == "allocation-id" else ["second"]}]
        assert [found["AllocationId"] for found in ec2.describe_addresses(Filters=filters)["Addresses"]] == ids[1:]


def vpc_of(aws, subnet):
    return aws.client("ec2").describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]


def test_the_group_that_comes_with_a_vpc_admits_its_own_members(aws):
    ec2 = aws.client("ec2")
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for vpc in [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]]:
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        [group] = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        [rule] = group["IpPermissions"]
        assert (rule["IpProtocol"], [each["GroupId"] for each in rule["UserIdGroupPairs"]]) == (
            "-1",
            [group["GroupId"]],
        )
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])
    assert vpc == made
    assert ec2.describe_security_groups(GroupIds=[group["GroupId"]])["SecurityGroups"][0]["IpPermissions"] == []


def test_the_vpc_that_an_account_has_from_the_start_leads_out(aws):
    ec2 = aws.client("ec2")
    [vpc] = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    [table] = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["RouteTables"]
    [way_out] = [each for each in table["Routes"] if each["DestinationCidrBlock"] == "0.0.0.0/0"]
    assert way_out["GatewayId"].startswith("igw-")
