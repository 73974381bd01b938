# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Versions of PostgreSQL in Amazon RDS: which there are, what AWS upgrades them to, and how long it supports them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from ....engine.actions import Resource

TYPE = "rds_engine_version"

#: The attribute that holds to which versions AWS upgrades one, or an instance of it.
TARGETS = "upgrade_targets"

#: The last day of AWS's standard support, by major version. Source: "Release calendar for Amazon RDS for PostgreSQL" in
#: its release notes, as of November 2026.
SUPPORTED_UNTIL = {
    13: date(2026, 2, 28),
    14: date(2027, 2, 28),
    15: date(2028, 2, 29),
    16: date(2029, 2, 28),
    17: date(2030, 2, 28),
    18: date(2031, 2, 28),
}


def canonical(document: Mapping[str, Any], today: date) -> Resource:
    """A member of DescribeDBEngineVersions' answer as a resource, with what it can be upgraded to."""
    version = document["EngineVersion"]
    targets = [target["EngineVersion"] for target in document.get("ValidUpgradeTarget") or []]
    return Resource(TYPE, version, attributes={TARGETS: targets, "supported": not has_ended(version, today)})


def numbers(version: str) -> list[int]:
    """The numbers of a version of PostgreSQL: ``17.4`` -> ``[17, 4]``, ``17.4-R2`` -> ``[17, 4]``."""
    return [int(part) for part in version.partition("-")[0].split(".")]


def major(version: str) -> int:
    """The major version: 17 of ``17.4``."""
    return numbers(version)[0]


def newest(versions: Iterable[str], wanted: str) -> str | None:
    """The highest of the versions that ``wanted`` stands for; None when it stands for none of them."""
    meant = [version for version in versions if version == wanted or version.startswith(f"{wanted}.")]
    return max(meant, key=numbers, default=None)


def alternatives(versions: Collection[str], wanted: str) -> list[str]:
    """What there is instead of one that there is not: the minor versions of its major one, else the major versions."""
    same = sorted((version for version in versions if major(version) == major(wanted)), key=numbers)
    return same or sorted({str(major(version)) for version in versions}, key=int)


def support_ends(version: str) -> date | None:
    """The last day of AWS's standard support of its major version; None where that is not known."""
    return SUPPORTED_UNTIL.get(major(version))


def has_ended(version: str, today: date) -> bool:
    """Whether AWS's standard support of its major version is over."""
    return today > (support_ends(version) or date.max)
