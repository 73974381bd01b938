"""What a VPC lets through: by a table of what AWS documents, and by what has to hold of any rules."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vpc_documents import (
    ADDRESSES,
    ALL_IN,
    ALL_OUT,
    API_SERVER,
    BALANCER,
    DATABASE,
    FEW_PORTS,
    NAT,
    PERSON,
    PORT,
    PUBLIC_TASK,
    REGION,
    TASK,
    acl,
    acls,
    entry,
    environment,
    group,
    groups,
    networks,
    routes,
    rule,
    rules,
    to,
)

from tests.embedded_aws.network.rules import (
    ANYWHERE,
    INTERNET,
    MOST,
    UDP,
    End,
    admits_somebody,
    open_ports,
    outside,
    refusal,
    sample,
    service_refusal,
)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        (BALANCER, API_SERVER, 8080),
        (API_SERVER, DATABASE, 5432),
        (API_SERVER, INTERNET, 443),
        (PUBLIC_TASK, INTERNET, 443),
        (PERSON, BALANCER, 443),
    ],
)
def test_an_environment_lets_its_flows_through(source, target, port):
    assert refusal(environment(), source, target, port) == ""


@pytest.mark.parametrize(
    ("changes", "source", "target", "port", "reason"),
    [
        # Security groups: both ends have to let it through, and say nothing of what comes back.
        ({}, TASK, DATABASE, 5432, "security group sg-db (sg-db) does not let in tcp 5432 from the task"),
        ({}, API_SERVER, DATABASE, 5433, "does not let in tcp 5433"),
        ({}, BALANCER, API_SERVER, 8081, "sg-lb (sg-lb) does not let out tcp 8081 to the api-server"),
        (groups("sg-api", [rule("tcp", 8080, groups=["sg-lb"])]), API_SERVER, DATABASE, 5432, "does not let out"),
        (groups("sg-db", [rule("udp", 5432, groups=["sg-api"])]), API_SERVER, DATABASE, 5432, "does not let in"),
        (groups("sg-db", [rule("6", 5000, 6000, groups=["sg-api"])]), API_SERVER, DATABASE, 5432, ""),
        (groups("sg-db", [rule("tcp", -1, -1, groups=["sg-api"])]), API_SERVER, DATABASE, 5432, ""),
        (groups("sg-db", [rule("tcp", 5432, cidrs=["10.0.0.0/20"])]), API_SERVER, DATABASE, 5432, ""),
        (groups("sg-db", [rule("tcp", 5432, cidrs=["10.0.0.7/32"])]), API_SERVER, DATABASE, 5432, "does not let in"),
        ({"security_groups": {"sg-db": None}}, API_SERVER, DATABASE, 5432, "security group (none)"),
        # Routes: the most specific one, to a gateway that is there, from an address that it takes.
        (routes("rtb-private", subnet="subnet-private"), TASK, INTERNET, 443, "has no route to the internet"),
        ({"route_tables": {"rtb-private": None}}, TASK, INTERNET, 443, "route table rtb-main of the task has no route"),
        ({"nat_gateways": {"nat-1": None}}, TASK, INTERNET, 443, "NAT gateway nat-1 of the route of the task is gone"),
        ({"nat_gateways": {"nat-1": {**NAT, "State": "pending"}}}, TASK, INTERNET, 443, "is pending"),
        ({"nat_gateways": {"nat-1": {**NAT, "ConnectivityType": "private"}}}, TASK, INTERNET, 443, "no public address"),
        (
            {"nat_gateways": {"nat-1": {**NAT, "SubnetId": "subnet-private-b"}}},
            *(TASK, INTERNET, 443, "route table rtb-main of NAT gateway nat-1 has no route to the internet"),
        ),
        ({"internet_gateways": {"igw-1": {"Attachments": []}}}, TASK, INTERNET, 443, "no internet gateway of its VPC"),
        (
            routes("rtb-private", to(ANYWHERE, GatewayId="igw-1"), subnet="subnet-private"),
            *(TASK, INTERNET, 443, "the task has no public address"),
        ),
        (
            routes(
                "rtb-private",
                to(ANYWHERE, NatGatewayId="nat-1"),
                to("203.0.113.0/24", NatGatewayId="nat-2"),
                subnet="subnet-private",
            ),
            *(TASK, PERSON, 443, "NAT gateway nat-2 of the route of the task is gone"),
        ),
        # From outside: to a public address that the security group admits, and back.
        ({}, PERSON, API_SERVER, 8080, "does not let in"),
        ({}, End("a stranger", address="198.51.100.1/32"), BALANCER, 443, "does not let in"),
        (
            groups("sg-api", [rule("tcp", 8080, cidrs=[ANYWHERE])]),
            *(PERSON, API_SERVER, 8080, "the route of the api-server to a person leads to no internet gateway"),
        ),
        # Network ACLs: between subnets only, in the order of their numbers, both ways.
        (acls(ALL_IN, ALL_OUT), API_SERVER, DATABASE, 5432, ""),
        (acls(), API_SERVER, DATABASE, 5432, "network ACL acl-2 of subnet-private-b does not let in tcp 5432"),
        (acls(ALL_IN), API_SERVER, DATABASE, 5432, "does not let out tcp 32768-61000 to 10.0.0.0/20"),
        (acls(ALL_IN), End("a neighbour", "subnet-private-b", ("sg-api",)), DATABASE, 5432, ""),
        (
            acls(ALL_IN, ALL_OUT, entry(90, "deny", False, "6", ports=(5432, 5432))),
            *(API_SERVER, DATABASE, 5432, "does not let in tcp 5432 from 10.0.0.0/20"),
        ),
        (acls(ALL_IN, ALL_OUT, entry(90, "deny", False, "17")), API_SERVER, DATABASE, 5432, ""),
        (acls(ALL_IN, ALL_OUT, entry(110, "deny", False)), API_SERVER, DATABASE, 5432, ""),
        (acls(ALL_IN, ALL_OUT, entry(90, "deny", False, cidr="10.0.3.0/24")), API_SERVER, DATABASE, 5432, "acl-2"),
        (
            acls(entry(100, "allow", False, "6", ports=(5432, 5432)), ALL_OUT),
            *(API_SERVER, DATABASE, 5432, ""),
        ),
        (
            acls(ALL_IN, entry(100, "allow", True, "6", ports=(443, 443)), subnets=["subnet-private"]),
            *(TASK, INTERNET, 443, ""),
        ),
        (
            acls(entry(100, "allow", False, "6", ports=(443, 443)), ALL_OUT, subnets=["subnet-private"]),
            *(TASK, INTERNET, 443, "network ACL acl-2 of subnet-private does not let in tcp 32768-61000"),
        ),
        (acls(ALL_OUT, subnets=["subnet-public"]), TASK, INTERNET, 443, "network ACL acl-2 of subnet-public"),
        (
            {"network_acls": {"acl-1": acl("acl-1", [], ALL_OUT)}},
            API_SERVER,
            DATABASE,
            5432,
            "acl-1 of subnet-private ",
        ),
        # Two VPCs have nothing to do with each other.
        ({}, API_SERVER, End("another", "subnet-elsewhere", ("sg-db",)), 5432, "are in two VPCs"),
    ],
)
def test_what_is_missing_is_the_reason(changes, source, target, port, reason):
    told = refusal(environment(**changes), source, target, port)
    assert (reason in told) if reason else not told, told


def endpoint(kind, service, **more):
    said = {"VpcEndpointId": "vpce-1", "VpcEndpointType": kind, "VpcId": "vpc-1", "State": "available"}
    return {"vpce-1": {**said, "ServiceName": f"com.amazonaws.{REGION}.{service}", **more}}


NO_WAY_OUT = routes("rtb-private", subnet="subnet-private")
INTERFACE = endpoint("Interface", "sqs", SubnetIds=["subnet-private-b"], Groups=["sg-endpoint"])
ADMITTING = {"sg-endpoint": group("sg-endpoint", [rule("tcp", 443, cidrs=["10.0.0.0/16"])])}
ONLY_S3 = {"sg-task": group("sg-task", out=[rule("tcp", 443, lists=["pl-s3"])])}


@pytest.mark.parametrize(
    ("changes", "service", "reason"),
    [
        ({}, "sqs", ""),
        (NO_WAY_OUT, "sqs", "has no route to AWS's API of sqs"),
        (groups("sg-task", [], [rule("tcp", 80, cidrs=[ANYWHERE])]), "sqs", "does not let out tcp 443"),
        ({**NO_WAY_OUT, "vpc_endpoints": INTERFACE, "security_groups": ADMITTING}, "sqs", ""),
        ({**NO_WAY_OUT, "vpc_endpoints": INTERFACE, "security_groups": ADMITTING}, "sts", "has no route"),
        ({"vpc_endpoints": INTERFACE}, "sqs", "does not let in tcp 443 from the task"),
        (
            {"vpc_endpoints": {"vpce-1": {**INTERFACE["vpce-1"], "State": "pending"}}, "security_groups": ADMITTING},
            *("sqs", "VPC endpoint vpce-1 is pending"),
        ),
        ({**NO_WAY_OUT, "vpc_endpoints": endpoint("Gateway", "s3", RouteTableIds=["rtb-private"])}, "s3", ""),
        ({**NO_WAY_OUT, "vpc_endpoints": endpoint("Gateway", "s3", RouteTableIds=["rtb-main"])}, "s3", "no route"),
        (
            {
                "vpc_endpoints": endpoint("Gateway", "s3", RouteTableIds=["rtb-private"]),
                "security_groups": ONLY_S3,
            },
            *("s3", ""),
        ),
        ({"security_groups": ONLY_S3}, "s3", "does not let out tcp 443 to AWS's API of s3"),
    ],
)
def test_services_of_aws_are_reached_by_endpoints_or_by_the_way_out(changes, service, reason):
    told = service_refusal(environment(**changes), TASK, service, REGION)
    assert (reason in told) if reason else not told, told


@pytest.mark.parametrize(
    ("end", "port", "admitted"),
    [
        (BALANCER, 443, True),
        (BALANCER, 80, False),
        (API_SERVER, 8080, False),  # by a group alone
        (End("a load balancer without groups", "subnet-public"), 80, True),
    ],
)
def test_whether_somebody_may_come_by_address(end, port, admitted):
    assert admits_somebody(environment(), end, port) is admitted


def test_all_ports_that_are_open_are_told_as_ranges():
    network = environment(
        **groups(
            "sg-db",
            [
                rule("tcp", 5432, groups=["sg-api"]),
                rule("tcp", 5433, 5440, cidrs=["10.0.0.0/16"]),
                rule("tcp", 65000, MOST, groups=["sg-api"]),
                rule("udp", 53, groups=["sg-api"]),
            ],
        )
    )
    assert open_ports(network, API_SERVER, DATABASE) == [(5432, 5440), (65000, MOST)]
    assert open_ports(network, API_SERVER, DATABASE, UDP) == [(53, 53)]
    assert open_ports(network, TASK, INTERNET) == [(1, MOST)]
    assert open_ports(network, DATABASE, API_SERVER) == []


@given(networks(), PORT)
def test_a_port_is_in_an_open_range_if_and_only_if_nothing_refuses_it(network, port):
    opened = open_ports(network, API_SERVER, DATABASE)
    assert any(first <= port <= last for first, last in opened) is not bool(
        refusal(network, API_SERVER, DATABASE, port)
    )
    assert all(one[1] + 1 < other[0] for one, other in zip(opened, opened[1:], strict=False))


@given(networks(), rules(), st.sampled_from(["IpPermissions", "IpPermissionsEgress"]), FEW_PORTS)
def test_a_rule_more_of_a_security_group_closes_nothing(network, more, direction, port):
    before = refusal(network, API_SERVER, DATABASE, port)
    for each in network.security_groups.values():
        each[direction].insert(0, more)
    after = refusal(network, API_SERVER, DATABASE, port)
    assert after == before if more["IpProtocol"] == "udp" else before or not after


@given(st.lists(rules(), max_size=4), st.lists(rules(), max_size=4), FEW_PORTS)
def test_security_groups_let_through_what_a_rule_on_each_side_lets_through(out, into, port):
    changes = groups("sg-db", into)
    changes["security_groups"]["sg-api"] = group("sg-api", [], out)

    def lets(rule, end, networks):
        protocol = rule["IpProtocol"] == "-1" or (
            rule["IpProtocol"] in ("tcp", "6") and rule["FromPort"] <= port <= rule["ToPort"]
        )
        by_group = end in [each["GroupId"] for each in rule["UserIdGroupPairs"]]
        return protocol and (by_group or any(each["CidrIp"] in networks for each in rule["IpRanges"]))

    everywhere = [ANYWHERE, "10.0.0.0/16"]
    expected = any(lets(each, "sg-db", [*everywhere, "10.0.16.0/20"]) for each in out) and any(
        lets(each, "sg-api", [*everywhere, "10.0.0.0/20"]) for each in into
    )
    assert (not refusal(environment(**changes), API_SERVER, DATABASE, port)) is expected


NETWORKS = st.tuples(ADDRESSES, st.integers(0, 32)).map(lambda one: str(ipaddress.ip_network(one, strict=False)))


@given(st.lists(NETWORKS, max_size=6), ADDRESSES)
def test_the_most_specific_route_is_the_one(destinations, address):
    given_routes = [to(each, NatGatewayId=f"nat-{each}") for each in dict.fromkeys(destinations)]
    network = environment(
        **routes("rtb-private", *given_routes, subnet="subnet-private"),
        nat_gateways={f"nat-{each}": {**NAT, "State": each} for each in destinations},
    )
    fitting = [each for each in [*destinations, "10.0.0.0/16"] if address in ipaddress.ip_network(each)]
    told = refusal(network, TASK, End("there", address=f"{address}/32"), 443)
    longest = max(fitting, key=lambda each: ipaddress.ip_network(each).prefixlen, default=None)
    if longest is None:
        assert "has no route" in told
    elif longest != "10.0.0.0/16":
        assert told.endswith(f"is {longest}")


@given(st.lists(NETWORKS, max_size=4), st.lists(NETWORKS, max_size=3), ADDRESSES, FEW_PORTS)
def test_all_addresses_of_a_part_of_the_outside_are_alike(allowed, routed, address, port):
    network = environment(
        **groups("sg-task", [], [rule("tcp", 1, 8080, cidrs=allowed)]),
        **routes("rtb-private", *(to(each, NatGatewayId="nat-1") for each in routed), subnet="subnet-private"),
    )
    cidrs = outside(network, TASK)
    place = next(place for place, each in enumerate(cidrs) if address in ipaddress.ip_network(each))
    alike = sample(cidrs, place)
    assert alike is not None
    told = [refusal(network, TASK, End("there", address=each), port) for each in (f"{address}/32", alike)]
    assert told[0] == told[1]
