"""ECS: volumes of a task. An EFS file system is a folder of the instance, a scratch volume a Docker volume."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ministack.services import ecs, efs

from ..settings import Settings


def binds(container: dict[str, Any], definition: dict[str, Any], task_id: str, settings: Settings) -> list[str]:
    """`source:path:mode` for each mount point whose volume is EFS or scratch (the others are ministack's)."""
    volumes = {volume["name"]: volume for volume in definition.get("volumes", [])}
    found = []
    for mount in container.get("mountPoints", []):
        volume = volumes.get(mount.get("sourceVolume"), {})
        if volume.get("host", {}).get("sourcePath") or not volume:
            continue
        source = _source(volume, task_id, settings)
        found.append(f"{source}:{mount['containerPath']}:{'ro' if mount.get('readOnly') else 'rw'}")
    return found


def _source(volume: dict[str, Any], task_id: str, settings: Settings) -> str:
    configuration = volume.get("efsVolumeConfiguration")
    if configuration:
        return str(_efs_folder(configuration, settings))
    return f"{settings.volume_prefix}{task_id}.{volume['name']}"


def _efs_folder(configuration: dict[str, Any], settings: Settings) -> Path:
    """Folder behind an EFS volume; of an access point, its root directory, made at the first mount."""
    file_system = configuration["fileSystemId"]
    if file_system not in efs._file_systems:
        raise ecs._SecretResolutionError(f"failed to invoke EFS utils: file system {file_system} does not exist")
    root = settings.path("efs", file_system)
    root.mkdir(parents=True, exist_ok=True)
    access_point_id = configuration.get("authorizationConfig", {}).get("accessPointId")
    if not access_point_id:
        return root / configuration.get("rootDirectory", "/").lstrip("/")
    access_point = efs._access_points[access_point_id]
    directory = access_point["RootDirectory"]
    folder = root / directory["Path"].lstrip("/")
    if not folder.exists():
        folder.mkdir(parents=True)
        creation = directory.get("CreationInfo", {})
        if creation and os.geteuid() == 0:
            os.chown(folder, creation["OwnerUid"], creation["OwnerGid"])
    if access_point.get("PosixUser"):
        # An access point acts as its own user whoever the container runs as; a folder can only let all in.
        folder.chmod(0o777)
    return folder
