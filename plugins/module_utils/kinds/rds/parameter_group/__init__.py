# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parameter groups of Amazon RDS, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients, caused_by
from ....engine.errors import FarflowError
from ....engine.patience import patient
from ....engine.reconcile import Hands, Outcome, reconcile
from ....engine.tags import NOTHING, Told
from .. import group_calls as api
from . import documents as pure

Group = Mapping[str, Any]

_FREE_AFTER = 180


def find(clients: Clients, environment: str, wanted: Collection[Group] = (), told: Told = NOTHING) -> list[Resource]:
    """The parameter groups whose names start with ``<environment>-`` and that carry the environment's tag, and the
    ``wanted`` ones, whatever they carry, as one sees them who wants them.
    """
    asked = _asked(wanted)
    near = [
        group
        for group in api.list_parameter_groups(clients)
        if group["DBParameterGroupName"] in asked or group["DBParameterGroupName"].startswith(f"{environment}-".lower())
    ]
    arns = [group["DBParameterGroupArn"] for group in near]
    tags = [told.get(arn) or api.tags(clients, arn) for arn in arns]
    tagged = [{**group, "tags": dict(each)} for group, each in zip(near, tags, strict=True)]
    return [
        _resource(clients, group, asked)
        for group in tagged
        if group["DBParameterGroupName"] in asked or group["tags"].get("farflow:environment") == environment
    ]


def read(clients: Clients, wanted: Collection[Group]) -> list[Resource]:
    """Those of the wanted parameter groups that exist."""
    asked = _asked(wanted)
    return [
        _resource(clients, {**group, "tags": api.tags(clients, group["DBParameterGroupArn"])}, asked)
        for group in api.list_parameter_groups(clients)
        if group["DBParameterGroupName"] in asked
    ]


def _asked(wanted: Collection[Group]) -> dict[str, list[str]]:
    """The names of the parameters that are wanted, by the group's name."""
    desired = map(pure.desired, wanted)
    return {group.name: list(group.properties["parameters"]) for group in desired}


def _resource(clients: Clients, group: dict[str, Any], asked: Mapping[str, Collection[str]]) -> Resource:
    """The group with what somebody set, and with what is asked for. AWS does not tell as set what equals the family's
    default, so that who wants that has to ask for it by name.
    """
    name = group["DBParameterGroupName"]
    parameters = api.parameters_of_user(clients, name) + api.parameters(clients, name, asked.get(name, ()))
    return pure.canonical({**group, "parameters": parameters})


def present(clients: Clients, groups: Sequence[Group], check_mode: bool) -> list[Outcome]:
    """Brings all groups to what is desired."""
    desired = [pure.desired(group) for group in groups]
    actual = read(clients, groups)
    _refuse_other_families(desired, actual)
    descriptions = {group["name"].lower(): group.get("description") or group["name"] for group in groups}
    return reconcile(desired, actual, _hands(clients, descriptions), check_mode)


def absent(clients: Clients, groups: Sequence[Group], check_mode: bool) -> list[Outcome]:
    """Deletes the named groups; content when they are gone."""
    actual = read(clients, groups)
    return reconcile([], actual, _hands(clients, {}), check_mode)


def _refuse_other_families(desired: Sequence[Resource], actual: Sequence[Resource]) -> None:
    families = {group.name: group.properties["family"] for group in actual}
    problems = [
        f"database parameter group {wanted.name}: family {families[wanted.name]} -> {wanted.properties['family']} "
        f"can't be changed: give the group for the other version another name"
        for wanted in desired
        if families.get(wanted.name, wanted.properties["family"]) != wanted.properties["family"]
    ]
    if problems:
        raise FarflowError("\n".join(problems))


def _hands(clients: Clients, descriptions: Mapping[str, str]) -> Hands:
    def create(wanted: Resource) -> str | None:
        properties = wanted.properties
        arn = api.create(clients, wanted.name, properties["family"], descriptions[wanted.name], properties["tags"])
        _set(clients, wanted.name, properties["parameters"], {})
        return arn

    def change(wanted: Resource, found: Resource) -> None:
        _set(clients, wanted.name, wanted.properties["parameters"], found.properties["parameters"])
        tags, before = wanted.properties["tags"], found.properties["tags"]
        if tags != before:
            api.set_tags(clients, str(wanted.id), tags, sorted(set(before) - set(tags)))

    hands = Hands(create, change, lambda found: api.delete(clients, found.name))
    return patient(hands, "database parameter group", _FREE_AFTER, lambda error: caused_by(error, api.IN_USE))


def _set(clients: Clients, name: str, wanted: Mapping[str, str], found: Mapping[str, str | None]) -> None:
    changed = {parameter: value for parameter, value in wanted.items() if value != found.get(parameter)}
    superfluous: dict[str, str | None] = dict.fromkeys(set(found) - set(wanted))
    if not changed and not superfluous:
        return
    described = api.parameters(clients, name, {*changed, *superfluous})
    static = {parameter["ParameterName"] for parameter in described if parameter.get("ApplyType") == "static"}
    if changed:
        api.modify(clients, name, pure.settings(changed, static))
    if superfluous:
        api.reset(clients, name, pure.settings(superfluous, static))
