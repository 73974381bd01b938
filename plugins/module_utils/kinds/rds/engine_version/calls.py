# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Versions of database engines in Amazon RDS: one thin function for each call. Gives AWS's documents."""

from __future__ import annotations

from typing import Any

from ....engine.clients import Clients, doing, pages


def list_available(clients: Clients, engine: str) -> list[dict[str, Any]]:
    """The versions of an engine of which databases can be made in the region."""
    with doing("list", "versions of database engine", engine):
        return pages(clients("rds"), "describe_db_engine_versions", "DBEngineVersions", Engine=engine)


def describe(clients: Clients, engine: str, version: str) -> list[dict[str, Any]]:
    """One version, also if no databases are made of it any more; none when there is none."""
    with doing("describe", "database engine", f"{engine} {version}"):
        return pages(
            clients("rds"),
            "describe_db_engine_versions",
            "DBEngineVersions",
            Engine=engine,
            EngineVersion=version,
            IncludeAll=True,
        )
