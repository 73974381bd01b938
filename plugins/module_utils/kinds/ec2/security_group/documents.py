# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Security groups and their rules, as they are compared.

A rule is a text, ``<protocol> <port> <end>``: ``tcp 8080 sg-1``, ``udp 1000-2000 10.0.0.0/16``, ``icmp 8--1 ::/0``,
``all pl-1``, ``tcp 443 123456789012/sg-2`` for a group of another account. A group's rules of a direction are a
dictionary of such texts, each with its description.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from ....engine.actions import Resource
from ....engine.compare import contains_unknown
from ....engine.errors import FarflowError
from ....engine.tags import tags_of

GROUP = "security_group"
RULES = "security_group_rules"

#: Each direction, and where AWS's document of a group holds its rules.
DIRECTIONS = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}

ALL_TRAFFIC = "all"
ANYWHERE = "0.0.0.0/0"

#: The rule that AWS gives to a new group.
DEFAULT_EGRESS = f"{ALL_TRAFFIC} {ANYWHERE}"

IMMUTABLE = {GROUP: {"description": "AWS never changes it; give the group another name to get a new one"}}

_NAMES_OF_PROTOCOLS = {"-1": ALL_TRAFFIC, "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
_WITH_PORTS = ("tcp", "udp", "icmp", "icmpv6")

_RULE = re.compile(r"(?P<protocol>-?\w+)(?: (?P<first>-?\d+)(?:-(?P<last>-?\d+))?)? (?P<end>\S+)")
_GROUP_END = re.compile(r"(?:(?P<account>\d{12})/)?(?P<group>sg-\w+)")

#: AWS's API reference, CreateSecurityGroup and UserIdGroupPair.
_GROUP_TEXT = re.compile(r"[\w ._\-:/()#,@\[\]+=&;{}!$*]{1,255}", re.ASCII)
_RULE_TEXT = re.compile(r"[\w ._\-:/()#,@\[\]+=;{}!$*]{0,255}", re.ASCII)


@dataclass(frozen=True)
class Rule:
    """A rule's parts; ports are types and codes where the protocol is ICMP, and None where it has none."""

    protocol: str
    first: int | None
    last: int | None
    end: str

    def __str__(self) -> str:
        ports = [] if self.first is None else [str(self.first) if self.first == self.last else self._range()]
        return " ".join([self.protocol, *ports, self.end])

    def _range(self) -> str:
        return f"{self.first}-{self.last}"


def rule(text: str) -> Rule:
    """A rule from its text; the same for every way to write it. Raises FarflowError when it is none."""
    match = _RULE.fullmatch(text.strip())
    if not match:
        raise FarflowError(f"not a rule of a security group: {text!r}; write it as 'tcp 8080 10.0.0.0/16'")
    protocol = _NAMES_OF_PROTOCOLS.get(match["protocol"], match["protocol"].lower())
    ports = [None if match[which] is None else int(match[which]) for which in ("first", "last")]
    if (protocol in _WITH_PORTS) != (ports[0] is not None):
        needs = "needs a port" if protocol in _WITH_PORTS else "has no port"
        raise FarflowError(f"in the rule {text!r} of a security group protocol {protocol} {needs}")
    return Rule(protocol, ports[0], ports[0] if ports[1] is None else ports[1], _end(match["end"], text))


def _end(end: str, text: str) -> str:
    if end.startswith("pl-") or _GROUP_END.fullmatch(end):
        return end
    try:
        if "/" not in end:
            raise ValueError("it has no prefix length")
        return str(ip_network(end, strict=False))
    except ValueError as error:
        message = f"in the rule {text!r} of a security group {end!r} is no CIDR, group or prefix list: {error}"
        raise FarflowError(message) from error


def permission(text: str, description: str) -> dict[str, Any]:
    """A rule as an IpPermission of the API, with one end."""
    parts = rule(text)
    protocol = "-1" if parts.protocol == ALL_TRAFFIC else parts.protocol
    ports = {} if parts.first is None else {"FromPort": parts.first, "ToPort": parts.last}
    why = {"Description": description} if description else {}
    return {"IpProtocol": protocol, **ports, **_as_member(parts.end, why)}


def _as_member(end: str, why: Mapping[str, str]) -> dict[str, Any]:
    group = _GROUP_END.fullmatch(end)
    if group:
        account = {"UserId": group["account"]} if group["account"] else {}
        return {"UserIdGroupPairs": [{"GroupId": group["group"], **account, **why}]}
    if end.startswith("pl-"):
        return {"PrefixListIds": [{"PrefixListId": end, **why}]}
    if ":" in end:
        return {"Ipv6Ranges": [{"CidrIpv6": end, **why}]}
    return {"IpRanges": [{"CidrIp": end, **why}]}


def desired_group(group: Mapping[str, Any]) -> Resource:
    """``{name, vpc_id, description, tags}`` as a resource. Raises FarflowError for what AWS would refuse."""
    for key in ("name", "description"):
        if group.get(key) is not None:
            _check_text(_GROUP_TEXT, group[key], f"{key} of security group {group['name']}")
    properties = {key: group.get(key) for key in ("vpc_id", "description")}
    return Resource(GROUP, group["name"], {**properties, "tags": dict(group.get("tags") or {})})


def desired_rules(rules: Mapping[str, Any]) -> Resource:
    """``{name, group_id, ingress, egress}`` as a resource; ``name`` is the group's. Raises FarflowError for what AWS
    would refuse.
    """
    given = {direction: rules.get(direction) or {} for direction in DIRECTIONS}
    for why in (why for texts in given.values() for why in texts.values()):
        _check_text(_RULE_TEXT, why, f"description of a rule of security group {rules['name']}")
    texts = {direction: {_spelled(text): why for text, why in some.items()} for direction, some in given.items()}
    return Resource(RULES, rules["name"], {"group_id": rules["group_id"], **texts})


def _spelled(text: str) -> str:
    return text if contains_unknown(text) else str(rule(text))


def _check_text(allowed: re.Pattern[str], text: str, what: str) -> None:
    if not contains_unknown(text) and not allowed.fullmatch(text):
        marks = "._-:/()#,@[]+=;{}!$*"
        raise FarflowError(f"{what} is {text!r}: AWS takes at most 255 of A-Z a-z 0-9, space and {marks}")


def canonical_group(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeSecurityGroups' answer as a group."""
    properties = {"vpc_id": document["VpcId"], "description": document["Description"], "tags": tags_of(document)}
    return Resource(GROUP, document["GroupName"], properties, document["GroupId"])


def canonical_rules(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeSecurityGroups' answer as the rules of a group."""
    owner = document.get("OwnerId")
    found = {direction: dict(_found(document.get(key, []), owner)) for direction, key in DIRECTIONS.items()}
    return Resource(RULES, document["GroupName"], {"group_id": document["GroupId"], **found}, document["GroupId"])


def _found(permissions: Iterable[Mapping[str, Any]], owner: str | None) -> Iterator[tuple[str, str]]:
    for found in permissions:
        protocol = _NAMES_OF_PROTOCOLS.get(found["IpProtocol"], found["IpProtocol"])
        first = found.get("FromPort") if protocol in _WITH_PORTS else None
        last = None if first is None else found.get("ToPort", first)
        for end, why in _ends(found, owner):
            yield str(Rule(protocol, first, last, end)), why


def _ends(found: Mapping[str, Any], owner: str | None) -> Iterator[tuple[str, str]]:
    for key, member in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("PrefixListIds", "PrefixListId")):
        for item in found.get(key) or []:
            yield item[member], item.get("Description") or ""
    for pair in found.get("UserIdGroupPairs") or []:
        foreign = owner and pair.get("UserId") and pair["UserId"] != owner
        end = f"{pair['UserId']}/{pair['GroupId']}" if foreign else pair["GroupId"]
        yield end, pair.get("Description") or ""


def is_empty(rules: Resource) -> bool:
    """Whether a group has no rule at all."""
    return not any(rules.properties[direction] for direction in DIRECTIONS)


@dataclass(frozen=True)
class Changes:
    """What leads from the rules of one direction to the desired ones, each as texts with descriptions."""

    authorized: Mapping[str, str]
    revoked: Mapping[str, str]
    described: Mapping[str, str]


def changes(wanted: Mapping[str, str], found: Mapping[str, str]) -> Changes:
    """The changes between two dictionaries of rules."""
    return Changes(
        authorized={text: why for text, why in wanted.items() if text not in found},
        revoked={text: why for text, why in found.items() if text not in wanted},
        described={text: why for text, why in wanted.items() if found.get(text, why) != why},
    )
