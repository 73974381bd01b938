# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CodeBuild projects, as they are compared: in the members of AWS's API, with the defaults that AWS fills in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...engine.actions import Resource

TYPE = "codebuild_project"

COMPUTE_TYPES = [f"BUILD_GENERAL1_{size}" for size in ("SMALL", "MEDIUM", "LARGE", "XLARGE", "2XLARGE")]
ENVIRONMENT_TYPES = ["LINUX_CONTAINER", "ARM_CONTAINER"]
CACHE_MODES = ["LOCAL_DOCKER_LAYER_CACHE", "LOCAL_SOURCE_CACHE", "LOCAL_CUSTOM_CACHE"]
PULL_CREDENTIALS = ["CODEBUILD", "SERVICE_ROLE"]

VISIBILITY = "projectVisibility"

_OWN_KEY = "alias/aws/s3"

_DEFAULTS: dict[str, Any] = {
    "artifacts": {"overrideArtifactName": False, "encryptionDisabled": False},
    "autoRetryLimit": 0,
    "badgeEnabled": False,
    "buildBatchConfig": {},
    "cache": {"type": "NO_CACHE"},
    "encryptionKey": _OWN_KEY,
    "environment": {"privilegedMode": False, "imagePullCredentialsType": "CODEBUILD"},
    "logsConfig": {
        "cloudWatchLogs": {"status": "ENABLED"},
        "s3Logs": {"status": "DISABLED", "encryptionDisabled": False},
    },
    VISIBILITY: "PRIVATE",
    "queuedTimeoutInMinutes": 480,
    "source": {"gitCloneDepth": 0, "insecureSsl": False, "reportBuildStatus": False},
    "timeoutInMinutes": 60,
    "vpcConfig": {},
}

#: By what AWS tells the members of its lists apart; their order means nothing.
_KEYS = {
    "environmentVariables": "name",
    "fileSystemLocations": "identifier",
    "secondaryArtifacts": "artifactIdentifier",
    "secondarySources": "sourceIdentifier",
    "secondarySourceVersions": "sourceIdentifier",
    "tags": "key",
}

_SOURCE = (
    "auth buildStatusConfig buildspec gitCloneDepth gitSubmodulesConfig insecureSsl location reportBuildStatus "
    "sourceIdentifier type"
)
_ARTIFACTS = (
    "artifactIdentifier bucketOwnerAccess encryptionDisabled location name namespaceType overrideArtifactName "
    "packaging path type"
)

#: The members of a project that somebody sets, by the name of the structure that they are in. AWS tells of others:
#: what it has found or made itself, a webhook (which belongs to a source, and ours have none), the kernel of its hosts,
#: which it chooses where nobody does, and what it has added since. They are no difference.
_MEMBERS = {
    name: frozenset(members.split())
    for name, members in {
        "project": (
            "artifacts autoRetryLimit badgeEnabled buildBatchConfig cache concurrentBuildLimit description "
            "encryptionKey environment fileSystemLocations logsConfig projectVisibility queuedTimeoutInMinutes "
            "secondaryArtifacts secondarySourceVersions secondarySources serviceRole source sourceVersion tags "
            "timeoutInMinutes vpcConfig"
        ),
        "artifacts": _ARTIFACTS,
        "auth": "resource type",
        "buildBatchConfig": "batchReportMode combineArtifacts restrictions serviceRole timeoutInMins",
        "buildStatusConfig": "context targetUrl",
        "cache": "cacheNamespace location modes type",
        "cloudWatchLogs": "groupName status streamName",
        "computeConfiguration": "disk instanceType machineType memory vCpu",
        "dockerServer": "computeType securityGroupIds status",
        "environment": (
            "certificate computeConfiguration computeType dockerServer environmentVariables fleet image "
            "imagePullCredentialsType privilegedMode registryCredential type"
        ),
        "environmentVariables": "name type value",
        "fileSystemLocations": "identifier location mountOptions mountPoint type",
        "fleet": "fleetArn",
        "gitSubmodulesConfig": "fetchSubmodules",
        "logsConfig": "cloudWatchLogs s3Logs",
        "registryCredential": "credential credentialProvider",
        "restrictions": "computeTypesAllowed fleetsAllowed maximumBuildsAllowed",
        "s3Logs": "bucketOwnerAccess encryptionDisabled location status",
        "secondaryArtifacts": _ARTIFACTS,
        "secondarySources": _SOURCE,
        "secondarySourceVersions": "sourceIdentifier sourceVersion",
        "source": _SOURCE,
        "status": "message status",
        "tags": "key value",
        "vpcConfig": "securityGroupIds subnets vpcId",
    }.items()
}

#: What UpdateProject takes for "none"; what its input leaves out stays as it was.
_CLEARED: dict[str, Any] = {
    "buildBatchConfig": {},
    "concurrentBuildLimit": -1,
    "description": "",
    "fileSystemLocations": [],
    "secondaryArtifacts": [],
    "secondarySources": [],
    "secondarySourceVersions": [],
    "sourceVersion": "",
    "vpcConfig": {},
}


