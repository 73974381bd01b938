"""EC2: what is in use cannot be deleted, and a NAT gateway has its address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import alb, ec2, ecs, efs, rds

from . import states


def apply() -> None:
    actions = ec2._ACTION_MAP
    for action, parameter, code, users in (
        ("DeleteSecurityGroup", "GroupId", "DependencyViolation", users_of_security_group),
        ("DeleteSubnet", "SubnetId", "DependencyViolation", users_of_subnet),
        ("DeleteInternetGateway", "InternetGatewayId", "DependencyViolation", users_of_internet_gateway),
        ("DetachInternetGateway", "VpcId", "DependencyViolation", public_addresses_in_vpc),
        ("ReleaseAddress", "AllocationId", "AuthFailure", users_of_address),
    ):
        actions[action] = refuse_while_used(actions[action], parameter, code, users)
    for action in ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"):
        actions[action] = refuse_duplicate_rules(actions[action], action.removeprefix("AuthorizeSecurityGroup"))
    ec2._rules_match = are_same
    for direction in ("Ingress", "Egress"):
        actions[f"UpdateSecurityGroupRuleDescriptions{direction}"] = set_rule_descriptions(direction)
    actions["CreateVpcEndpoint"] = keep_security_groups(actions["CreateVpcEndpoint"])
    for action in ("CreateNatGateway", "DescribeNatGateways"):
        actions[action] = tell_address(actions[action])
    for action in ("CreateNatGateway", "CreateRouteTable", "CreateVpcEndpoint"):
        actions[action] = answer_token_again(actions[action])
    for action in ("CreateVpc", "CreateDefaultVpc"):
        actions[action] = admit_own_members(actions[action])
    ec2._init_defaults = lead_out(admit_own_members(ec2._init_defaults))
    ec2._clear_state()  # since it has made its defaults already
    ec2._init_defaults()


def admit_own_members(create):
    """Fault: the group that comes with a VPC admits nobody; on AWS it admits its own members."""

    def handler(*parameters: dict[str, Any]):
        before = set(ec2._security_groups)
        answer = create(*parameters)
        for name, group in ec2._security_groups.items():
            if name not in before and group["GroupName"] == "default":
                ends = {"UserIdGroupPairs": [{"GroupId": name}], "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []}
                group["IpPermissions"] = [{"IpProtocol": "-1", **ends}]
        return answer

    return handler


def lead_out(make_defaults):
    """Fault: the VPC that an account has from the start has no route to its internet gateway."""

    def handler() -> None:
        make_defaults()
        routes = ec2._route_tables[ec2._vpcs[ec2._DEFAULT_VPC_ID]["MainRouteTableId"]]["Routes"]
        if len(routes) == 1:
            way_out = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": ec2._DEFAULT_IGW_ID}
            routes.append({**way_out, "State": "active", "Origin": "CreateRoute"})

    return handler


def answer_token_again(create):
    """Fault: the same ClientToken makes a second one; on AWS it gets the first answer."""
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {}

    def handler(parameters: dict[str, Any]):
        token = ec2._p(parameters, "ClientToken")
        answer = answers.get(token) or create(parameters)
        if token and answer[0] == 200:
            answers[token] = answer
        return answer

    return handler


def set_rule_descriptions(direction: str):
    """Fault: the description of a rule cannot be changed."""
    key = "IpPermissions" if direction == "Ingress" else "IpPermissionsEgress"

    def handler(parameters: dict[str, Any]):
        group = ec2._security_groups.get(ec2._p(parameters, "GroupId"))
        if not group:
            return ec2._error("InvalidGroup.NotFound", "the security group does not exist", 400)
        for wanted in ec2._parse_ip_permissions(parameters, "IpPermissions"):
            same = [are_same(found, wanted) for found in group[key]]
            group[key] = [wanted if is_same else found for found, is_same in zip(group[key], same, strict=True)]
        return ec2._xml(200, f"UpdateSecurityGroupRuleDescriptions{direction}Response", "<return>true</return>")

    return handler


def are_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Fault: a rule about a group is not the one that is described, where its description or account is said."""
    return _without_descriptions(one) == _without_descriptions(other)


