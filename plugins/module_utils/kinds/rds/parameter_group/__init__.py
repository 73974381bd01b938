# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parameter groups of Amazon RDS."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients, chunks, pages, tag_list
from ....engine.kind import Document
from ..group import RdsGroup
from . import documents

_PARAMETERS_A_CALL = 20
_NAMES_A_CALL = 100


class ParameterGroup(RdsGroup):
    """The parameters with which a database runs. AWS does not tell as set what equals the family's default, so that who
    wants that has to ask for it by name.
    """

    type = documents.TYPE
    title, titles = "database parameter group", "database parameter groups"
    gone = frozenset({"DBParameterGroupNotFound"})
    exists = frozenset({"DBParameterGroupAlreadyExists"})
    #: What AWS says while an instance that was just deleted, or moved, counts as a member.
    busy = frozenset({"InvalidDBParameterGroupState"})
    immutable = documents.IMMUTABLE
    name_member, arn_member = "DBParameterGroupName", "DBParameterGroupArn"

    def __init__(self, groups: Iterable[Mapping[str, Any]] = ()) -> None:
        """Seen by one who wants these, given as to the module."""
        self._descriptions = {each["name"].lower(): each.get("description") or each["name"] for each in groups}
        self._asked = {each.name: list(each.properties["parameters"]) for each in map(documents.desired, groups)}

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return documents.desired(arguments)

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        found = pages(clients("rds"), "describe_db_parameter_groups", "DBParameterGroups")
        return [group for group in found if self.name(group).startswith(prefix)]

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        client, name = clients("rds"), self.name(document)
        given = pages(client, "describe_db_parameters", "Parameters", DBParameterGroupName=name, Source="user")
        parameters = given + _named(client, name, self._asked.get(name, ()))
        return documents.canonical({**document, "parameters": parameters, "tags": tags})

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """AWS takes the parameters in calls of their own."""
        client, name, properties = clients("rds"), wanted.name, wanted.properties
        answer = client.create_db_parameter_group(
            DBParameterGroupName=name,
            DBParameterGroupFamily=properties["family"],
            Description=self._descriptions[name],
            Tags=tag_list(properties["tags"]),
        )
        _set(client, name, properties["parameters"], {})
        return str(answer["DBParameterGroup"]["DBParameterGroupArn"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        _set(clients("rds"), wanted.name, wanted.properties["parameters"], found.properties["parameters"])

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("rds").delete_db_parameter_group(DBParameterGroupName=found.name)


def _named(client: Any, group: str, names: Collection[str]) -> list[dict[str, Any]]:
    """The parameters of these names, whoever gave them their values; a default that is Postgres's own comes without."""
    found: list[dict[str, Any]] = []
    for some in chunks(sorted(names), _NAMES_A_CALL):
        asked = [{"Name": "parameter-name", "Values": some}]
        found += pages(client, "describe_db_parameters", "Parameters", DBParameterGroupName=group, Filters=asked)
    return found


def _set(client: Any, group: str, wanted: Mapping[str, str], found: Mapping[str, str | None]) -> None:
    changed = {name: value for name, value in wanted.items() if value != found.get(name)}
    superfluous: dict[str, str | None] = dict.fromkeys(set(found) - set(wanted))
    described = _named(client, group, {*changed, *superfluous})
    static = {each["ParameterName"] for each in described if each.get("ApplyType") == "static"}
    for some in chunks(documents.settings(changed, static), _PARAMETERS_A_CALL):
        client.modify_db_parameter_group(DBParameterGroupName=group, Parameters=some)
    for some in chunks(documents.settings(superfluous, static), _PARAMETERS_A_CALL):
        client.reset_db_parameter_group(DBParameterGroupName=group, ResetAllParameters=False, Parameters=some)
