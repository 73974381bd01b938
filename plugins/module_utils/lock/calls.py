# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parameters of Systems Manager: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.clients import Clients, doing, pages, tag_list, unless

_WHAT = "parameter"


def create(clients: Clients, name: str, value: str, description: str, tags: Mapping[str, str]) -> bool:
    """Makes a parameter; False when there is one of this name."""
    arguments = {"Name": name, "Value": value, "Description": description, "Type": "String"}
    with doing("create", _WHAT, name):
        answer = unless(
            {"ParameterAlreadyExists", "TooManyUpdates"},
            lambda: clients("ssm").put_parameter(**arguments, Tags=tag_list(dict(tags))),
        )
    return answer is not None


def overwrite(clients: Clients, name: str, value: str) -> bool:
    """Writes the next version of a parameter, and makes it when it is gone; False when others write it just now."""
    with doing("overwrite", _WHAT, name):
        answer = unless(
            {"TooManyUpdates"},
            lambda: clients("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True),
        )
    return answer is not None


def history(clients: Clients, name: str) -> list[dict[str, Any]]:
    """The last hundred versions of a parameter, oldest first; none when there is no such parameter."""
    with doing("read the history of", _WHAT, name):
        versions = unless(
            {"ParameterNotFound"},
            lambda: pages(clients("ssm"), "get_parameter_history", "Parameters", Name=name),
            [],
        )
    return sorted(versions, key=lambda version: int(version["Version"]))


def delete(clients: Clients, name: str) -> None:
    """Deletes a parameter with its history; one that is gone is fine."""
    with doing("delete", _WHAT, name):
        unless({"ParameterNotFound"}, lambda: clients("ssm").delete_parameter(Name=name))
