# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Amazon RDS offers in the region: one thin function for each call. Gives AWS's documents."""

from __future__ import annotations

from typing import Any

from ....engine.clients import Clients, doing, pages

#: What AWS says to who asks about a family, a version or a class that there is not.
UNKNOWN = {"InvalidParameterValue", "InvalidParameterCombination", "DBParameterGroupNotFound"}

_OPTIONS_A_CALL = 1000


def parameters(clients: Clients, family: str) -> list[dict[str, Any]]:
    """The parameters of a family of parameter groups, with their defaults."""
    with doing("list", "parameters of database family", family):
        paginator = clients("rds").get_paginator("describe_engine_default_parameters")
        answers = paginator.paginate(DBParameterGroupFamily=family)
        return [each for answer in answers for each in answer["EngineDefaults"]["Parameters"]]


def orderable(clients: Clients, engine: str, **asked: str) -> list[dict[str, Any]]:
    """The combinations of version, class and storage of which instances can be made; ``asked`` narrows them by members
    of the call.
    """
    with doing("list", "classes of database engine", " ".join((engine, *asked.values()))):
        return pages(
            clients("rds"),
            "describe_orderable_db_instance_options",
            "OrderableDBInstanceOptions",
            Engine=engine,
            PaginationConfig={"PageSize": _OPTIONS_A_CALL},
            **asked,
        )
