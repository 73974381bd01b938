# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What EC2 tells of a VPC and of what is in it, and what of it is compared."""

from __future__ import annotations

from ...engine.reads import Compared, NotCompared, Nothing, OfOthers, Reads, Told

_YOURS = NotCompared(
    "peerings, transit gateways, VPNs, and what else you have put into the VPC yourself",
    "the VPC's security groups and routes are compared, so that nothing of it is let in",
)
_FLOW_LOGS = NotCompared("flow logs", "they tell who speaks to whom, not what is said")
_ENCRYPTION = NotCompared("encryption controls of the VPC", "they are the organization's")
_DHCP = NotCompared("DHCP options", "they are the organization's")
_SHARED_GROUPS = NotCompared(
    "other VPCs in which groups can be used", "a way from there is a route, and these are compared"
)
_PROPAGATED = NotCompared(
    "routes that a virtual private gateway or a route server propagates",
    "they are the way to a network of yours; security groups decide who gets in by it",
)
_OTHER_ACLS = NotCompared("other network ACLs than the VPC's own", "subnets of ours are taken from them")
_RESERVED = NotCompared("reserved addresses", "tasks that run keep theirs; one that gets none says so")
_TRANSFERS = NotCompared("a transfer to another account", "AWS transfers none that is in use")
_REVERSE_DNS = NotCompared("its name in reverse DNS", "nothing of ours reads it")

_RETIRED = Nothing("EC2-Classic, which AWS has switched off")
_OUTPOSTS = Nothing("Outposts, where nothing of ours is")
_NO_GATEWAY_ENDPOINT = Nothing("endpoints of other types than a gateway")


def _tags(operation: str) -> Told:
    return Told(f"ec2 {operation}")


