"""RDS: the versions of Postgres that there are, what a major version alone means, and to which versions each can be
upgraded.
"""

from __future__ import annotations

from typing import Any

from ministack.services import rds

ENGINE = "postgres"

#: Each line was released on one day. Source: "Amazon RDS for PostgreSQL updates" in its release notes.
_RELEASES = (
    ("13.22", "14.19", "15.14", "16.10", "17.6"),
    ("13.23", "14.20", "15.15", "16.11", "17.7", "18.1"),
    ("14.22", "15.17", "16.13", "17.9", "18.3"),
    ("14.23", "15.18", "16.14", "17.10", "18.4"),
)
VERSIONS = {version: day for day, versions in enumerate(_RELEASES) for version in versions}
#: What AWS takes where a major version is given. It follows the newest one late, and each major version by itself.
_DEFAULTS = {"13": "13.23", "14": "14.22", "15": "15.17", "16": "16.13", "17": "17.9", "18": "18.1"}
#: No new database is made of these, but with Extended Support.
_UNSUPPORTED = {"13"}
_EXTENDED_SUPPORT = "open-source-rds-extended-support"


def apply() -> None:
    for action in ("CreateDBInstance", "ModifyDBInstance"):
        rds._ACTION_MAP[action] = resolve_version(rds._ACTION_MAP[action])
    rds._ACTION_MAP["DescribeDBEngineVersions"] = tell_versions(rds._ACTION_MAP["DescribeDBEngineVersions"])


def resolve_version(handle):
    """Faults: any version can be made, and any upgrade; a major version alone stays what it is."""

    def handler(parameters: dict[str, Any]):
        asked = rds._p(parameters, "EngineVersion")
        if not asked:
            return handle(parameters)
        version = _DEFAULTS.get(asked, asked)
        record = rds._instances.get(rds._p(parameters, "DBInstanceIdentifier"))
        if record is None:
            refusal = _creation_refusal(version, parameters)
        else:
            refusal = _upgrade_refusal(record["EngineVersion"], version, parameters)
        if refusal:
            return rds._error("InvalidParameterCombination", refusal, 400)
        return handle({**parameters, "EngineVersion": [version]})

    return handler


def _creation_refusal(version: str, parameters: dict[str, Any]) -> str:
    supported = rds._p(parameters, "EngineLifecycleSupport") in ("", _EXTENDED_SUPPORT)
    if version not in VERSIONS:
        return f"Cannot find version {version} for {ENGINE}"
    if major(version) in _UNSUPPORTED and not supported:
        return f"Version {version} for {ENGINE} is past its end of standard support date"
    return ""


def _upgrade_refusal(before: str, version: str, parameters: dict[str, Any]) -> str:
    if version == before:
        return ""
    if version not in _targets(before):
        return f"Cannot upgrade {ENGINE} from {before} to {version}"
    if major(version) != major(before) and rds._p(parameters, "AllowMajorVersionUpgrade") != "true":
        return "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
    return ""


def major(version: str) -> str:
    return version.partition(".")[0]


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _targets(version: str) -> list[str]:
    """A newer one of the same major version, or one of a newer major version that is not of an earlier day."""
    day = VERSIONS.get(version, len(_RELEASES))
    return [
        other
        for other in sorted(VERSIONS, key=_numbers)
        if _numbers(other) > _numbers(version) and VERSIONS[other] >= day
    ]


def tell_versions(describe):
    """Fault: a few old versions are told, without what each can be upgraded to."""

    def handler(parameters: dict[str, Any]):
        if rds._p(parameters, "Engine") != ENGINE:
            return describe(parameters)
        asked, only_default = rds._p(parameters, "EngineVersion"), rds._p(parameters, "DefaultOnly") == "true"
        told = "".join(
            _engine_version(version)
            for version in sorted(VERSIONS, key=_numbers)
            if asked in ("", version) and (not only_default or version in _DEFAULTS.values())
        )
        result = f"<DBEngineVersions>{told}</DBEngineVersions>"
        action = "DescribeDBEngineVersions"
        return rds._xml(200, f"{action}Response", f"<{action}Result>{result}</{action}Result>")

    return handler


def _engine_version(version: str) -> str:
    targets = "".join(
        f"<UpgradeTarget><Engine>{ENGINE}</Engine><EngineVersion>{target}</EngineVersion></UpgradeTarget>"
        for target in _targets(version)
    )
    return (
        f"<DBEngineVersion><Engine>{ENGINE}</Engine><EngineVersion>{version}</EngineVersion>"
        f"<MajorEngineVersion>{major(version)}</MajorEngineVersion>"
        f"<DBParameterGroupFamily>postgres{major(version)}</DBParameterGroupFamily>"
        f"<ValidUpgradeTarget>{targets}</ValidUpgradeTarget><Status>available</Status></DBEngineVersion>"
    )
