# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Security groups, and their rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....engine.actions import Resource
from ....engine.changing import operations, reconcile_kind
from ....engine.clients import Clients, pages, unless
from ....engine.converge import converge
from ....engine.kind import Document
from ....engine.reading import read
from ....engine.reconcile import Outcome
from ....engine.waiting import NotYet, wait_for
from ..kind import Ec2Kind, described
from ..tags import specification
from . import documents

_UNKNOWN = frozenset({"InvalidGroup.NotFound", "InvalidGroupId.NotFound"})

#: What AWS says of a rule that is there already, or that is gone already: then it does none of a call's.
_DONE = {"authorize": {"InvalidPermission.Duplicate"}, "revoke": {"InvalidPermission.NotFound"}}


class SecurityGroup(Ec2Kind):
    """A security group, without its rules. In a VPC a name is a group's alone, whoever made it."""

    type = documents.GROUP
    title, titles = "security group", "security groups"
    operation, key = "describe_security_groups", "SecurityGroups"
    gone = _UNKNOWN
    exists = frozenset({"InvalidGroup.Duplicate"})
    busy = frozenset({"InvalidVpcID.NotFound", "DependencyViolation", "InvalidGroup.InUse"})
    busy_when_new = _UNKNOWN
    free_after = 600
    immutable = documents.IMMUTABLE
    names_a_call = 200
    shown_together = True

    def __init__(self, groups: Iterable[Resource] = ()) -> None:
        """Those that have the VPCs and the names of these ``groups``."""
        self.places = {(str(group.properties["vpc_id"]), group.name) for group in groups}

    def look_up_all(self, clients: Clients, names: Sequence[str]) -> Iterable[Document]:
        vpcs = sorted({vpc_id for vpc_id, name in self.places if name in names})
        found = described(self, clients, {"vpc-id": vpcs, "group-name": names})
        return [document for document in found if (document["VpcId"], document["GroupName"]) in self.places]

    def name(self, document: Document) -> str:
        return str(document["GroupName"])

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return documents.canonical_group(document)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        made = clients("ec2").create_security_group(
            GroupName=wanted.name,
            Description=wanted.properties["description"],
            VpcId=wanted.properties["vpc_id"],
            **specification("security-group", wanted.properties["tags"]),
        )
        return str(made["GroupId"])

    def as_created(self, wanted: Resource) -> Resource:
        """AWS lets everything out of a new one."""
        return replace(wanted, properties={**wanted.properties, "egress": {documents.DEFAULT_EGRESS: ""}})

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        """But for its tags, only a new one has what AWS changes."""
        _set_rules(clients, "revoke", "egress", found, found.properties.get("egress", {}))

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("ec2").delete_security_group(GroupId=found.id)

    def users(self, clients: Clients, found: Resource) -> Iterable[str]:
        filters = [{"Name": "group-id", "Values": [found.id]}]
        interfaces = pages(clients("ec2"), "describe_network_interfaces", "NetworkInterfaces", Filters=filters)
        for interface in interfaces:
            if any(group["GroupId"] == found.id for group in interface.get("Groups", [])):
                description = interface.get("Description") or "without description"
                yield f"network interface {interface['NetworkInterfaceId']} ({description})"
        naming = {
            group["GroupId"]: f"a rule of security group {group['GroupName']} ({group['GroupId']})"
            for key in ("ip-permission.group-id", "egress.ip-permission.group-id")
            for group in described(self, clients, {key: [str(found.id)]})
            if group["GroupId"] != found.id and str(found.id) in str(group)
        }
        yield from naming.values()


