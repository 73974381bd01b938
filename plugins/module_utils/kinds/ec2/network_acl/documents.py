# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network ACL that AWS makes with each VPC, as it is compared: it lets everything through, and all subnets use it.

What may talk to what is said by security groups.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ....engine.actions import Resource

TYPE = "network_acl"

#: One in the VPC that AWS has not made with it, and this environment has not either.
OTHER = "other network_acl"

TYPES = frozenset({TYPE, OTHER})

_EVERYTHING = "allow all 0.0.0.0/0"

#: From this number on entries are AWS's, and refuse what no other one has let through.
_LAST = 32767

#: What AWS adds by itself where a VPC gets IPv6 addresses.
_EVERYTHING_BY_IPV6 = "allow all ::/0"

_PROTOCOLS = {"-1": "all", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}


def desired(acl: Mapping[str, Any]) -> Resource:
    """``{name, vpc_id, subnets}`` as a resource."""
    entries = {"ingress 100": _EVERYTHING, "egress 100": _EVERYTHING}
    properties = {"vpc_id": acl["vpc_id"], "entries": entries, "subnets": sorted(acl["subnets"])}
    return Resource(TYPE, acl["name"], properties)


def canonical(name: str, document: Mapping[str, Any], subnets: Collection[str]) -> Resource:
    """A member of DescribeNetworkAcls' answer; of the subnets that use it those that are asked for."""
    entries = {_key(entry): _rule(entry) for entry in document["Entries"] if entry["RuleNumber"] < _LAST}
    used = {each["SubnetId"] for each in document["Associations"]}
    properties = {
        "vpc_id": document["VpcId"],
        "entries": {key: entries[key] for key in sorted(entries) if entries[key] != _EVERYTHING_BY_IPV6},
        "subnets": sorted(used.intersection(subnets)),
    }
    return Resource(TYPE, name, properties, document["NetworkAclId"])


def other(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeNetworkAcls' answer that is not the VPC's default one."""
    return Resource(OTHER, document["NetworkAclId"], {}, document["NetworkAclId"])


def parts(key: str) -> tuple[int, bool]:
    """The number of an entry, and whether it is for what leaves, by its key (``egress 100``)."""
    direction, number = key.split()
    return int(number), direction == "egress"


def entry(key: str) -> dict[str, Any]:
    """The entry of that key that lets everything through, as EC2's calls take it."""
    number, egress = parts(key)
    return {"RuleNumber": number, "Egress": egress, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}


def _key(document: Mapping[str, Any]) -> str:
    return f"{'egress' if document['Egress'] else 'ingress'} {document['RuleNumber']}"


def _rule(document: Mapping[str, Any]) -> str:
    """``deny tcp 22-80 10.0.0.0/8``"""
    ports, icmp = document.get("PortRange"), document.get("IcmpTypeCode")
    words = [document["RuleAction"], _PROTOCOLS.get(document["Protocol"], document["Protocol"])]
    if ports:
        words.append(f"{ports['From']}-{ports['To']}")
    if icmp:
        words.append(f"{icmp['Type']}/{icmp['Code']}")
    return " ".join([*words, document.get("CidrBlock") or document.get("Ipv6CidrBlock") or ""])
