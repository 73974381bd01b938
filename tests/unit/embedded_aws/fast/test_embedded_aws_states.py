"""What takes its time on AWS: the states that it goes through, and what is refused meanwhile."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from said_and_described import until


@pytest.fixture
def ec2(aws):
    return aws.client("ec2")


@pytest.fixture
def elbv2(aws):
    return aws.client("elbv2")


@pytest.fixture
def efs(aws):
    return aws.client("efs")


def refusal(call, **arguments):
    """The code by which a call is refused; None where it is not."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def test_a_nat_gateway_is_made_and_goes_slowly_and_keeps_its_place_till_then(aws, ec2, subnets):
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    request = {"SubnetId": subnets[0], "AllocationId": address, "ClientToken": "once"}

    def state():
        return ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]["State"]

    with aws.behaviours(nat_gateway_seconds=60), aws.clock(60):
        made = ec2.create_nat_gateway(**request)["NatGateway"]
        gateway = made["NatGatewayId"]
        assert made["State"] == state() == "pending"
        assert ec2.create_nat_gateway(**request)["NatGateway"]["NatGatewayId"] == gateway
        until(lambda: state() == "available")
        ec2.delete_nat_gateway(NatGatewayId=gateway)
        assert state() == "deleting"
        assert refusal(ec2.release_address, AllocationId=address) == "AuthFailure"
        assert refusal(ec2.delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"
        until(lambda: state() == "deleted")
        assert refusal(ec2.delete_subnet, SubnetId=subnets[0]) is None
        ec2.release_address(AllocationId=address)


def balancer(elbv2, subnets, **more):
    return elbv2.create_load_balancer(Name="web", Type="network", Subnets=subnets, **more)["LoadBalancers"][0]


def test_a_load_balancer_is_provisioning_first(aws, elbv2, subnets):
    def state():
        return elbv2.describe_load_balancers(Names=["web"])["LoadBalancers"][0]["State"]["Code"]

    with aws.behaviours(load_balancer_seconds=60), aws.clock(60):
        made = balancer(elbv2, subnets)
        assert made["State"]["Code"] == state() == "provisioning"
        assert balancer(elbv2, subnets)["LoadBalancerArn"] == made["LoadBalancerArn"]
        until(lambda: state() == "active")
        assert balancer(elbv2, subnets)["LoadBalancerArn"] == made["LoadBalancerArn"]


@pytest.mark.parametrize("scheme", ["internet-facing", "internal"])
def test_network_interfaces_of_a_deleted_load_balancer_are_there_for_a_while(aws, ec2, elbv2, subnets, scheme):
    vpc = ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    gateway = {"InternetGatewayId": ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"], "VpcId": vpc}
    ec2.attach_internet_gateway(**gateway)
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    with aws.behaviours(load_balancer_traces=60), aws.clock(60):
        elbv2.delete_load_balancer(
            LoadBalancerArn=balancer(elbv2, subnets, SecurityGroups=[group], Scheme=scheme)["LoadBalancerArn"]
        )
        assert elbv2.describe_load_balancers()["LoadBalancers"] == []
        public = "DependencyViolation" if scheme == "internet-facing" else None
        assert refusal(ec2.detach_internet_gateway, **gateway) == public
        assert refusal(ec2.delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"
        assert refusal(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
        until(lambda: refusal(ec2.delete_security_group, GroupId=group) is None)
        assert refusal(ec2.delete_subnet, SubnetId=subnets[0]) is None


def test_a_target_is_initial_first(aws, ec2, elbv2, subnets):
    vpc = ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    group = elbv2.create_target_group(Name="web", Protocol="TCP", Port=8080, VpcId=vpc, TargetType="ip")
    arn = group["TargetGroups"][0]["TargetGroupArn"]

    def states():
        told = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {each["Target"]["Id"]: each["TargetHealth"]["State"] for each in told}

    with aws.behaviours(late_targets=60), aws.clock(60):
        elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.1", "Port": 8080}])
        assert states() == {"10.0.0.1": "initial"}
        until(lambda: states() == {"10.0.0.1": "healthy"})
        elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.2", "Port": 8080}])
        assert states() == {"10.0.0.1": "healthy", "10.0.0.2": "initial"}


def test_tasks_of_a_service_are_targets_that_are_initial_first(aws, ec2, elbv2, service):
    subnet = service["networkConfiguration"]["awsvpcConfiguration"]["subnets"][0]
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    group = elbv2.create_target_group(Name="web", Protocol="TCP", Port=8080, VpcId=vpc, TargetType="ip")
    arn = group["TargetGroups"][0]["TargetGroupArn"]

    def states():
        told = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return [each["TargetHealth"]["State"] for each in told]

    with aws.behaviours(late_targets=60), aws.clock(60):
        part = {"targetGroupArn": arn, "containerName": "web", "containerPort": 8080}
        document = {name: value for name, value in service.items() if name != "serviceRegistries"}
        aws.client("ecs").create_service(**{**document, "serviceName": "served", "loadBalancers": [part]})
        until(lambda: states() == ["initial"] * 2)
        until(lambda: states() == ["healthy"] * 2)


def test_a_file_system_and_what_belongs_to_it_is_made_and_goes_slowly(aws, ec2, efs, subnets):
    with aws.behaviours(file_system_seconds=60), aws.clock(60):
        made = efs.create_file_system(CreationToken="shared")
        system = made["FileSystemId"]
        target = {"FileSystemId": system, "SubnetId": subnets[0]}
        point = {"FileSystemId": system, "ClientToken": "tasks"}

        def states():
            parts = [
                *efs.describe_file_systems()["FileSystems"],
                *efs.describe_mount_targets(FileSystemId=system)["MountTargets"],
                *efs.describe_access_points(FileSystemId=system)["AccessPoints"],
            ]
            return [part["LifeCycleState"] for part in parts]

        assert made["LifeCycleState"] == "creating"
        assert states() == ["creating"]
        assert refusal(efs.create_mount_target, **target) == "IncorrectFileSystemLifeCycleState"
        assert refusal(efs.create_access_point, **point) == "IncorrectFileSystemLifeCycleState"
        until(lambda: states() == ["available"])
        mounted, entered = efs.create_mount_target(**target), efs.create_access_point(**point)
        assert mounted["LifeCycleState"] == entered["LifeCycleState"] == "creating"
        until(lambda: states() == ["available"] * 3)

        efs.delete_access_point(AccessPointId=entered["AccessPointId"])
        efs.delete_mount_target(MountTargetId=mounted["MountTargetId"])
        assert states() == ["available", "deleting", "deleting"]
        assert refusal(efs.delete_file_system, FileSystemId=system) == "FileSystemInUse"
        assert refusal(ec2.delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"
        until(lambda: refusal(efs.delete_file_system, FileSystemId=system) is None)
        assert states() == ["deleting"]
        assert refusal(efs.create_file_system, CreationToken="shared") == "FileSystemAlreadyExists"
        until(lambda: efs.describe_file_systems()["FileSystems"] == [])
        ec2.delete_subnet(SubnetId=subnets[0])


def test_an_interface_endpoint_is_made_and_goes_slowly_and_a_gateway_endpoint_at_once(aws, ec2, subnets):
    vpc = ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]

    def make(kind, name, **more):
        service = f"com.amazonaws.us-east-1.{name}"
        return ec2.create_vpc_endpoint(VpcId=vpc, VpcEndpointType=kind, ServiceName=service, **more)["VpcEndpoint"]

    def states():
        return {each["VpcEndpointType"]: each["State"] for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]}

    with aws.behaviours(endpoint_seconds=60), aws.clock(60):
        gateway, interface = make("Gateway", "s3"), make("Interface", "sqs", SubnetIds=subnets)
        assert (gateway["State"], interface["State"]) == ("available", "pending")
        until(lambda: states() == {"Gateway": "available", "Interface": "available"})
        ec2.delete_vpc_endpoints(VpcEndpointIds=[interface["VpcEndpointId"], gateway["VpcEndpointId"]])
        assert states() == {"Interface": "deleting"}
        assert refusal(ec2.delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"
        until(lambda: states() == {})
        ec2.delete_subnet(SubnetId=subnets[0])