class SecurityGroupRules(Ec2Kind):
    """The rules of a group that there is. New ones come before old ones go: no traffic is interrupted."""

    type = documents.RULES
    title, titles = "rules of security group", "rules of security groups"
    operation, key = SecurityGroup.operation, SecurityGroup.key
    #: The group, or one that a rule names, may not be known everywhere yet.
    busy = _UNKNOWN
    patience = 60
    names_a_call = SecurityGroup.names_a_call
    shown_together = True

    def __init__(self, names: Mapping[str, str]) -> None:
        """Those of the groups with these ids, each under its name."""
        self.names = names

    def look_up_all(self, clients: Clients, names: Sequence[str]) -> Iterable[Document]:
        ids = [group_id for group_id, name in self.names.items() if name in names]
        return [one for one in described(self, clients, {"group-id": ids}) if one["GroupId"] in self.names]

    def name(self, document: Document) -> str:
        return self.names[document["GroupId"]]

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return replace(documents.canonical_rules(document), name=self.name(document))

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """Nothing: AWS has made the group, and an answer has left it out. So it is looked for."""

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        for direction in documents.DIRECTIONS:
            changes = documents.changes(wanted.properties[direction], found.properties[direction])
            _set_rules(clients, "authorize", direction, found, changes.authorized)
            _set_rules(clients, "revoke", direction, found, changes.revoked)
            if changes.described:
                call = getattr(clients("ec2"), f"update_security_group_rule_descriptions_{direction}")
                call(GroupId=found.id, IpPermissions=_permissions(changes.described))

    def delete(self, clients: Clients, found: Resource) -> None:
        for direction in documents.DIRECTIONS:
            _set_rules(clients, "revoke", direction, found, found.properties[direction])


def _set_rules(clients: Clients, verb: str, direction: str, group: Resource, rules: Mapping[str, str]) -> None:
    """One call for all rules, or, where one of them is as it shall be already, one call for each."""
    call = getattr(clients("ec2"), f"{verb}_security_group_{direction}")

    def do(permissions: Sequence[Document]) -> Any:
        return unless(_DONE[verb], lambda: call(GroupId=group.id, IpPermissions=permissions))

    permissions = _permissions(rules)
    if permissions and do(permissions) is None and len(permissions) > 1:
        for permission in permissions:
            do([permission])


def _permissions(rules: Mapping[str, str]) -> list[dict[str, Any]]:
    return [documents.permission(text, why) for text, why in rules.items()]


def present(
    clients: Clients, groups: Sequence[Resource], rules: Sequence[Resource], check_mode: bool
) -> tuple[list[Outcome], list[Outcome]]:
    """What became of the groups, and then of the rules."""
    made = reconcile_kind(SecurityGroup(groups), clients, [one.name for one in groups], groups, check_mode)
    names = _names(rules)
    kind = SecurityGroupRules(names)

    def known() -> bool | NotYet:
        existing = {one.id for one in read(kind, clients, names.values())}
        missing = ", ".join(f"{group_id} ({name})" for group_id, name in names.items() if group_id not in existing)
        return NotYet(f"there is no {missing} to give rules to") if missing else True

    if rules:
        # Even one that was shown before may be missing from an answer for a moment.
        wait_for(known, 0 if check_mode else kind.patience, "the security groups of the rules")
    return made, reconcile_kind(kind, clients, names.values(), rules, check_mode)


def absent(
    clients: Clients, groups: Sequence[Resource], rules: Sequence[Resource], check_mode: bool
) -> tuple[list[Outcome], list[Outcome]]:
    """What became of the groups and of the rules. AWS deletes no group that a rule names: so all rules of the groups
    go first.
    """
    kind, group_names = SecurityGroup(groups), [one.name for one in groups]
    names = {**_names(rules), **{str(one.id): one.name for one in read(kind, clients, group_names)}}
    kind_of_rules = SecurityGroupRules(names)

    def read_rules() -> list[Resource]:
        return [one for one in read(kind_of_rules, clients, names.values()) if not documents.is_empty(one)]

    revoked = converge([], read_rules, operations(kind_of_rules, clients), check_mode)
    return reconcile_kind(kind, clients, group_names, [], check_mode), revoked


def _names(rules: Sequence[Resource]) -> dict[str, str]:
    """The names of the groups that the rules are of, by their ids."""
    return {str(one.properties["group_id"]): one.name for one in rules}
