"""EC2: the network."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2 import network
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.network.kinds import KINDS as NETWORK_KINDS
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.network_acl import NetworkAcl
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.route_table import RouteTable
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.security_group import (
    SecurityGroup,
    SecurityGroupRules,
)
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.vpc_endpoint import VpcEndpoint

from .facts import CloudFormation, Never, Tagging, drift, kind, mapping, pairs


def _tags(aws, name, id_):
    filters = [{"Name": "resource-id", "Values": [id_]}]
    return mapping(aws.client("ec2").describe_tags(Filters=filters)["Tags"])


TAGS = Tagging(
    _tags,
    lambda aws, name, id_, tags: aws.client("ec2").create_tags(Resources=[id_], Tags=pairs(tags)),
    lambda aws, name, id_, keys: aws.client("ec2").delete_tags(Resources=[id_], Tags=[{"Key": key} for key in keys]),
)


def _changed_by_network(clients, wanted):
    return network._operations(clients, NETWORK_KINDS[wanted.type])


_CIDR = {"name": None, "cidr": "CidrBlock"}
_DNS = {"dns_support": "EnableDnsSupport", "dns_hostnames": "EnableDnsHostnames"}

for _type, _made_by, _read_by, _cloudformation in (
    ("vpc", "CreateVpc", "DescribeVpcs", CloudFormation("AWS::EC2::VPC", {**_CIDR, **_DNS})),
    ("subnet", "CreateSubnet", "DescribeSubnets", CloudFormation("AWS::EC2::Subnet", _CIDR)),
    ("internet_gateway", "CreateInternetGateway", "DescribeInternetGateways", None),
    (
        "elastic_ip",
        "AllocateAddress",
        "DescribeAddresses",
        CloudFormation("AWS::EC2::EIP", {"name": None}, {"Domain": "vpc"}),
    ),
    ("nat_gateway", "CreateNatGateway", "DescribeNatGateways", CloudFormation("AWS::EC2::NatGateway", {"name": None})),
):
    kind(
        _type,
        made_by=f"ec2 {_made_by}",
        read_by=f"ec2 {_read_by}",
        tags=TAGS,
        cloudformation=_cloudformation,
        changed_by=_changed_by_network,
    )
kind(
    "route_table",
    made_by="ec2 CreateRouteTable",
    read_by="ec2 DescribeRouteTables",
    tags=TAGS,
    changed_by=RouteTable(),
)
kind(
    "vpc_endpoint",
    made_by="ec2 CreateVpcEndpoint",
    read_by="ec2 DescribeVpcEndpoints",
    tags=TAGS,
    cloudformation=CloudFormation(
        "AWS::EC2::VPCEndpoint", {"name": None, "service": "ServiceName", "route_tables": "RouteTableIds"}
    ),
    changed_by=VpcEndpoint(),
)
kind(
    "security_group",
    made_by="ec2 CreateSecurityGroup",
    read_by="ec2 DescribeSecurityGroups",
    tags=TAGS,
    cloudformation=CloudFormation("AWS::EC2::SecurityGroup", {"name": "GroupName", "description": "GroupDescription"}),
    changed_by=SecurityGroup(),
    found_by={"description", "vpc_id"},
)
kind(
    "security_group_rules",
    made_by="ec2 AuthorizeSecurityGroupIngress",
    read_by="ec2 DescribeSecurityGroups",
    tags=Never("they are the rules of a group, which is tagged, and compared by what they let through"),
    changed_by=SecurityGroupRules({}),
    found_by={"group_id"},
)
kind(
    "network_acl",
    made_by=Never("AWS makes it with its VPC; the calls that change it are among those that mend drifts"),
    read_by="ec2 DescribeNetworkAcls",
    tags=Never("AWS has made it with the VPC, by which it is known"),
    changed_by=NetworkAcl(),
    found_by={"vpc_id"},
)


ANYWHERE = "0.0.0.0/0"


def tagged(aws, call, key, name):
    """The one EC2 resource with this Name."""
    filters = [{"Name": "tag:Name", "Values": [name]}]
    (found,) = getattr(aws.client("ec2"), call)(Filters=filters)[key]
    return found


def vpc_id(aws):
    return tagged(aws, "describe_vpcs", "Vpcs", "local")["VpcId"]


def group_id(aws, name):
    return tagged(aws, "describe_security_groups", "SecurityGroups", name)["GroupId"]


def subnet_id(aws, name):
    return tagged(aws, "describe_subnets", "Subnets", name)["SubnetId"]


def route_table(aws, name):
    return tagged(aws, "describe_route_tables", "RouteTables", name)


def tcp(port, cidr):
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}]


@drift("change vpc local", "dns_hostnames false -> true", seen_by="ec2 DescribeVpcAttribute")
def dns_names_of_the_vpc_switched_off(aws):
    aws.client("ec2").modify_vpc_attribute(VpcId=vpc_id(aws), EnableDnsHostnames={"Value": False})


@drift("change vpc local", "tags team operations -> data")
def a_tag_of_the_vpc_overwritten(aws):
    aws.client("ec2").create_tags(Resources=[vpc_id(aws)], Tags=[{"Key": "team", "Value": "operations"}])


@drift("change subnet local-public-a", "map_public_ip_on_launch true -> false")
def public_addresses_in_a_subnet(aws):
    subnet = subnet_id(aws, "local-public-a")
    aws.client("ec2").modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})


@drift("change subnet local-private-a", "tags team operations -> data")
def a_tag_of_a_subnet_overwritten(aws):
    subnet = subnet_id(aws, "local-private-a")
    aws.client("ec2").create_tags(Resources=[subnet], Tags=[{"Key": "team", "Value": "operations"}])


@drift("change internet_gateway local", "tags team (none) -> data")
def a_tag_of_the_internet_gateway_removed(aws):
    gateway = tagged(aws, "describe_internet_gateways", "InternetGateways", "local")["InternetGatewayId"]
    aws.client("ec2").delete_tags(Resources=[gateway], Tags=[{"Key": "team"}])


@drift("change elastic_ip local-nat-a", "tags owner me -> (none)")
def a_tag_added_to_the_address(aws):
    address = tagged(aws, "describe_addresses", "Addresses", "local-nat-a")["AllocationId"]
    aws.client("ec2").create_tags(Resources=[address], Tags=[{"Key": "owner", "Value": "me"}])


@drift("change security_group local-tasks", "tags team (none) -> data")
def a_tag_taken_off_a_security_group(aws):
    aws.client("ec2").delete_tags(Resources=[group_id(aws, "local-tasks")], Tags=[{"Key": "team"}])


@drift("change security_group_rules local-api-server", f"ingress tcp 22 {ANYWHERE}")
def a_rule_added_to_a_security_group(aws):
    group = group_id(aws, "local-api-server")
    aws.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=tcp(22, ANYWHERE))


@drift("change security_group_rules local-load-balancer", "ingress tcp 80 10.0.0.0/16")
def a_rule_removed_from_a_security_group(aws):
    group = group_id(aws, "local-load-balancer")
    aws.client("ec2").revoke_security_group_ingress(GroupId=group, IpPermissions=tcp(80, "10.0.0.0/16"))


@drift("change security_group_rules local-tasks", f"egress all {ANYWHERE}")
def the_way_out_of_a_security_group_closed(aws):
    out = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}]
    aws.client("ec2").revoke_security_group_egress(GroupId=group_id(aws, "local-tasks"), IpPermissions=out)


@drift("change security_group_rules local-shared-volume", "ingress tcp 2049-2050")
def a_port_range_widened(aws):
    groups = [{"GroupId": group_id(aws, "local-tasks")}]
    rule = [{"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2050, "UserIdGroupPairs": groups}]
    group = group_id(aws, "local-shared-volume")
    aws.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=rule)


@drift("change security_group_rules local-default", "ingress tcp 22 10.0.0.0/16")
def a_rule_added_to_the_group_of_the_vpc(aws):
    groups = {"vpc-id": [vpc_id(aws)], "group-name": ["default"]}
    filters = [{"Name": name, "Values": values} for name, values in groups.items()]
    (group,) = aws.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    aws.client("ec2").authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=tcp(22, "10.0.0.0/16"))


@drift("change route_table local-private", f"routes {ANYWHERE} (none) -> nat-")
def the_route_out_removed(aws):
    table = route_table(aws, "local-private")["RouteTableId"]
    aws.client("ec2").delete_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE)


@drift("change route_table local-private", f"routes {ANYWHERE} igw-")
def the_private_subnets_routed_to_the_internet(aws):
    table = route_table(aws, "local-private")["RouteTableId"]
    gateway = tagged(aws, "describe_internet_gateways", "InternetGateways", "local")["InternetGatewayId"]
    aws.client("ec2").replace_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)


@drift("change route_table local-public", "routes 192.0.2.0/24 igw-")
def a_route_added(aws):
    table = route_table(aws, "local-public")["RouteTableId"]
    gateway = tagged(aws, "describe_internet_gateways", "InternetGateways", "local")["InternetGatewayId"]
    aws.client("ec2").create_route(RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", GatewayId=gateway)


@drift("change route_table local-public", "subnets [subnet-")
def a_subnet_taken_from_its_route_table(aws):
    table = route_table(aws, "local-public")
    association = next(each for each in table["Associations"] if each.get("SubnetId"))
    aws.client("ec2").disassociate_route_table(AssociationId=association["RouteTableAssociationId"])


@drift("change vpc_endpoint local-s3", "route_tables (none) -> [rtb-")
def the_route_table_taken_from_the_endpoint(aws):
    endpoint = tagged(aws, "describe_vpc_endpoints", "VpcEndpoints", "local-s3")
    aws.client("ec2").modify_vpc_endpoint(
        VpcEndpointId=endpoint["VpcEndpointId"], RemoveRouteTableIds=endpoint["RouteTableIds"]
    )


@drift("create vpc_endpoint local-s3")
def the_endpoint_deleted(aws):
    endpoint = tagged(aws, "describe_vpc_endpoints", "VpcEndpoints", "local-s3")["VpcEndpointId"]
    aws.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[endpoint])


@drift("create nat_gateway local-nat-a", follows=("change route_table local-private",))
def the_nat_gateway_deleted(aws):
    ec2 = aws.client("ec2")
    filters = [{"Name": "tag:Name", "Values": ["local-nat-a"]}, {"Name": "state", "Values": ["available"]}]
    (gateway,) = ec2.describe_nat_gateways(Filters=filters)["NatGateways"]
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])


def default_acl(aws):
    filters = [{"Name": "vpc-id", "Values": [vpc_id(aws)]}, {"Name": "default", "Values": ["true"]}]
    (found,) = aws.client("ec2").describe_network_acls(Filters=filters)["NetworkAcls"]
    return found


@drift("change network_acl local-default", f"entries ingress 1 deny all {ANYWHERE} -> (none)")
def everything_denied_by_the_network_acl(aws):
    aws.client("ec2").create_network_acl_entry(
        NetworkAclId=default_acl(aws)["NetworkAclId"],
        RuleNumber=1,
        Egress=False,
        Protocol="-1",
        RuleAction="deny",
        CidrBlock=ANYWHERE,
    )


@drift("change network_acl local-default", "subnets [subnet-")
def a_subnet_given_to_another_network_acl(aws):
    ec2 = aws.client("ec2")
    acl = ec2.create_network_acl(VpcId=vpc_id(aws))["NetworkAcl"]["NetworkAclId"]
    subnet = subnet_id(aws, "local-private-a")
    (association,) = [each for each in default_acl(aws)["Associations"] if each["SubnetId"] == subnet]
    ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)