READS = [
    Reads(
        kind="vpc",
        title="Network",
        service="ec2",
        ids=("VpcId", "VpcIds", "GetIpamResourceCidrs.ResourceId"),
        filters=("vpc-id", "resource-id"),
        operations={
            "DescribeCarrierGateways": _YOURS,
            "DescribeClassicLinkInstances": _RETIRED,
            "DescribeClientVpnTargetNetworks": _YOURS,
            "DescribeFlowLogs": _FLOW_LOGS,
            "DescribeInstanceConnectEndpoints": _YOURS,
            "DescribeInstances": _YOURS,
            "DescribeInternetGateways": OfOthers("internet_gateway"),
            "DescribeLocalGatewayRouteTableVpcAssociations": _OUTPOSTS,
            "DescribeNatGateways": OfOthers("nat_gateway"),
            "DescribeNetworkAcls": OfOthers("network_acl"),
            "DescribeNetworkInterfaces": _YOURS,
            "DescribeRouteTables": OfOthers("route_table"),
            "DescribeSecurityGroupVpcAssociations": _SHARED_GROUPS,
            "DescribeSecurityGroups": OfOthers("security_group"),
            "DescribeStaleSecurityGroups": OfOthers("security_group_rules"),
            "DescribeSubnets": OfOthers("subnet"),
            "DescribeTags": _tags("DescribeVpcs"),
            "DescribeTransitGatewayAttachments": _YOURS,
            "DescribeTransitGatewayVpcAttachments": _YOURS,
            "DescribeVpcAttribute": Compared(),
            "DescribeVpcClassicLink": _RETIRED,
            "DescribeVpcClassicLinkDnsSupport": _RETIRED,
            "DescribeVpcEncryptionControls": _ENCRYPTION,
            "DescribeVpcEndpoints": OfOthers("vpc_endpoint"),
            "DescribeVpcPeeringConnections": _YOURS,
            "DescribeVpcs": Compared(),
            "DescribeVpnGateways": _YOURS,
            "GetIpamAddressHistory": Nothing("which addresses it has had"),
            "GetIpamResourceCidrs": Nothing("which addresses it has"),
            "GetSecurityGroupsForVpc": OfOthers("security_group"),
            "GetTransitGatewayMulticastDomainAssociations": _YOURS,
            "GetTransitGatewayPrefixListReferences": _YOURS,
            "GetTransitGatewayRouteTableAssociations": _YOURS,
            "GetTransitGatewayRouteTablePropagations": _YOURS,
            "GetVpcResourcesBlockingEncryptionEnforcement": _ENCRYPTION,
            "SearchTransitGatewayMulticastGroups": _YOURS,
            "SearchTransitGatewayRoutes": _YOURS,
        },
        besides=(_DHCP,),
    ),
    Reads(
        kind="subnet",
        title="Subnets",
        service="ec2",
        ids=("SubnetId", "SubnetIds", "DescribeTags.Filters"),
        filters=("subnet-id",),
        operations={
            "DescribeInstanceConnectEndpoints": _YOURS,
            "DescribeInstances": _YOURS,
            "DescribeNatGateways": OfOthers("nat_gateway"),
            "DescribeNetworkAcls": OfOthers("network_acl"),
            "DescribeNetworkInterfaces": _YOURS,
            "DescribeRouteTables": OfOthers("route_table"),
            "DescribeSpotInstanceRequests": _YOURS,
            "DescribeSubnets": Compared(),
            "DescribeTags": _tags("DescribeSubnets"),
            "GetSubnetCidrReservations": _RESERVED,
            "GetTransitGatewayMulticastDomainAssociations": _YOURS,
            "SearchTransitGatewayMulticastGroups": _YOURS,
        },
    ),
    Reads(
        kind="internet_gateway",
        title="Internet gateway",
        service="ec2",
        ids=("InternetGatewayIds", "DescribeTags.Filters"),
        filters=("internet-gateway-id",),
        operations={
            "DescribeInternetGateways": Compared(),
            "DescribeTags": _tags("DescribeInternetGateways"),
        },
    ),
    Reads(
        kind="elastic_ip",
        title="Addresses of NAT gateways",
        service="ec2",
        ids=("AllocationIds", "PublicIps", "DescribeTags.Filters"),
        filters=("allocation-id", "public-ip"),
        operations={
            "DescribeAddressTransfers": _TRANSFERS,
            "DescribeAddresses": Compared(),
            "DescribeAddressesAttribute": _REVERSE_DNS,
            "DescribeInstances": OfOthers("nat_gateway"),
            "DescribeMovingAddresses": _RETIRED,
            "DescribeNetworkInterfaces": OfOthers("nat_gateway"),
            "DescribeTags": _tags("DescribeAddresses"),
            "GetCoipPoolUsage": _OUTPOSTS,
        },
    ),
    Reads(
        kind="nat_gateway",
        title="NAT gateways",
        service="ec2",
        ids=("NatGatewayIds", "DescribeTags.Filters"),
        filters=("nat-gateway-id",),
        operations={
            "DescribeNatGateways": Compared(),
            "DescribeRouteTables": OfOthers("route_table"),
            "DescribeTags": _tags("DescribeNatGateways"),
        },
    ),
    Reads(
        kind="route_table",
        title="Route tables",
        service="ec2",
        ids=("RouteTableId", "RouteTableIds", "DescribeTags.Filters"),
        filters=("route-table-id",),
        operations={
            "DescribeRouteTables": Compared(),
            "DescribeTags": _tags("DescribeRouteTables"),
            "GetRouteServerPropagations": _PROPAGATED,
        },
    ),
    Reads(
        kind="vpc_endpoint",
        title="S3 endpoint",
        service="ec2",
        ids=("VpcEndpointIds", "DescribeTags.Filters"),
        filters=("vpc-endpoint-id",),
        operations={
            "DescribeTags": _tags("DescribeVpcEndpoints"),
            "DescribeVpcEndpointAssociations": _NO_GATEWAY_ENDPOINT,
            "DescribeVpcEndpointConnectionNotifications": _NO_GATEWAY_ENDPOINT,
            "DescribeVpcEndpointConnections": _NO_GATEWAY_ENDPOINT,
            "DescribeVpcEndpoints": Compared(),
        },
    ),
    Reads(
        kind="security_group",
        title="Security groups",
        service="ec2",
        ids=("GroupId", "DescribeSecurityGroups.GroupIds", "DescribeTags.Filters"),
        filters=("group-id",),
        operations={
            "DescribeClassicLinkInstances": _RETIRED,
            "DescribeClientVpnAuthorizationRules": Nothing("groups of a directory"),
            "DescribeInstances": _YOURS,
            "DescribeNetworkInterfaces": _YOURS,
            "DescribeSecurityGroupReferences": Nothing("rules of groups in peered VPCs, which are theirs"),
            "DescribeSecurityGroupRules": OfOthers("security_group_rules"),
            "DescribeSecurityGroupVpcAssociations": _SHARED_GROUPS,
            "DescribeSecurityGroups": Compared(),
            "DescribeSpotInstanceRequests": _YOURS,
            "DescribeTags": _tags("DescribeSecurityGroups"),
            "GetSecurityGroupsForVpc": Told("ec2 DescribeSecurityGroups"),
        },
    ),
    Reads(
        kind="security_group_rules",
        title="Rules of security groups",
        service="ec2",
        ids=("SecurityGroupRuleIds",),
        operations={
            "DescribeSecurityGroupRules": Told("ec2 DescribeSecurityGroups"),
            "DescribeSecurityGroups": Compared(),
        },
    ),
    Reads(
        kind="network_acl",
        title="Network ACL",
        service="ec2",
        ids=("NetworkAclIds",),
        filters=("network-acl-id",),
        operations={"DescribeNetworkAcls": Compared()},
        besides=(_OTHER_ACLS,),
    ),
]
