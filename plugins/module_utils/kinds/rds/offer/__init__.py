# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Amazon RDS offers, looked up where a deploy hangs on it. Who may not look goes on without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import ACCESS_DENIED, Clients, caused_by
from ....engine.errors import FarflowError
from ..engine_version.documents import newest
from . import calls
from . import family_parameters as rds_parameters
from . import instance_classes as rds_classes

_ENGINE = "postgres"

Documents = list[dict[str, Any]]


def parameters(clients: Clients, family: str) -> list[Resource]:
    """The parameters of a family; none of one that there is not."""
    try:
        documents = _unless_unknown(lambda: calls.parameters(clients, family))
    except FarflowError as error:
        if not caused_by(error, ACCESS_DENIED):
            raise
        return [rds_parameters.denied(family, str(error))]
    return [rds_parameters.canonical(family, documents)] if documents else []


def missing_class(clients: Clients, wanted: rds_classes.Wanted) -> list[Resource]:
    """That a class can't be had; nothing where it can, or where AWS tells nothing of the version."""
    try:
        return _missing_class(clients, wanted)
    except FarflowError as error:
        if not caused_by(error, ACCESS_DENIED):
            raise
        return [rds_classes.denied(wanted, str(error))]


def _missing_class(clients: Clients, wanted: rds_classes.Wanted) -> list[Resource]:
    is_exact = wanted.version == wanted.example
    # Of a major version alone nobody knows which minor one AWS will take.
    asked = {"EngineVersion": wanted.version} if is_exact else {}
    options = _unless_unknown(lambda: calls.orderable(clients, _ENGINE, DBInstanceClass=wanted.name, **asked))
    if newest([each["EngineVersion"] for each in options], wanted.version):
        return []
    options = _unless_unknown(lambda: calls.orderable(clients, _ENGINE, EngineVersion=wanted.example))
    others = {each["DBInstanceClass"] for each in options}
    return [rds_classes.missing(wanted, others)] if others and wanted.name not in others else []


def _unless_unknown(ask: Callable[[], Documents]) -> Documents:
    """What AWS tells; nothing where it does not know what is asked about."""
    try:
        return ask()
    except FarflowError as error:
        if not caused_by(error, calls.UNKNOWN):
            raise
        return []
