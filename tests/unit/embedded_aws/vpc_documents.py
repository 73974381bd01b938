"""An environment's network as EC2 describes it, changed in this and that, and by chance."""

from __future__ import annotations

import copy
import ipaddress

from hypothesis import strategies as st

from tests.embedded_aws.network.rules import ANYWHERE, AWS_PORTS, MOST, End, Network

REGION = "eu-west-1"
API_SERVER = End("the api-server", "subnet-private", ("sg-api",))
BALANCER = End("the load balancer", "subnet-public", ("sg-lb",), is_public=True, ports=AWS_PORTS)
DATABASE = End("the database", "subnet-private-b", ("sg-db",))
TASK = End("the task", "subnet-private", ("sg-task",))
PUBLIC_TASK = End("the public task", "subnet-public", ("sg-task",), is_public=True)
PERSON = End("a person", address="203.0.113.7/32")


def rule(protocol="-1", first=None, last=None, *, groups=(), cidrs=(), lists=()):
    ports = {} if first is None else {"FromPort": first, "ToPort": last if last is not None else first}
    return {
        "IpProtocol": protocol,
        **ports,
        "IpRanges": [{"CidrIp": each} for each in cidrs],
        "UserIdGroupPairs": [{"GroupId": each} for each in groups],
        "PrefixListIds": [{"PrefixListId": each} for each in lists],
    }


def group(name, into=(), out=()):
    return {"GroupId": name, "GroupName": name, "IpPermissions": list(into), "IpPermissionsEgress": list(out)}


def entry(number, action, egress, protocol="-1", cidr=ANYWHERE, ports=None):
    ranged = {"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {}
    said = {"RuleNumber": number, "RuleAction": action, "Egress": egress}
    return {**said, "Protocol": protocol, "CidrBlock": cidr, **ranged}


def acl(name, subnets, *entries):
    denials = [entry(32767, "deny", egress) for egress in (True, False)]
    return {
        "NetworkAclId": name,
        "VpcId": "vpc-1",
        "IsDefault": name == "acl-1",
        "Associations": [{"SubnetId": each} for each in subnets],
        "Entries": [*entries, *denials],
    }


def table(name, routes, *associations):
    local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}
    return {"RouteTableId": name, "VpcId": "vpc-1", "Routes": [local, *routes], "Associations": list(associations)}


def to(destination, **target):
    return {"DestinationCidrBlock": destination, **target}


#: As an environment has it: a load balancer before an api-server with a database, and a way out by a NAT gateway.
ENVIRONMENT = {
    "subnets": {
        "subnet-public": {"VpcId": "vpc-1", "CidrBlock": "10.0.128.0/20"},
        "subnet-private": {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/20"},
        "subnet-private-b": {"VpcId": "vpc-1", "CidrBlock": "10.0.16.0/20"},
        "subnet-elsewhere": {"VpcId": "vpc-2", "CidrBlock": "10.0.0.0/20"},
    },
    "security_groups": {
        "sg-lb": group("sg-lb", [rule("tcp", 443, cidrs=["203.0.113.0/24"])], [rule("tcp", 8080, groups=["sg-api"])]),
        "sg-api": group("sg-api", [rule("tcp", 8080, groups=["sg-lb"])], [rule(cidrs=[ANYWHERE])]),
        "sg-db": group("sg-db", [rule("tcp", 5432, groups=["sg-api"])]),
        "sg-task": group("sg-task", [], [rule(cidrs=[ANYWHERE])]),
    },
    "route_tables": {
        "rtb-public": table("rtb-public", [to(ANYWHERE, GatewayId="igw-1")], {"SubnetId": "subnet-public"}),
        "rtb-private": table("rtb-private", [to(ANYWHERE, NatGatewayId="nat-1")], {"SubnetId": "subnet-private"}),
        "rtb-main": table("rtb-main", [], {"Main": True}),
    },
    "network_acls": {
        "acl-1": acl(
            "acl-1",
            ["subnet-public", "subnet-private", "subnet-private-b"],
            *(entry(100, "allow", egress) for egress in (True, False)),
        )
    },
    "nat_gateways": {"nat-1": {"SubnetId": "subnet-public", "State": "available", "ConnectivityType": "public"}},
    "internet_gateways": {"igw-1": {"Attachments": [{"VpcId": "vpc-1", "State": "available"}]}},
    "prefix_lists": {
        "pl-s3": {"PrefixListName": f"com.amazonaws.{REGION}.s3", "Cidrs": ["52.218.0.0/17", "3.5.64.0/21"]}
    },
}


def environment(**changes):
    """The environment with these documents in place of others; None takes one away."""
    documents = copy.deepcopy(ENVIRONMENT)
    documents.setdefault("vpc_endpoints", {})
    for kind, changed in changes.items():
        documents[kind] = {name: each for name, each in {**documents[kind], **changed}.items() if each is not None}
    return Network(**documents)


def groups(name, *arguments):
    return {"security_groups": {name: group(name, *arguments)}}


def routes(name, *given, subnet):
    return {"route_tables": {name: table(name, given, {"SubnetId": subnet})}}


def acls(*entries, subnets=("subnet-private-b",)):
    """These subnets have an ACL of their own with these entries; the others keep theirs."""
    others = [each for each in ENVIRONMENT["subnets"] if each not in subnets]
    everything = [entry(100, "allow", egress) for egress in (True, False)]
    return {"network_acls": {"acl-1": acl("acl-1", others, *everything), "acl-2": acl("acl-2", subnets, *entries)}}


ALL_IN, ALL_OUT = entry(100, "allow", False), entry(100, "allow", True)
NAT = ENVIRONMENT["nat_gateways"]["nat-1"]


ADDRESSES = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
PORT = st.integers(1, MOST)
#: Few values, so that rules meet each other.
FEW_PORTS = st.sampled_from([1, 80, 443, 5432, 8080, 8081, 32768, 61000, MOST])
CIDRS = st.sampled_from([ANYWHERE, "10.0.0.0/16", "10.0.0.0/20", "10.0.16.0/20", "10.0.16.0/24", "192.0.2.0/24"])


@st.composite
def ranges(draw):
    return tuple(sorted((draw(FEW_PORTS), draw(FEW_PORTS))))


@st.composite
def rules(draw):
    protocol = draw(st.sampled_from(["-1", "tcp", "udp", "6"]))
    first, last = draw(ranges()) if protocol != "-1" else (None, None)
    groups = draw(st.lists(st.sampled_from(["sg-api", "sg-db", "sg-task"]), max_size=2))
    return rule(protocol, first, last, groups=groups, cidrs=draw(st.lists(CIDRS, max_size=2)))


@st.composite
def acl_entries(draw):
    numbers = draw(st.lists(st.integers(1, 300), max_size=5, unique=True))
    return [
        entry(
            number,
            draw(st.sampled_from(["allow", "deny"])),
            draw(st.booleans()),
            draw(st.sampled_from(["-1", "6", "17"])),
            draw(CIDRS),
            draw(st.none() | ranges()),
        )
        for number in numbers
    ]


@st.composite
def networks(draw):
    """Networks in which a call from the api-server to the database hangs on chance."""
    changes = groups("sg-db", draw(st.lists(rules(), max_size=3)))
    changes["security_groups"]["sg-api"] = group("sg-api", [], draw(st.lists(rules(), min_size=1, max_size=3)))
    if draw(st.booleans()):
        changes |= acls(*draw(acl_entries()), ALL_IN, ALL_OUT)
    return environment(**changes)
