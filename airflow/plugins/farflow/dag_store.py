# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Versions of the DAGs as they lie in the bucket, and unpacked on a disk. Knows nothing of Airflow."""

from __future__ import annotations

import fcntl
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from farflow import dag_versions

UNPACKING = ".unpacking-"

# Parsing finds files changed whose time is later than the end of their last parse. A parse that was under way when the
# version changed has seen the one before: most end within this time, and are repeated.
_UNDER_WAY = 2.0
_CHANGED = 1.0  # later than the others: parsed first

_GONE = {"404", "NoSuchKey"}
_SAME = {"304", "NotModified"}


class Gone(Exception):
    """An object is not in the bucket."""


class Unusable(Exception):
    """An object is in the bucket, or may be, and can't be used: the message says which one and why."""


class DagStore:
    """The bucket, of which only objects below ``dags/`` are read."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    @cached_property
    def _s3(self) -> Any:
        config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 6})
        return boto3.client("s3", config=config)

    def pointer(self, etag: str = "") -> tuple[str, bytes] | None:
        """The pointer's ETag and content; None while it is still the one of that ETag, which costs a request without
        a body.

        Raises Gone and Unusable.
        """
        condition = {"IfNoneMatch": etag} if etag else {}
        try:
            found = self._s3.get_object(Bucket=self.bucket, Key=dag_versions.POINTER, **condition)
            return found["ETag"], found["Body"].read()
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _SAME:
                return None
            raise self._told(error, dag_versions.POINTER) from error

    def earlier(self, most: int) -> Iterator[dict[str, Any]]:
        """The pointers that there were, the last one first, as far as they are sound."""
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=f"{dag_versions.PREFIX}history/"
            )
            keys = sorted(one["Key"] for page in pages for one in page.get("Contents", []))
            for key in reversed(keys[-most:]):
                content = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
                try:
                    yield dag_versions.read(content)
                except ValueError:
                    continue
        except (ClientError, BotoCoreError) as error:
            raise self._told(error, f"{dag_versions.PREFIX}history/") from error

    def unpack(self, version: str, folder: Path) -> None:
        """Makes the folder, which is there when it is whole and right, and not before. One caller at a time.

        Raises Gone and Unusable.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        for left in folder.parent.glob(f"{UNPACKING}*"):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        unpacked = Path(tempfile.mkdtemp(prefix=UNPACKING, dir=folder.parent))
        try:
            self._extract(version, unpacked)
            found = dag_versions.version_of(dag_versions.files_in(unpacked))
            if found != version:
                raise Unusable(
                    f"{self.address(dag_versions.archive(version))} does not hold the version that it is named after: "
                    f"its files are version {found}"
                )
            unpacked.chmod(0o755)
            unpacked.rename(folder)
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)

    def address(self, key: str) -> str:
        """An object, as people write it."""
        return f"s3://{self.bucket}/{key}"

    def _extract(self, version: str, folder: Path) -> None:
        key = dag_versions.archive(version)
        with tempfile.TemporaryFile() as archive:
            try:
                body = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"]
                shutil.copyfileobj(body, archive)
            except (ClientError, BotoCoreError, OSError) as error:
                raise self._told(error, key) from error
            archive.seek(0)
            try:
                with tarfile.open(fileobj=archive, mode="r:gz") as tar:
                    tar.extractall(folder, filter="data")
            except (tarfile.TarError, EOFError, OSError, ValueError) as error:
                raise Unusable(f"{self.address(key)} can't be unpacked: {error}") from error

    def _told(self, error: Exception, key: str) -> Gone | Unusable:
        if _code(error) in _GONE:
            return Gone(f"{self.address(key)} does not exist")
        return Unusable(f"{self.address(key)} can't be read: {error}")


def stamp(folder: Path, before: Path | None) -> list[str]:
    """Sets the times of a version's files so that Airflow parses all of them at once, and first those that differ from
    the version ``before``. Returns the paths of those.
    """
    files = dag_versions.files_in(folder)
    old = dag_versions.files_in(before) if before and before.is_dir() else files
    changed = {path for path, held in files.items() if old.get(path) != held}
    now = time.time() + _UNDER_WAY
    for path in files:
        at = now + _CHANGED if path in changed else now
        os.utime(folder / path, (at, at), follow_symlinks=False)
    return sorted(changed)


def sweep(versions: Path, tracking: Path, kept: Collection[str], idle: float, most: int) -> list[str]:
    """Deletes unpacked versions that nobody uses: those that were not used for ``idle`` seconds, and all but ``most``
    that were not used for a minute. Returns their names. What a process holds by a lock on its file below ``tracking``
    is used, as is what is ``kept``.
    """
    now = time.time()
    found = [each for each in versions.iterdir() if dag_versions.VERSION.fullmatch(each.name)]
    newest_first = sorted(found, key=lambda each: _last_used(each, tracking), reverse=True)
    deleted = []
    for index, folder in enumerate(newest_first):
        unused = now - _last_used(folder, tracking)
        if folder.name in kept or unused < (idle if index < most else min(idle, 60.0)):
            continue
        if _delete(folder, tracking / folder.name):
            deleted.append(folder.name)
    return deleted


def _last_used(folder: Path, tracking: Path) -> float:
    times = []
    for path in (folder, tracking / folder.name):
        try:
            times.append(path.stat().st_mtime)
        except FileNotFoundError:
            continue
    return max(times, default=0.0)


def _delete(folder: Path, lock: Path) -> bool:
    """Airflow's own clean-up takes a tracking file for a folder, and ends where that is gone: both go together."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        # Away first, by one step: nobody finds half of it.
        doomed = folder.with_name(f"{UNPACKING}{folder.name}-{os.getpid()}")
        folder.rename(doomed)
        lock.unlink(missing_ok=True)
        shutil.rmtree(doomed, ignore_errors=True)
    return True


def _code(error: Exception) -> str:
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
