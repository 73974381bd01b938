"""The ruleset of the packet filter lets through what the rules of the VPC let through: read as nftables reads it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vpc_documents import ADDRESSES, API_SERVER, DATABASE, FEW_PORTS, TASK, environment, groups, networks, rule

from tests.embedded_aws.network.packets import Database, Place, Sender, ruleset
from tests.embedded_aws.network.rules import ANYWHERE, End, refusal

PLACE = Place("embedded-aws-test", "172.30.0.0/16", "172.17.0.1", 4566)
API_ADDRESS, TASK_ADDRESS, NEIGHBOUR_ADDRESS, STRANGE_ADDRESS = (f"172.30.0.{number}" for number in range(2, 6))
DATABASE_PORT = 15440
NEIGHBOUR = replace(API_SERVER, subnet="subnet-private-b", groups=("sg-db",))


def rules_of(network):
    senders = [
        Sender(API_ADDRESS, API_SERVER, network),
        Sender(TASK_ADDRESS, TASK, network),
        Sender(NEIGHBOUR_ADDRESS, NEIGHBOUR, network),
        Sender(STRANGE_ADDRESS, None, network),
    ]
    return ruleset(PLACE, senders, [Database(DATABASE, 5432, DATABASE_PORT, network)])


def passes(text, source, target, port, protocol="tcp", flags="syn"):
    """Whether a packet gets through, by the lines of the ruleset."""
    chains = {}
    for line in map(str.strip, text.splitlines()):
        if found := re.fullmatch(r"chain (\S+) \{", line):
            chain = chains.setdefault(found[1], [])
        elif chains and line != "}":
            chain.append(line)
    packet = {"saddr": source, "daddr": target, "protocol": protocol, "port": port, "flags": flags}
    assert chains["sent"][0] == "type filter hook prerouting priority 0; policy accept;"
    return _verdict(chains, "sent", packet) != "drop"


def _verdict(chains, name, packet):
    for line in chains[name][name == "sent" :]:
        *matches, verdict = re.split(r" (?=accept$|drop$)", line)
        if found := re.fullmatch(r"ip saddr vmap \{ (.+) \}", line):
            jumps = dict(each.split(" : jump ") for each in found[1].split(", "))
            verdict = _verdict(chains, jumps[packet["saddr"]], packet) if packet["saddr"] in jumps else None
        elif matches and not _matches(matches[0], packet):
            continue
        if verdict in ("accept", "drop"):
            return verdict
    return None


def _matches(text, packet):
    address = re.match(r"ip (saddr|daddr) (!= )?(\S+)(?: |$)", text)
    if address:
        inside = ipaddress.ip_address(packet[address[1]]) in ipaddress.ip_network(address[3])
        if inside is bool(address[2]):
            return False
        text = text[address.end() :]
    if text == "tcp flags & (syn | ack) != syn":
        return packet["protocol"] == "tcp" and packet["flags"] != "syn"
    ports = re.fullmatch(r"(tcp|udp) dport (?:(\d+)|\{ (.+) \})", text)
    assert ports or not text, text
    if not ports:
        return True
    ranges = [each.split("-") for each in (ports[3] or ports[2]).split(", ")]
    return ports[1] == packet["protocol"] and any(int(each[0]) <= packet["port"] <= int(each[-1]) for each in ranges)


@given(networks(), FEW_PORTS, st.sampled_from(["tcp", "udp"]))
def test_a_task_reaches_another_by_tcp_where_nothing_refuses_it(network, port, protocol):
    expected = protocol == "tcp" and not refusal(network, API_SERVER, NEIGHBOUR, port)
    assert passes(rules_of(network), API_ADDRESS, NEIGHBOUR_ADDRESS, port, protocol) is expected


@given(networks(), st.sampled_from(["tcp", "udp"]), ADDRESSES.map(str), FEW_PORTS)
def test_a_task_reaches_what_is_outside_where_nothing_refuses_it(network, protocol, address, port):
    ours = [PLACE.cidr, PLACE.host, "10.0.0.0/16"]
    if not any(ipaddress.ip_address(address) in ipaddress.ip_network(each) for each in ours):
        reason = refusal(network, API_SERVER, End("there", address=f"{address}/32"), port, protocol)
        assert passes(rules_of(network), API_ADDRESS, address, port, protocol) is not bool(reason)


@given(networks())
def test_a_task_reaches_a_database_where_nothing_refuses_it(network):
    expected = not refusal(network, API_SERVER, DATABASE, 5432)
    assert passes(rules_of(network), API_ADDRESS, PLACE.host, DATABASE_PORT) is expected


@pytest.mark.parametrize(
    ("source", "target", "port", "protocol", "flags", "expected"),
    [
        (API_ADDRESS, PLACE.host, DATABASE_PORT, "tcp", "syn", True),
        (TASK_ADDRESS, PLACE.host, DATABASE_PORT, "tcp", "syn", False),
        (TASK_ADDRESS, "192.168.1.9", DATABASE_PORT, "tcp", "syn", False),  # another address of the host
        (TASK_ADDRESS, PLACE.host, DATABASE_PORT, "tcp", "ack", True),  # what is connected stays so
        (TASK_ADDRESS, API_ADDRESS, 40000, "tcp", "syn ack", True),  # answers
        (TASK_ADDRESS, PLACE.host, 4566, "tcp", "syn", True),  # the front knows who may
        (TASK_ADDRESS, PLACE.host, 8000, "tcp", "syn", True),  # the host is somebody on the internet
        (TASK_ADDRESS, "172.30.0.1", 4566, "tcp", "syn", False),  # and has one address
        (TASK_ADDRESS, "172.30.0.99", 53, "udp", "", True),  # DNS
        ("172.30.0.99", PLACE.host, 4566, "tcp", "syn", False),  # who is no task yet
        (STRANGE_ADDRESS, API_ADDRESS, 22, "tcp", "syn", True),  # a task in no subnet
        ("172.31.0.2", "172.31.0.3", 22, "tcp", "syn", True),  # another bridge
    ],
)
def test_who_reaches_what(source, target, port, protocol, flags, expected):
    assert passes(rules_of(environment()), source, target, port, protocol, flags) is expected


def test_the_host_is_not_in_the_vpc_whatever_its_address_is():
    """A VPC may have the addresses that the engine has given to the host."""
    documents = environment(**groups("sg-api", [], [rule("tcp", 443, cidrs=[ANYWHERE])]))
    documents.route_tables["rtb-private"]["Routes"][0]["DestinationCidrBlock"] = "172.16.0.0/12"
    text = rules_of(documents)
    assert [passes(text, API_ADDRESS, PLACE.host, port) for port in (443, 8000)] == [True, False]


def test_tasks_of_two_accounts_do_not_reach_each_other():
    ours, theirs = environment(), environment()
    everything = [rule(cidrs=[ANYWHERE])]
    for network in (ours, theirs):
        network.security_groups["sg-api"].update(IpPermissions=everything, IpPermissionsEgress=everything)
    addresses = (API_ADDRESS, TASK_ADDRESS, NEIGHBOUR_ADDRESS)
    senders = [
        Sender(address, API_SERVER, network) for address, network in zip(addresses, (ours, ours, theirs), strict=True)
    ]
    text = ruleset(PLACE, senders, [Database(API_SERVER, 5432, DATABASE_PORT, theirs)])
    assert passes(text, API_ADDRESS, TASK_ADDRESS, 80)
    assert not passes(text, API_ADDRESS, NEIGHBOUR_ADDRESS, 80)
    assert not passes(text, API_ADDRESS, PLACE.host, DATABASE_PORT)
    assert passes(text, NEIGHBOUR_ADDRESS, PLACE.host, DATABASE_PORT)


def test_without_tasks_nobody_sends_anything():
    assert not passes(ruleset(PLACE, [], []), API_ADDRESS, PLACE.host, 4566)
