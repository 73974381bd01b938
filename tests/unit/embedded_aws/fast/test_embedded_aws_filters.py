"""Every filter that the modules ask with, driven by boto3: what it leaves out is left out."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

TAGGED = "tag:farflow:environment"


@pytest.fixture
def network(aws):
    """One of each that is asked for."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.3.0.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway")
    ec2.create_network_interface(SubnetId=subnet)
    return ec2


@pytest.mark.parametrize(
    ("kind", "filters"),
    [
        ("vpcs", ["vpc-id", "tag:Name", TAGGED]),
        ("subnets", ["subnet-id", "vpc-id", "cidr-block", TAGGED]),
        ("internet_gateways", ["internet-gateway-id", "attachment.vpc-id", "tag:Name", TAGGED]),
        ("addresses", ["allocation-id", "tag:Name", TAGGED]),
        ("nat_gateways", ["nat-gateway-id", "vpc-id", "tag:Name", TAGGED]),
        ("route_tables", ["vpc-id", "route-table-id", TAGGED]),
        ("security_groups", ["group-id", "group-name", "vpc-id", TAGGED]),
        ("network_acls", ["vpc-id", "association.subnet-id"]),
        ("vpc_endpoints", ["vpc-id"]),
        (
            "network_interfaces",
            [
                "vpc-id",
                "subnet-id",
                "group-id",
                "description",
                "association.public-ip",
                "association.allocation-id",
            ],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_filter_does_not_fit_is_not_described(network, subtests, kind, filters):
    describe = getattr(network, f"describe_{kind}")

    def found(**asked):
        [some] = [value for key, value in describe(**asked).items() if key not in ("ResponseMetadata", "NextToken")]
        return some

    assert found()
    for name in filters:
        with subtests.test(name):
            assert found(Filters=[{"Name": name, "Values": ["none"]}]) == []


def test_a_filter_that_is_not_known_is_refused(network):
    with pytest.raises(ClientError) as error:
        network.describe_subnets(Filters=[{"Name": "subnet", "Values": ["a"]}])
    assert error.value.response["Error"]["Code"] == "InvalidParameterValue"


def test_what_filters_and_identifiers_both_fit_is_described(network):
    [gateway] = network.describe_nat_gateways()["NatGateways"]
    id_, asked = gateway["NatGatewayId"], {"Name": "vpc-id", "Values": [gateway["VpcId"]]}
    by_id = {"Name": "nat-gateway-id", "Values": [id_, "none"]}
    assert [each["NatGatewayId"] for each in network.describe_nat_gateways(Filters=[by_id, asked])["NatGateways"]] == [
        id_
    ]
    assert network.describe_nat_gateways(NatGatewayIds=["nat-0"], Filters=[by_id])["NatGateways"] == []


def _named(name):
    return {"Filters": [{"Key": "name", "Values": [name]}]}


@pytest.mark.parametrize(
    ("service", "operation", "make", "fitting", "other"),
    [
        (
            "logs",
            "describe_log_groups",
            ("create_log_group", {"logGroupName": "/a"}),
            {"logGroupNamePrefix": "/a"},
            {"logGroupNamePrefix": "/b"},
        ),
        (
            "sqs",
            "list_queues",
            ("create_queue", {"QueueName": "a-1"}),
            {"QueueNamePrefix": "a-"},
            {"QueueNamePrefix": "b-"},
        ),
        ("s3", "list_buckets", ("create_bucket", {"Bucket": "a-1"}), {"Prefix": "a-"}, {"Prefix": "b-"}),
        (
            "secretsmanager",
            "list_secrets",
            ("create_secret", {"Name": "a/1", "SecretString": "x"}),
            _named("a/"),
            _named("b/"),
        ),
        (
            "iam",
            "list_roles",
            ("create_role", {"RoleName": "a", "Path": "/a/", "AssumeRolePolicyDocument": "{}"}),
            {"PathPrefix": "/a/"},
            {"PathPrefix": "/b/"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_begin_so_is_not_listed(aws, service, operation, make, fitting, other):
    client = aws.client(service)
    getattr(client, make[0])(**make[1])

    def found(asked):
        answer = getattr(client, operation)(**asked)
        return [one for value in answer.values() if isinstance(value, list) for one in value]

    assert len(found(fitting)) == 1
    assert found(other) == []


def test_services_of_another_namespace_are_not_listed(aws, network):
    [vpc] = [each["VpcId"] for each in network.describe_vpcs()["Vpcs"] if each["CidrBlock"] == "10.3.0.0/16"]
    client = aws.client("servicediscovery")
    client.create_private_dns_namespace(Name="a.internal", Vpc=vpc)
    client.create_http_namespace(Name="b")
    kinds = {"Filters": [{"Name": "TYPE", "Values": ["DNS_PRIVATE"], "Condition": "EQ"}]}
    [namespace] = client.list_namespaces(**kinds)["Namespaces"]
    client.create_service(Name="s", NamespaceId=namespace["Id"], DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 5}]})
    for id_, count in ((namespace["Id"], 1), ("ns-other", 0)):
        asked = [{"Name": "NAMESPACE_ID", "Values": [id_], "Condition": "EQ"}]
        assert len(client.list_services(Filters=asked)["Services"]) == count
