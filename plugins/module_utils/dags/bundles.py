# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Versions of the DAGs in the environment's bucket: read, put, made current, listed and deleted.

Two deploys may do so at once. Versions never change, so they can't be in each other's way; the pointer is written on
the condition that it is still the one that was read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from .. import dag_versions
from ..engine import identity
from ..engine.actions import Resource
from ..engine.clients import Clients, caused_by
from ..engine.errors import FarflowError
from ..engine.parallel import in_parallel
from ..engine.reconcile import Outcome
from ..kinds import s3_objects
from . import bundle_documents
from . import folder as dag_folder
from .folder import DagFolder
from .git import commit_of

NAME = dag_versions.BUNDLE

_SHA256 = "sha256"
_YOUNG = timedelta(hours=1)


@dataclass(frozen=True)
class Pointer:
    """The pointer as it lies in the bucket. ``content`` is None where it is missing or can't be read, ``problem`` says
    why; ``etag`` is empty where it is missing.
    """

    content: Mapping[str, Any] | None = None
    etag: str = ""
    problem: str = ""


def look(clients: Clients, bucket: str, wanted: str) -> list[Resource]:
    """The bucket as a place for versions, and what it says is current; nothing where there is no bucket. Of a version
    that is not the ``wanted`` one the files are read, too.
    """
    try:
        pointer = read_pointer(clients, bucket)
    except FarflowError as error:
        if caused_by(error, s3_objects.NO_BUCKET):
            return []
        raise
    place = Resource(bundle_documents.PLACE, bundle_documents.PLACE, id=bucket)
    if not pointer.etag:
        return [place]
    return [place, _current(clients, bucket, pointer, wanted)]


def look_back(clients: Clients, bucket: str, asked: str) -> list[Resource]:
    """The same where the earlier version is wanted that ``asked`` names: the place says which that is, and its files.

    Raises FarflowError when there is none, or several.
    """
    version = exact_version(clients, bucket, asked)
    found = look(clients, bucket, version)
    more = {"version": version, "files": read_files(clients, bucket, version)}
    return [replace(one, attributes=more) if one.type == bundle_documents.PLACE else one for one in found]


def read_pointer(clients: Clients, bucket: str) -> Pointer:
    """The pointer."""
    found = s3_objects.get(clients, bucket, dag_versions.POINTER)
    if not found:
        return Pointer()
    content, etag = found
    try:
        return Pointer(dag_versions.read(content), etag)
    except ValueError as error:
        return Pointer(None, etag, f"the pointer {_address(bucket, dag_versions.POINTER)} can't be used: {error}")


def read_pointer_of_bucket(clients: Clients, bucket: str) -> Pointer:
    """The same for who takes the bucket for granted. Raises FarflowError where there is none."""
    try:
        return read_pointer(clients, bucket)
    except FarflowError as error:
        if caused_by(error, s3_objects.NO_BUCKET):
            raise FarflowError(f"there is no S3 bucket {bucket}: run deploy.yml first") from error
        raise


def gone(bucket: str) -> str:
    """What to say of a pointer that has left copies of itself and is not there any more."""
    address = _address(bucket, dag_versions.POINTER)
    return f"the pointer {address} is missing: no version is the current one until the next deploy of the DAGs"


