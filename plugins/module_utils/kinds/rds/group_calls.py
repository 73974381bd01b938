# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Groups of Amazon RDS: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...engine.clients import Clients, chunks, doing, pages, tag_dict, tag_list, unless

_GROUP = "database parameter group"
_GONE = {"DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"}
_THERE = {"DBParameterGroupAlreadyExists", "DBParameterGroupAlreadyExistsFault"}
_PARAMETERS_A_CALL = 20
_NAMES_A_CALL = 100

_SUBNET_GROUP = "database subnet group"
_SUBNET_GROUP_GONE = {"DBSubnetGroupNotFoundFault"}
_SUBNET_GROUP_THERE = {"DBSubnetGroupAlreadyExists", "DBSubnetGroupAlreadyExistsFault"}

#: What AWS says of a group while an instance that was just deleted, or moved, counts as its member.
IN_USE = {"InvalidDBParameterGroupState", "InvalidDBSubnetGroupStateFault"}


def list_subnet_groups(clients: Clients) -> list[dict[str, Any]]:
    """Every subnet group of the account in the region."""
    with doing("list", "database subnet groups"):
        return pages(clients("rds"), "describe_db_subnet_groups", "DBSubnetGroups")


def list_parameter_groups(clients: Clients) -> list[dict[str, Any]]:
    """Every parameter group of the account in the region."""
    with doing("list", "database parameter groups"):
        return pages(clients("rds"), "describe_db_parameter_groups", "DBParameterGroups")


def tags(clients: Clients, arn: str) -> dict[str, str]:
    """The tags of anything in RDS."""
    with doing("read the tags of", arn):
        return tag_dict(clients("rds").list_tags_for_resource(ResourceName=arn)["TagList"])


def set_tags(clients: Clients, arn: str, wanted: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags of anything in RDS and removes the superfluous ones."""
    client = clients("rds")
    with doing("tag", arn):
        if superfluous:
            client.remove_tags_from_resource(ResourceName=arn, TagKeys=superfluous)
        if wanted:
            client.add_tags_to_resource(ResourceName=arn, Tags=tag_list(dict(wanted)))


def parameters_of_user(clients: Clients, name: str) -> list[dict[str, Any]]:
    """The parameters of a group to which somebody gave another value than the family's default."""
    with doing("read the parameters of", _GROUP, name):
        return pages(clients("rds"), "describe_db_parameters", "Parameters", DBParameterGroupName=name, Source="user")


def parameters(clients: Clients, name: str, parameter_names: Collection[str]) -> list[dict[str, Any]]:
    """The parameters of a group that have these names, whoever gave them their values; a default that is Postgres's own
    comes without a value.
    """
    found: list[dict[str, Any]] = []
    with doing("read the parameters of", _GROUP, name):
        for some in chunks(sorted(parameter_names), _NAMES_A_CALL):
            asked = [{"Name": "parameter-name", "Values": some}]
            found += pages(
                clients("rds"), "describe_db_parameters", "Parameters", DBParameterGroupName=name, Filters=asked
            )
    return found


def create(clients: Clients, name: str, family: str, description: str, given_tags: Mapping[str, str]) -> str | None:
    """Makes a parameter group. Its ARN, or None when another run has just made one of that name."""
    arguments = {
        "DBParameterGroupName": name,
        "DBParameterGroupFamily": family,
        "Description": description,
        "Tags": tag_list(dict(given_tags)),
    }
    with doing("create", _GROUP, name):
        answer = unless(_THERE, lambda: clients("rds").create_db_parameter_group(**arguments))
    return str(answer["DBParameterGroup"]["DBParameterGroupArn"]) if answer else None


def modify(clients: Clients, name: str, settings: list[dict[str, str]]) -> None:
    """Sets parameters."""
    with doing("set parameters of", _GROUP, name):
        for some in chunks(settings, _PARAMETERS_A_CALL):
            clients("rds").modify_db_parameter_group(DBParameterGroupName=name, Parameters=some)


def reset(clients: Clients, name: str, settings: list[dict[str, str]]) -> None:
    """Gives parameters back to AWS's defaults."""
    with doing("reset parameters of", _GROUP, name):
        for some in chunks(settings, _PARAMETERS_A_CALL):
            clients("rds").reset_db_parameter_group(
                DBParameterGroupName=name, ResetAllParameters=False, Parameters=some
            )


def delete(clients: Clients, name: str) -> None:
    """Deletes a parameter group that no instance uses; one that is gone is fine."""
    with doing("delete", _GROUP, name):
        unless(_GONE, lambda: clients("rds").delete_db_parameter_group(DBParameterGroupName=name))


def create_subnet_group(clients: Clients, name: str, wanted: Mapping[str, Any]) -> str | None:
    """Makes a subnet group. Its ARN, or None when another run has just made one of that name."""
    arguments = {
        "DBSubnetGroupName": name,
        "DBSubnetGroupDescription": wanted["description"],
        "SubnetIds": wanted["subnet_ids"],
        "Tags": tag_list(dict(wanted["tags"])),
    }
    with doing("create", _SUBNET_GROUP, name):
        answer = unless(_SUBNET_GROUP_THERE, lambda: clients("rds").create_db_subnet_group(**arguments))
    return str(answer["DBSubnetGroup"]["DBSubnetGroupArn"]) if answer else None


def modify_subnet_group(clients: Clients, name: str, wanted: Mapping[str, Any]) -> None:
    """Sets description and subnets."""
    with doing("change", _SUBNET_GROUP, name):
        clients("rds").modify_db_subnet_group(
            DBSubnetGroupName=name, DBSubnetGroupDescription=wanted["description"], SubnetIds=wanted["subnet_ids"]
        )


def delete_subnet_group(clients: Clients, name: str) -> None:
    """Deletes a subnet group that no instance uses; one that is gone is fine."""
    with doing("delete", _SUBNET_GROUP, name):
        unless(_SUBNET_GROUP_GONE, lambda: clients("rds").delete_db_subnet_group(DBSubnetGroupName=name))
