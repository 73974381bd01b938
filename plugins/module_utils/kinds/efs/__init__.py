# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EFS file systems, with their mount targets and access points."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ...engine import policy_documents
from ...engine.actions import Resource
from ...engine.changing import operations
from ...engine.clients import Clients, doing, pages, tag_list, unless
from ...engine.errors import FarflowError
from ...engine.kind import Begun, Document, Kind
from ...engine.parallel import in_parallel
from ...engine.reading import listed, read_listed, unless_gone
from ...engine.steps import Steps, of_type
from ...engine.tags import ENVIRONMENT
from ...engine.waiting import NotYet, wait_for
from . import documents

_GOING = {"deleting", "deleted"}
_NO_POLICY = {"PolicyNotFound"}
_NOT_REPLICATED = {"ReplicationNotFound"}


class _OfEfs(Kind):
    """AWS makes, changes and deletes file systems and mount targets after the call."""

    gone = frozenset({"FileSystemNotFound", "MountTargetNotFound", "AccessPointNotFound"})
    patience = 300
    gone_after = 600

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        """They come with the list."""
        return documents.tags(document)

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients("efs").tag_resource(ResourceId=found.id, Tags=tag_list(dict(tags)))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients("efs").untag_resource(ResourceId=found.id, TagKeys=keys)


class FileSystem(_OfEfs):
    """A file system. Its name is the token with which it was made: AWS knows no second one of that."""

    type = documents.FILE_SYSTEM
    title, titles = "EFS file system", "EFS file systems"
    immutable = documents.IMMUTABLE

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        """AWS lists one while it deletes it."""
        found = pages(clients("efs"), "describe_file_systems", "FileSystems")
        return [document for document in found if document["LifeCycleState"] not in _GOING]

    def look_up(self, clients: Clients, name: str) -> Document | None:
        found = clients("efs").describe_file_systems(CreationToken=name)["FileSystems"]
        return next((document for document in found if document["LifeCycleState"] not in _GOING), None)

    def name(self, document: Document) -> str:
        return str(document["CreationToken"])

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        """AWS tells each of these by a call of its own."""
        client, id_ = clients("efs"), document["FileSystemId"]
        lifecycle = client.describe_lifecycle_configuration(FileSystemId=id_).get("LifecyclePolicies") or []
        backup = unless(_NO_POLICY, lambda: client.describe_backup_policy(FileSystemId=id_), {})
        policy = unless(_NO_POLICY, lambda: client.describe_file_system_policy(FileSystemId=id_), {})
        replicated = unless(_NOT_REPLICATED, lambda: client.describe_replication_configurations(FileSystemId=id_), {})
        status, key = (backup.get("BackupPolicy") or {}).get("Status"), _chosen_key(clients, document.get("KmsKeyId"))
        replications = replicated.get("Replications") or []
        return documents.canonical_file_system(document, lifecycle, status, policy.get("Policy"), replications, key)

    def create(self, clients: Clients, wanted: Resource) -> str | Begun | None:
        """While AWS deletes a file system it keeps the name for it, and one has to be made again."""
        request = documents.create_request(wanted)

        def begin() -> None:
            unless({"FileSystemAlreadyExists"}, lambda: clients("efs").create_file_system(**request))

        def progress() -> bool | NotYet:
            found = self.look_up(clients, wanted.name)
            if found:
                return _is_available(found)
            begin()
            return NotYet("AWS does not show it, or is deleting another of its name")

        begin()
        return Begun(progress)

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> Begun | None:
        client, id_, properties = clients("efs"), found.id, wanted.properties
        if "lifecycle" in differs:
            policies = documents.lifecycle_policies(properties)
            client.put_lifecycle_configuration(FileSystemId=id_, LifecyclePolicies=policies)
        if "backup" in differs:
            status = "ENABLED" if properties["backup"] else "DISABLED"
            client.put_backup_policy(FileSystemId=id_, BackupPolicy={"Status": status})
        if "policy" in differs and properties["policy"]:
            policy = policy_documents.to_json(properties["policy"])
            client.put_file_system_policy(FileSystemId=id_, Policy=policy)
        elif "policy" in differs:
            unless(_NO_POLICY, lambda: client.delete_file_system_policy(FileSystemId=id_))
        if "replication" in differs:  # while there is one, AWS refuses to protect the file system
            for source in found.attributes.get("replicated", [id_]):
                end = partial(client.delete_replication_configuration, SourceFileSystemId=source)
                unless(_NOT_REPLICATED, end)
        if "replication_overwrite_protection" in differs:
            protection = properties["replication_overwrite_protection"]
            client.update_file_system_protection(FileSystemId=id_, ReplicationOverwriteProtection=protection)
        if {"throughput_mode", "provisioned_throughput_in_mibps"}.isdisjoint(differs):
            return None
        client.update_file_system(FileSystemId=id_, **documents.throughput(properties))
        return Begun(lambda: self._progress(clients, wanted.name))

    def _progress(self, clients: Clients, name: str) -> bool | NotYet:
        return _is_available(self.look_up(clients, name) or {"LifeCycleState": "not found"})

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("efs").delete_file_system(FileSystemId=found.id)

    def is_there(self, clients: Clients, found: Resource) -> bool:
        left = clients("efs").describe_file_systems(FileSystemId=found.id)["FileSystems"]
        return any(document["LifeCycleState"] != "deleted" for document in left)