def put(clients: Clients, bundle: Mapping[str, Any], check_mode: bool) -> Outcome:
    """Has the version of ``path``'s DAG folder in the bucket, or an earlier ``version``, and makes it the current one.

    Raises FarflowError for a folder that can't be a version, a version that there is not, and when somebody else has
    moved the pointer since ``pointer``, the ETag that a plan has seen, or meanwhile.
    """
    bucket = bundle["bucket"]
    folder = None if bundle.get("version") else dag_folder.read(Path(bundle["path"]))
    version = folder.version if folder else exact_version(clients, bucket, bundle["version"])
    files = folder.files if folder else read_files(clients, bucket, version)
    wanted = bundle_documents.desired({"version": version, "files": files})
    pointer = read_pointer(clients, bucket)
    actual = [_current(clients, bucket, pointer, version)] if pointer.etag else []
    actions = bundle_documents.plan_dag_bundles([wanted], actual)
    if not actions:
        return Outcome(NAME, version, False, [])
    if bundle.get("pointer") not in (None, pointer.etag):
        raise _moved(pointer.content)
    if not check_mode:
        archive = _have_archive(clients, bucket, version, folder, pointer)
        _have_listing(clients, bucket, version, files)
        who = {"when": _now(), "by": identity.arn(clients), "commit": _commit(folder, clients, bucket, version)}
        _move(clients, bucket, pointer, version, len(files), archive, who)
    return Outcome(NAME, version, True, list(actions[0].reasons))


def upload(clients: Clients, bundle: Mapping[str, Any], check_mode: bool) -> Outcome:
    """Has the version of ``path``'s DAG folder in the bucket, without making it the current one."""
    bucket, folder = bundle["bucket"], dag_folder.read(Path(bundle["path"]))
    key, pointer = dag_versions.archive(folder.version), read_pointer(clients, bucket)
    found = s3_objects.head(clients, bucket, key)
    if found and not _was_overwritten(clients, bucket, key, found, folder.version, pointer):
        return Outcome(NAME, folder.version, False, [])
    if not check_mode:
        _have_archive(clients, bucket, folder.version, folder, pointer)
        _have_listing(clients, bucket, folder.version, folder.files)
    return Outcome(NAME, folder.version, True, [f"version {folder.version} put"])


def versions(clients: Clients, bucket: str) -> dict[str, dict[str, Any]]:
    """The versions that there are, by name, as ``{size, put}``."""
    start, end = dag_versions.archive("").split(".", 1)
    found = s3_objects.listed(clients, bucket, start)
    return {
        one["Key"].removeprefix(start).removesuffix(f".{end}"): {"size": one["Size"], "put": one["LastModified"]}
        for one in found
        if one["Key"].endswith(f".{end}")
    }


def history(clients: Clients, bucket: str, most: int) -> list[dict[str, Any]]:
    """The pointers that there were, the last one first, as far as they are sound; the present one among them."""
    return read_history(clients, bucket, most)[0]


def read_history(clients: Clients, bucket: str, most: int) -> tuple[list[dict[str, Any]], list[str]]:
    """The same, and a sentence for each of these copies that is not sound."""
    prefix = f"{dag_versions.PREFIX}history/"
    keys = [one["Key"] for one in s3_objects.listed(clients, bucket, prefix)][-most:]
    found = in_parallel(lambda key: _copy(clients, bucket, key), reversed(keys))
    copies = [copy for copy, _unused in found if copy]
    current = read_pointer(clients, bucket).content
    newest = [dict(current)] if current and current["number"] not in {one["number"] for one in copies} else []
    return [*newest, *copies], [problem for _unused, problem in found if problem]


def _copy(clients: Clients, bucket: str, key: str) -> tuple[dict[str, Any] | None, str]:
    """A copy of a pointer, None where it is gone since or can't be used; and what is wrong with it."""
    found = s3_objects.get(clients, bucket, key)
    try:
        return (dag_versions.read(found[0]) if found else None), ""
    except ValueError as error:
        return None, f"{_address(bucket, key)}, which says what was current once, can't be used: {error}"


def exact_version(clients: Clients, bucket: str, asked: str) -> str:
    """The version that a person means. Raises FarflowError when there is none, or several."""
    order = bundle_documents.last_used_first(history(clients, bucket, 50))
    version, problem = bundle_documents.chosen(asked, versions(clients, bucket), order)
    if problem:
        raise FarflowError(problem)
    return version


