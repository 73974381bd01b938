# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Security groups and their rules, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients, chunks
from ....engine.converge import converge
from ....engine.immutable import refuse_changes
from ....engine.reconcile import Operations, Outcome
from ....engine.waiting import NotYet, wait_for
from .. import tags as ec2_tags
from ..network.patience import retry_until_visible
from . import calls as api
from . import documents as pure

_KNOWN_AFTER = 60
_FREE_AFTER = 600
_MOST_VALUES = 200

Document = dict[str, Any]


def described(clients: Clients, groups: Iterable[Resource]) -> list[Document]:
    """AWS's documents of the groups that exist: in a VPC a name is a group's alone, whoever made it."""
    wanted = {(str(group.properties["vpc_id"]), group.name) for group in groups}
    if not wanted:
        return []
    vpcs, names = (sorted(set(some)) for some in zip(*wanted, strict=True))
    found = [one for some in chunks(names, _MOST_VALUES) for one in _named(clients, vpcs, some)]
    return [one for one in found if (one["VpcId"], one["GroupName"]) in wanted]


def _named(clients: Clients, vpcs: list[str], names: list[str]) -> list[Document]:
    return api.describe(clients, {"vpc-id": vpcs, "group-name": names})


def read_rules(clients: Clients, wanted: Iterable[Resource]) -> list[Resource]:
    """The rules of the groups with the wanted ids, under the wanted names."""
    names = {str(rules.properties["group_id"]): rules.name for rules in wanted}
    found = [one for some in chunks(list(names), _MOST_VALUES) for one in api.describe(clients, {"group-id": some})]
    return [
        replace(pure.canonical_rules(document), name=names[document["GroupId"]])
        for document in found
        if document["GroupId"] in names
    ]


def present(
    clients: Clients, groups: Sequence[Resource], rules: Sequence[Resource], check_mode: bool
) -> tuple[list[Outcome], list[Outcome]]:
    """What became of the groups, and then of the rules."""

    def read_groups() -> list[Resource]:
        return [pure.canonical_group(document) for document in described(clients, groups)]

    refuse_changes(groups, read_groups(), pure.IMMUTABLE)
    made = converge(groups, read_groups, _group_operations(clients), check_mode)
    if rules:
        # Even one that was shown before may be missing from an answer for a moment.
        wait_for(lambda: _known(clients, rules), 0 if check_mode else _KNOWN_AFTER, "the security groups of the rules")
    return made, converge(rules, lambda: read_rules(clients, rules), _rule_operations(clients), check_mode)


def _known(clients: Clients, rules: Sequence[Resource]) -> bool | NotYet:
    existing = {one.id for one in read_rules(clients, rules)}
    missing = [one for one in rules if one.properties["group_id"] not in existing]
    names = ", ".join(f"{one.properties['group_id']} ({one.name})" for one in missing)
    return NotYet(f"there is no {names} to give rules to") if missing else True


def absent(
    clients: Clients, groups: Sequence[Resource], rules: Sequence[Resource], check_mode: bool
) -> tuple[list[Outcome], list[Outcome]]:
    """What became of the groups and of the rules. AWS deletes no group that a rule names: so all rules of the groups
    go first.
    """

    def read_groups() -> list[Resource]:
        return [pure.canonical_group(document) for document in described(clients, groups)]

    def read_all_rules() -> list[Resource]:
        ours = [pure.canonical_rules(document) for document in described(clients, groups)]
        known = {one.id for one in ours}
        others = [one for one in read_rules(clients, rules) if one.id not in known]
        return [one for one in [*ours, *others] if not pure.is_empty(one)]

    revoked = converge([], read_all_rules, _rule_operations(clients), check_mode)
    return converge([], read_groups, _group_operations(clients), check_mode), revoked


def _group_operations(clients: Clients) -> Operations:
    """What creates, changes and deletes a group."""

    def create(wanted: Resource) -> str:
        group_id = retry_until_visible(lambda: api.create(clients, wanted.name, wanted.properties))
        if group_id is None:
            return take_over(wanted)
        _revoke(clients, wanted.name, group_id, "egress", {pure.DEFAULT_EGRESS: ""})
        return group_id

    def take_over(wanted: Resource) -> str:
        what = f"security group {wanted.name} of another run"
        document = wait_for(lambda: next(iter(described(clients, [wanted])), None), _KNOWN_AFTER, what)
        refuse_changes([wanted], [pure.canonical_group(document)], pure.IMMUTABLE)
        change(wanted, pure.canonical_group(document))
        return str(document["GroupId"])

    def change(wanted: Resource, found: Resource) -> None:
        tags, before = wanted.properties["tags"], found.properties["tags"]
        ec2_tags.set_tags(clients, str(found.id), tags, sorted(set(before) - set(tags)))

    def delete(found: Resource) -> None:
        group_id = str(found.id)
        wait_for(
            lambda: api.delete(clients, group_id) or NotYet(_users(clients, group_id)),
            _FREE_AFTER,
            f"security group {found.name} to be free",
        )

    return Operations(create, change, delete)


def _users(clients: Clients, group_id: str) -> str:
    """What keeps a group from being deleted."""
    interfaces = [
        f"network interface {one['NetworkInterfaceId']} ({one.get('Description') or 'without description'})"
        for one in api.network_interfaces(clients, group_id)
    ]
    naming = [
        f"a rule of security group {one['GroupName']} ({one['GroupId']})"
        for key in ("ip-permission.group-id", "egress.ip-permission.group-id")
        for one in api.describe(clients, {key: [group_id]})
        if one["GroupId"] != group_id and group_id in str(one)
    ]
    return f"it is used by {', '.join([*interfaces, *dict.fromkeys(naming)]) or 'what AWS does not name'}"


def _rule_operations(clients: Clients) -> Operations:
    """What changes and revokes the rules of a group. New ones come before old ones go: no traffic is interrupted."""

    def change(wanted: Resource, found: Resource) -> None:
        for direction in pure.DIRECTIONS:
            changes = pure.changes(wanted.properties[direction], found.properties[direction])
            group_id = str(wanted.properties["group_id"])
            _authorize(clients, wanted.name, group_id, direction, changes.authorized)
            _revoke(clients, wanted.name, group_id, direction, changes.revoked)
            if changes.described:
                api.set_descriptions(clients, group_id, direction, _permissions(changes.described))

    def create(wanted: Resource) -> str:
        change(wanted, _without_rules(wanted))
        return str(wanted.properties["group_id"])

    return Operations(create, change, lambda found: change(_without_rules(found), found))


def _without_rules(rules: Resource) -> Resource:
    return replace(rules, properties={**rules.properties, **{direction: {} for direction in pure.DIRECTIONS}})


def _authorize(clients: Clients, name: str, group_id: str, direction: str, rules: Mapping[str, str]) -> None:
    _once_known(lambda: api.authorize(clients, group_id, direction, _permissions(rules)), rules, name)


def _revoke(clients: Clients, name: str, group_id: str, direction: str, rules: Mapping[str, str]) -> None:
    _once_known(lambda: api.revoke(clients, group_id, direction, _permissions(rules)), rules, name)


def _once_known(call: Callable[[], bool], rules: Mapping[str, str], name: str) -> None:
    if rules:
        state = NotYet(f"it does not know the group, or one that these rules name: {', '.join(rules)}")
        wait_for(lambda: call() or state, _KNOWN_AFTER, f"AWS to know security group {name}", interval=0.5)


def _permissions(rules: Mapping[str, str]) -> list[dict[str, Any]]:
    return [pure.permission(text, why) for text, why in rules.items()]