class _Part(_OfEfs):
    """A part of a file system; its name is ``<file system>/<own name>``."""

    def __init__(self, file_systems: Mapping[str, str]) -> None:
        """``file_systems`` are the ids by name."""
        self.file_systems = file_systems

    def look_up(self, clients: Clients, name: str) -> Document | None:
        found = self.list(clients, name.split("/", 1)[0])
        return next((document for document in found if self.name(document) == name), None)

    def _parts(self, name: str) -> tuple[str, str]:
        file_system, own = name.split("/", 1)
        return self.file_systems[file_system], own


class MountTarget(_Part):
    """Where a file system can be mounted in a subnet. The subnet can go when the network interface is gone."""

    type = documents.MOUNT_TARGET
    title, titles = "mount target", "mount targets"

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        """Those of the file system of that name."""
        found = clients("efs").describe_mount_targets(FileSystemId=self.file_systems[prefix])["MountTargets"]
        return [{**each, "FileSystem": prefix} for each in found if each["LifeCycleState"] not in _GOING]

    def name(self, document: Document) -> str:
        return f"{document['FileSystem']}/{document['SubnetId']}"

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        answer = clients("efs").describe_mount_target_security_groups(MountTargetId=document["MountTargetId"])
        return documents.canonical_mount_target(document["FileSystem"], document, answer["SecurityGroups"])

    def create(self, clients: Clients, wanted: Resource) -> str | Begun | None:
        """Where the availability zone has one already it may be this one, made by a call whose answer was lost. Another
        one is going, and this one is made when it is gone.
        """
        file_system, subnet = self._parts(wanted.name)
        request: dict[str, Any] = {"FileSystemId": file_system, "SubnetId": subnet, **_groups(wanted)}

        def begin() -> Document:
            made: Document = unless({"MountTargetConflict"}, lambda: clients("efs").create_mount_target(**request), {})
            return made

        def progress() -> bool | NotYet:
            if self.look_up(clients, wanted.name) or begin():
                return True
            return NotYet("its availability zone has another one still")

        made = begin()
        return str(made["MountTargetId"]) if made else Begun(progress)

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        clients("efs").modify_mount_target_security_groups(MountTargetId=found.id, **_groups(wanted))

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("efs").delete_mount_target(MountTargetId=found.id)

    def is_there(self, clients: Clients, found: Resource) -> bool:
        left = clients("efs").describe_mount_targets(MountTargetId=found.id)["MountTargets"]
        return any(document["LifeCycleState"] != "deleted" for document in left)


class AccessPoint(_Part):
    """A folder of a file system as a user of its own. AWS changes nothing of one but its tags."""

    type = documents.ACCESS_POINT
    title, titles = "access point", "access points"
    immutable = documents.IMMUTABLE
    gone_after = 0

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        """Those of the file system of that name."""
        found = clients("efs").describe_access_points(FileSystemId=self.file_systems[prefix])["AccessPoints"]
        return [{**each, "FileSystem": prefix} for each in found]

    def name(self, document: Document) -> str:
        return f"{document['FileSystem']}/{document['ClientToken']}"

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return documents.canonical_access_point(document["FileSystem"], document)

    def create(self, clients: Clients, wanted: Resource) -> str | Begun | None:
        """AWS takes a token once. Where it has it already it is read, as one that a call made whose answer was lost."""
        file_system, own = self._parts(wanted.name)
        request = {"ClientToken": own, "FileSystemId": file_system, **documents.access_point_request(wanted)}
        made = unless({"AccessPointAlreadyExists"}, lambda: clients("efs").create_access_point(**request))
        if not made and not self.look_up(clients, wanted.name):
            raise FarflowError(
                f"could not create {self.title} {wanted.name}: another file system of the account and region has one "
                f"that is called {own}"
            )
        return str(made["AccessPointId"]) if made else None

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("efs").delete_access_point(AccessPointId=found.id)