def _without_descriptions(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule's identity. The account of a group is ours where none is said."""
    ours = ("UserId", get_account_id())
    plain = {name: value for name, value in rule.items() if name not in ("SecurityGroupRuleId", "Description")}
    for kind in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"):
        plain[kind] = [
            {name: value for name, value in end.items() if name != "Description" and (name, value) != ours}
            for end in rule[kind]
        ]
    return plain


def refuse_while_used(delete, parameter: str, code: str, users: Callable[[str], Iterable[str]]):
    """Fault: what others need is deleted all the same; on AWS a teardown in the wrong order fails here."""

    def handler(parameters: dict[str, Any]):
        identifier = ec2._p(parameters, parameter)
        user = next(iter(users(identifier)), None)
        if user:
            return ec2._error(code, f"resource {identifier} has a dependent object: {user}", 400)
        return delete(parameters)

    return handler


def refuse_duplicate_rules(authorize, direction: str):
    """Fault: a rule that is there already is authorized again; on AWS that is an error."""

    def handler(parameters: dict[str, Any]):
        group = ec2._security_groups.get(ec2._p(parameters, "GroupId"))
        present = group["IpPermissions" if direction == "Ingress" else "IpPermissionsEgress"] if group else ()
        for rule in ec2._parse_ip_permissions(parameters, "IpPermissions"):
            if any(are_same(rule, other) for other in present):
                return ec2._error("InvalidPermission.Duplicate", "the specified rule already exists", 400)
        return authorize(parameters)

    return handler


def tell_address(describe):
    """Fault: a NAT gateway has no address."""

    def add(found: re.Match[str]) -> str:
        gateway = ec2._nat_gateways[found[2]]
        allocation = gateway.get("AllocationId")
        address = ec2._addresses.get(allocation, {}).get("PublicIp", "")
        return (
            f"{found[1]}<natGatewayAddressSet><item><allocationId>{allocation}</allocationId>"
            f"<publicIp>{address}</publicIp><isPrimary>true</isPrimary><status>succeeded</status>"
            "</item></natGatewayAddressSet>"
        )

    def handler(parameters: dict[str, Any]):
        status, headers, body = describe(parameters)
        empty = r"(<natGatewayId>(nat-\w+)</natGatewayId>(?:(?!<natGatewayId>).)*?)<natGatewayAddressSet/>"
        return status, headers, re.sub(empty, add, body.decode(), flags=re.DOTALL).encode()

    return handler


def keep_security_groups(create):
    """Fault: the security groups of an interface endpoint are forgotten."""

    def handler(parameters: dict[str, Any]):
        status, headers, body = create(parameters)
        endpoint = re.search(r"<vpcEndpointId>(vpce-\w+)</vpcEndpointId>", body.decode())
        ec2._vpc_endpoints[endpoint[1]]["Groups"] = ec2._parse_member_list(parameters, "SecurityGroupId")
        return status, headers, body

    return handler


def users_of_security_group(group: str) -> Iterator[str]:
    for identifier, other in ec2._security_groups.items():
        rules = [*other["IpPermissions"], *other["IpPermissionsEgress"]]
        if identifier != group and any(
            pair.get("GroupId") == group for rule in rules for pair in rule["UserIdGroupPairs"]
        ):
            yield identifier
    yield from (arn for arn, balancer in _balancers() if group in balancer["SecurityGroups"])
    yield from (name for name, target in efs._mount_targets.items() if group in target["SecurityGroups"])
    for name, database in rds._instances.items():
        if any(item["VpcSecurityGroupId"] == group for item in database["VpcSecurityGroups"]):
            yield name
    yield from (service["serviceArn"] for service, network in _running_services() if group in network["securityGroups"])
    yield from (name for name, endpoint in ec2._vpc_endpoints.items() if group in endpoint.get("Groups", []))


def users_of_subnet(subnet: str) -> Iterator[str]:
    yield from (name for name, gateway in _living_nat_gateways() if gateway["SubnetId"] == subnet)
    yield from (arn for arn, balancer in _balancers() if subnet in balancer["Subnets"])
    yield from (name for name, target in efs._mount_targets.items() if target["SubnetId"] == subnet)
    yield from (service["serviceArn"] for service, network in _running_services() if subnet in network["subnets"])
    yield from (name for name, endpoint in ec2._vpc_endpoints.items() if subnet in endpoint["SubnetIds"])
    for name, group in rds._subnet_groups.items():
        in_use = any(database["DBSubnetGroup"]["DBSubnetGroupName"] == name for database in rds._instances.values())
        if in_use and any(item["SubnetIdentifier"] == subnet for item in group["Subnets"]):
            yield name


def users_of_internet_gateway(gateway: str) -> Iterator[str]:
    attachments = ec2._internet_gateways.get(gateway, {}).get("Attachments", [])
    yield from (attachment["VpcId"] for attachment in attachments)


def public_addresses_in_vpc(vpc: str) -> Iterator[str]:
    yield from (name for name, gateway in _living_nat_gateways() if gateway["VpcId"] == vpc)
    public = [(arn, balancer) for arn, balancer in states.traces() if balancer["Scheme"] == "internet-facing"]
    yield from (arn for arn, balancer in public if balancer["VpcId"] == vpc)


def users_of_address(allocation: str) -> Iterator[str]:
    yield from (name for name, gateway in _living_nat_gateways() if gateway.get("AllocationId") == allocation)


def _living_nat_gateways() -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, gateway) for name, gateway in ec2._nat_gateways.items() if gateway["State"] != "deleted")


def _balancers() -> Iterator[tuple[str, dict[str, Any]]]:
    """The load balancers, and those that are gone but for their network interfaces."""
    yield from alb._lbs.items()
    yield from states.traces()


def _running_services() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Services whose tasks hold network interfaces, with their network."""
    for service in ecs._services.values():
        network = service.get("networkConfiguration", {}).get("awsvpcConfiguration")
        if network and service.get("runningCount"):
            yield service, network