def read_files(clients: Clients, bucket: str, version: str) -> dict[str, str]:
    """The files of a version, as ``dag_versions.version_of`` takes them: from its list, or where that is missing or
    damaged from its archive. None where neither tells them.
    """
    if version == dag_versions.version_of({}):
        return {}
    return _listed_files(clients, bucket, version) or _archived_files(clients, bucket, version)


def _archived_files(clients: Clients, bucket: str, version: str) -> dict[str, str]:
    found = s3_objects.get(clients, bucket, dag_versions.archive(version))
    files = dag_folder.files_of(found[0]) if found else {}
    return files if dag_versions.version_of(files) == version else {}


def _listed_files(clients: Clients, bucket: str, version: str) -> dict[str, str]:
    found = s3_objects.get(clients, bucket, dag_versions.listing(version))
    try:
        files = json.loads(found[0])["files"] if found else {}
        return dict(files) if dag_versions.version_of(files) == version else {}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def superfluous(clients: Clients, bucket: str, keep: int) -> int:
    """How many versions ``prune`` could delete at the most: as many as there are beside ``keep``, and none that is
    young.
    """
    there = versions(clients, bucket)
    return max(0, min(len(there) - keep, len(there) - len(_young(there))))


def prune(clients: Clients, bucket: str, keep: int, in_use: Collection[str], check_mode: bool) -> list[str]:
    """Deletes the versions that are neither current, nor among the last ``keep``, nor ``in_use``; their names."""
    there = versions(clients, bucket)
    order = bundle_documents.last_used_first(history(clients, bucket, bundle_documents.KEPT_HISTORY))
    young = _young(there)
    doomed = bundle_documents.superfluous(there, order, keep, in_use, young)
    if doomed and not check_mode:
        keys = [key(version) for version in doomed for key in (dag_versions.archive, dag_versions.listing)]
        old = [one["Key"] for one in s3_objects.listed(clients, bucket, f"{dag_versions.PREFIX}history/")]
        s3_objects.delete(clients, bucket, [*keys, *old[: -bundle_documents.KEPT_HISTORY]])
    return doomed