FILE_SYSTEM = FileSystem()


def _groups(target: Resource) -> dict[str, list[str]]:
    return {"SecurityGroups": target.properties["security_groups"]}


def _is_available(document: Document) -> bool | NotYet:
    """Whether a file system can be used and changed. Raises FarflowError when AWS could not make it."""
    state = document["LifeCycleState"]
    if state == "error":
        what = f"EFS file system {document['FileSystemId']}"
        raise FarflowError(f"{what} is in state error: delete it and run again")
    return state == "available" or NotYet(state)


def _chosen_key(clients: Clients, key_id: str | None) -> str | None:
    """The KMS key when somebody chose one: AWS tells the key's ARN also when it is its own."""
    if not key_id:
        return None
    answer = unless({"NotFoundException"}, lambda: clients("kms").describe_key(KeyId=key_id), {})
    return None if (answer.get("KeyMetadata") or {}).get("KeyManager") == "AWS" else key_id


def find(clients: Clients, environment: str, names: Collection[str] = ()) -> list[Resource]:
    """The file systems that are tagged as the environment's or were made with one of the names as creation token, with
    all that belongs to them.
    """
    ours = [
        document
        for document in listed(FILE_SYSTEM, clients)
        if FILE_SYSTEM.name(document) in names or documents.tags(document).get(ENVIRONMENT) == environment
    ]
    return [resource for document in ours for resource in _whole(clients, document)]


def read(clients: Clients, name: str) -> list[Resource]:
    """The file system that was made with the name as creation token, with all that belongs to it."""
    with doing("describe", FILE_SYSTEM.title, name):
        found = unless(set(FILE_SYSTEM.gone), lambda: FILE_SYSTEM.look_up(clients, name))
    return _whole(clients, found) if found else []


def _whole(clients: Clients, document: Document) -> list[Resource]:
    """Six calls that AWS asks for each file system, one for each mount target's security groups."""
    name = FILE_SYSTEM.name(document)
    parts = [kind({name: document["FileSystemId"]}) for kind in (MountTarget, AccessPoint)]

    def look() -> list[Resource]:
        itself = read_listed(FILE_SYSTEM, clients, document)
        of_kind = [(kind, each) for kind in parts for each in listed(kind, clients, name)] if itself else []
        found = in_parallel(lambda pair: read_listed(pair[0], clients, pair[1]), of_kind)
        return [resource for resource in (itself, *found) if resource]

    return unless_gone(FILE_SYSTEM, look) or []


def converge(clients: Clients, desired: Sequence[Resource], actual: Sequence[Resource], check_mode: bool) -> Steps:
    """The file system is there before what belongs to it and goes after it; a mount target goes before another comes,
    as a zone can have one.
    """
    steps = Steps(check_mode)
    systems = of_type(documents.FILE_SYSTEM, desired), of_type(documents.FILE_SYSTEM, actual)
    of_systems = operations(FILE_SYSTEM, clients)
    ids = steps.reconcile(documents.FILE_SYSTEM, *systems, of_systems) if desired else {}
    for kind in (MountTarget(ids), AccessPoint(ids)):
        wanted, found = of_type(kind.type, desired), of_type(kind.type, actual)
        names = {one.name for one in wanted}
        of_parts = operations(kind, clients)
        steps.reconcile(kind.type, [], [one for one in found if one.name not in names], of_parts)
        steps.reconcile(kind.type, wanted, [one for one in found if one.name in names], of_parts)
    if not desired:
        steps.reconcile(documents.FILE_SYSTEM, *systems, of_systems)
    return steps


def await_mountable(clients: Clients, file_system_id: str, limit: float) -> None:
    """Returns when all mount targets of a file system can be mounted."""

    def check() -> bool | NotYet:
        with doing("describe", "mount targets of EFS file system", file_system_id):
            found = clients("efs").describe_mount_targets(FileSystemId=file_system_id)["MountTargets"]
        waiting = [f"{each['SubnetId']} {each['LifeCycleState']}" for each in found]
        waiting = [words for words in waiting if not words.endswith(" available")]
        return NotYet(", ".join(waiting)) if waiting else True

    wait_for(check, limit, f"the mount targets of EFS file system {file_system_id}", 5)
