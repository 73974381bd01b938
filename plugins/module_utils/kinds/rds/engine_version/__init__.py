# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Versions of PostgreSQL in Amazon RDS, as a creation and an upgrade have to know them."""

from __future__ import annotations

from ....engine.actions import Resource
from ....engine.clients import Clients
from ....engine.waiting import now
from . import calls
from . import documents as version_documents

_ENGINE = "postgres"


def find(clients: Clients, wanted: str, instance: Resource | None) -> list[Resource]:
    """The versions that an instance of the ``wanted`` one can be made of; where there is an instance, its own version,
    unless that is as good.
    """
    if not instance:
        documents = calls.list_available(clients, _ENGINE)
    elif instance.properties["engine_version"] != wanted:
        documents = calls.describe(clients, _ENGINE, instance.properties["engine_version"])
    else:
        documents = []
    return [version_documents.canonical(document, now().date()) for document in documents]


def targets(clients: Clients, version: str) -> list[str]:
    """What AWS upgrades a version to."""
    documents = calls.describe(clients, _ENGINE, version)
    return [
        target
        for each in documents
        for target in version_documents.canonical(each, now().date()).attributes[version_documents.TARGETS]
    ]