def _young(there: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Those of ``versions`` that a deploy may be about to name."""
    since = datetime.now(UTC) - _YOUNG
    return [version for version, one in there.items() if one["put"] > since]


def _current(clients: Clients, bucket: str, pointer: Pointer, wanted: str) -> Resource:
    problem, files = pointer.problem, {}
    if pointer.content:
        version = pointer.content["version"]
        key = dag_versions.archive(version)
        found = s3_objects.head(clients, bucket, key)
        problem = bundle_documents.problem_of_archive(_address(bucket, key), pointer.content, found)
        files = read_files(clients, bucket, version) if version != wanted else {}
    return bundle_documents.canonical(pointer.content, problem, files, pointer.etag)


def _have_archive(
    clients: Clients, bucket: str, version: str, folder: DagFolder | None, pointer: Pointer
) -> dict[str, Any]:
    """``{size, sha256, etag}`` of the version's archive, which is put there unless it is, and is as it was put."""
    key = dag_versions.archive(version)
    for _unused in range(3):
        found = s3_objects.head(clients, bucket, key)
        if found and not _was_overwritten(clients, bucket, key, found, version, pointer):
            metadata = found["Metadata"]
            return {"size": found["ContentLength"], _SHA256: metadata[_SHA256], "etag": found["ETag"]}
        if not folder:
            raise FarflowError(
                f"{_address(bucket, key)} is not what was put there, so that version {version} can't be gone back to: "
                "check out the commit that it is of, and deploy that"
            )
        made = _put_archive(clients, bucket, version, folder, found)
        if made:
            return made
    raise FarflowError(f"could not write {_address(bucket, key)}: others write it again and again; run again")


def _put_archive(
    clients: Clients, bucket: str, version: str, folder: DagFolder, found: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """None when somebody else was quicker."""
    archive = dag_folder.packed(folder)
    digest = hashlib.sha256(archive).hexdigest()
    key, metadata = dag_versions.archive(version), {_SHA256: digest, "version": version}
    if found:
        etag = s3_objects.replace(clients, bucket, key, archive, found["ETag"], metadata)
    else:
        etag = s3_objects.create(clients, bucket, key, archive, metadata)
    return {"size": len(archive), _SHA256: digest, "etag": etag} if etag else None


def _have_listing(clients: Clients, bucket: str, version: str, files: Mapping[str, str]) -> None:
    """Has the list of a version's files in the bucket; nothing where nobody knows them."""
    if dag_versions.version_of(files) != version:
        return
    key, content = dag_versions.listing(version), json.dumps({"files": files}, sort_keys=True).encode()
    found = s3_objects.get(clients, bucket, key)
    if not found:
        s3_objects.create(clients, bucket, key, content)
    elif found[0] != content:
        s3_objects.replace(clients, bucket, key, content, found[1])


def _was_overwritten(
    clients: Clients, bucket: str, key: str, found: Mapping[str, Any], version: str, pointer: Pointer
) -> bool:
    """Whether an archive is not what we have put: that says its version and its digest. The pointer knows the ETag of
    the current one; any other has to be read.
    """
    metadata = found.get("Metadata") or {}
    if metadata.get("version") != version or _SHA256 not in metadata:
        return True
    current = pointer.content
    if current and current["version"] == version:
        return bool(current["etag"] != found["ETag"])
    content = s3_objects.get(clients, bucket, key)
    return not content or hashlib.sha256(content[0]).hexdigest() != metadata[_SHA256]


def _move(
    clients: Clients,
    bucket: str,
    pointer: Pointer,
    version: str,
    files: int,
    archive: Mapping[str, Any],
    who: Mapping[str, Any],
) -> None:
    """Makes a version the current one, or puts back the pointer that says so, and leaves a copy of each pointer."""
    before = pointer.content or next(iter(history(clients, bucket, 20)), None)
    if pointer.content:  # a deploy that was killed has not left one
        copy = dag_versions.history(pointer.content["number"])
        s3_objects.create(clients, bucket, copy, dag_versions.written(pointer.content))
    next_one = bundle_documents.next_pointer(before, version, files, archive, **who)
    content, key = dag_versions.written(next_one), dag_versions.POINTER
    if pointer.content == next_one:
        return  # its archive was what was missing
    if pointer.etag:
        written = s3_objects.replace(clients, bucket, key, content, pointer.etag)
    else:
        written = s3_objects.create(clients, bucket, key, content)
    if not written:
        _somebody_was_quicker(clients, bucket, content)
    s3_objects.create(clients, bucket, dag_versions.history(next_one["number"]), content)


def _somebody_was_quicker(clients: Clients, bucket: str, content: bytes) -> None:
    """Unless it was we: botocore repeats a call whose answer was lost."""
    found = s3_objects.get(clients, bucket, dag_versions.POINTER)
    if found and found[0] == content:
        return
    raise _moved(_sound(found))


def _moved(pointer: Mapping[str, Any] | None) -> FarflowError:
    who = f" to version {pointer['version']} ({pointer['by']}, {pointer['when']})" if pointer else ""
    return FarflowError(f"the DAGs were moved{who} while this deploy was on its way, and are left so: run it again")


def _sound(found: tuple[bytes, str] | None) -> dict[str, Any] | None:
    try:
        return dag_versions.read(found[0]) if found else None
    except ValueError:
        return None


def _commit(folder: DagFolder | None, clients: Clients, bucket: str, version: str) -> str | None:
    """The commit that the files are of: of what is gone back to, the one that it was first put from."""
    if folder:
        return commit_of(folder.path)
    known = [one for one in history(clients, bucket, bundle_documents.KEPT_HISTORY) if one["version"] == version]
    return known[-1]["commit"] if known else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


_address = partial("s3://{}/{}".format)