def desired(project: Mapping[str, Any]) -> Resource:
    """``{name, service_role, image, buildspec, description?, environment_type?, compute_type?, privileged_mode?,
    environment_variables?, image_pull_credentials_type?, cache_modes?, log_group?, timeout_in_minutes?,
    queued_timeout_in_minutes?, concurrent_build_limit?, encryption_key?, tags?}`` as a resource: a project without
    source and artifacts.
    """
    modes, group = project.get("cache_modes"), project.get("log_group")
    variables = project.get("environment_variables") or {}
    document = {
        "description": project.get("description"),
        "source": {"type": "NO_SOURCE", "buildspec": project["buildspec"]},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "cache": {"type": "LOCAL", "modes": list(modes)} if modes else None,
        "environment": {
            "type": project.get("environment_type") or ENVIRONMENT_TYPES[0],
            "image": project["image"],
            "computeType": project.get("compute_type") or COMPUTE_TYPES[0],
            "privilegedMode": project.get("privileged_mode"),
            "imagePullCredentialsType": project.get("image_pull_credentials_type"),
            "environmentVariables": [{"name": name, "value": str(value)} for name, value in variables.items()],
        },
        "serviceRole": project["service_role"],
        "timeoutInMinutes": project.get("timeout_in_minutes"),
        "queuedTimeoutInMinutes": project.get("queued_timeout_in_minutes"),
        "concurrentBuildLimit": project.get("concurrent_build_limit"),
        "encryptionKey": project.get("encryption_key"),
        "logsConfig": {"cloudWatchLogs": {"groupName": group}} if group else None,
        "tags": [{"key": key, "value": value} for key, value in (project.get("tags") or {}).items()],
    }
    return Resource(TYPE, project["name"], _canonical(document))


def canonical(document: Mapping[str, Any]) -> Resource:
    """A member of BatchGetProjects' answer as a resource."""
    badge = bool((document.get("badge") or {}).get("badgeEnabled"))
    properties = _canonical(_known("project", {**document, "badgeEnabled": badge}))
    return Resource(TYPE, document["name"], properties, document["arn"])


def _known(structure: str, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_known(structure, item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {name: _known(name, item) for name, item in value.items() if name in _MEMBERS.get(structure, ())}


def create_request(wanted: Resource) -> dict[str, Any]:
    """The arguments of CreateProject: what AWS would not fill in by itself."""
    told = {key: value for key, value in wanted.properties.items() if value and value != _DEFAULTS.get(key)}
    return {"name": wanted.name, **{key: _listed(key, value) for key, value in told.items()}}


def update_request(wanted: Resource, differs: Collection[str], ignored_tags: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of UpdateProject: the members that differ, and all tags, which it takes away when it is not given
    them.
    """
    properties = {**wanted.properties, "tags": {**ignored_tags, **wanted.properties["tags"]}}
    changed = {name: _listed(name, properties.get(name)) for name in {*differs, "tags"} - {VISIBILITY}}
    return {"name": wanted.name, **{name: value or _CLEARED.get(name, value) for name, value in changed.items()}}


def _canonical(document: Mapping[str, Any]) -> dict[str, Any]:
    filled: dict[str, Any] = _filled(document, _DEFAULTS)
    key = str(filled["encryptionKey"])
    alias = key.rpartition(":")[2]
    tags = {tag["key"]: tag["value"] for tag in document.get("tags") or []}
    merged: dict[str, Any] = _unordered("", filled)
    return {**merged, "encryptionKey": alias if alias.startswith("alias/") else key, "tags": tags}


def _filled(given: Any, defaults: Any) -> Any:
    """A document with what it leaves out, or has empty, taken from the defaults."""
    if isinstance(defaults, Mapping):
        given = given or {}
        return {**given, **{key: _filled(given.get(key), default) for key, default in defaults.items()}}
    return defaults if given in (None, "") else given


def _unordered(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {inner: _unordered(inner, item) for inner, item in value.items() if item != ""}
    if not isinstance(value, (list, tuple)):
        return value
    if key in _KEYS:
        by = _KEYS[key]
        items = sorted((dict(item) for item in value), key=lambda item: str(item[by]))
        typed = {"type": "PLAINTEXT"} if key == "environmentVariables" else {}
        return {item.pop(by): {**typed, **item} for item in items}
    return sorted(value)


def _listed(key: str, value: Any) -> Any:
    """The other way round: as AWS takes it, without what is empty, false or zero inside, which AWS takes as said."""
    if key == "tags":
        return [{"key": name, "value": text} for name, text in value.items()]
    if key in _KEYS:
        return [{_KEYS[key]: name, **item} for name, item in (value or {}).items()]
    if isinstance(value, Mapping):
        return {inner: _listed(inner, item) for inner, item in value.items() if item}
    return value
