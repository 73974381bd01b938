# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The environment's DAGs as a bundle with versions, from the bucket that `dags.yml` puts them into."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
from pathlib import Path, PosixPath
from typing import Any

from airflow import settings
from airflow.dag_processing.bundles.base import (
    BaseDagBundle,
    BundleVersion,
    BundleVersionLock,
    get_bundle_tracking_dir,
)
from airflow.exceptions import AirflowException

from farflow import dag_versions
from farflow.dag_store import DagStore, Gone, Unusable, stamp, sweep
from farflow.fargate_task_log import quiet

log = logging.getLogger(__name__)

#: What is no run, such as a command line, says by this variable that it wants the current version.
WITHOUT_VERSION, CURRENT = "FARFLOW_DAGS_WITHOUT_VERSION", "current"

# Seconds that a version of which nobody has a lock stays on a disk. In the dag-processor it outlives a parse, which
# ends after a minute; on a worker a run's next task finds it there.
_IDLE_WHERE_PARSED = 120.0
_IDLE_WHERE_RUN = 900.0
_MOST = 12
#: A folder that is not there.
_NONE = "none"
_HISTORY = 20
_MOST_FIRST = 100  # of many files that have changed none is more urgent than the others


class VersionedDagBundle(BaseDagBundle):
    """
    DAGs in a bucket, version by version.

    A run keeps the version that it began with: its tasks read that one, on every worker, while others lie beside it on
    the same disk. The dag-processor follows the pointer, which it asks for at every refresh by a request without body.
    Where pointer or version can't be used, it stays with what it has, and its log says why.

    A run without a version began while Airflow read the DAGs of its image. It still does.

    :param bucket: name of the bucket.
    """

    supports_versioning = True

    def __init__(self, *, bucket: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._store = DagStore(bucket)
        self._serving: str | None = None
        self._etag = ""
        self._complained = ""
        self._has_looked = False
        self._lock: BundleVersionLock | None = None
        self._refreshing = threading.Lock()

    def initialize(self) -> None:
        quiet()  # in a task's log, which begins here
        if self.version:
            self._hold(self.version)
        elif os.environ.get(WITHOUT_VERSION) == CURRENT:
            self.refresh()
            self.version = self._serving
        super().initialize()

    @property
    def path(self) -> Path:
        if self.version:
            return self.versions_dir / self.version
        if os.environ.get(WITHOUT_VERSION) == CURRENT and not self._serving:
            self.refresh()  # not every command line initializes a bundle
        if not (self._serving or self._has_looked) and sys.argv[1:2] == ["dag-processor"]:
            # Airflow answers requests to parse a file before its first refresh: those read no DAGs of the image.
            try:
                self.refresh()
            except Exception as error:
                log.warning("The DAGs of bundle %s can't be read yet: %s", self.name, error)
                return self.versions_dir / _NONE
        if self._serving:
            return _CurrentFolder(self.versions_dir / self._serving, self)
        return Path(settings.DAGS_FOLDER)

    def get_current_version(self) -> BundleVersion | None:
        version = self.version or self._serving
        return BundleVersion(version) if version else None

    def refresh(self) -> None:
        """Serve the version that the pointer names, as soon as that lies unpacked on this disk."""
        if self.version:
            raise AirflowException(f"DAG version {self.version} is asked for, which never changes")
        with self._refreshing:
            found, etag = self._current()
            if found and found != self._serving:
                self._serve(found)
            self._has_looked = True
            self._etag = etag  # only now: what could not be unpacked is looked at again

    def current_folder(self) -> Path:
        """The folder of the version that is served now."""
        return self.versions_dir / (self._serving or "")

    def _current(self) -> tuple[str | None, str]:
        """The version to serve, None for the one that is served, or for none at all; and the pointer's ETag."""
        try:
            found = self._store.pointer(self._etag)
        except Gone as gone:
            return self._last_good(str(gone), was_ever_there=False), ""
        except Unusable as error:
            return self._last_good(str(error)), ""
        if found is None:
            return None, self._etag
        etag, content = found
        try:
            version = dag_versions.read(content)["version"]
            self._unpack(version)
        except ValueError as error:
            return self._last_good(f"{self._store.address(dag_versions.POINTER)} can't be used: {error}"), ""
        except (Gone, Unusable) as error:
            return self._last_good(str(error)), ""
        self._complained = ""
        return version, etag

    def _last_good(self, why: str, was_ever_there: bool = True) -> str | None:
        """What to serve when the pointer leads nowhere. A process that has just started knows none, and looks at the
        pointers that there were: else it would show the image's DAGs, and take others for deleted.
        """
        if self._serving:
            self._complain(f"{why}; the DAGs of version {self._serving} stay")
            return None
        try:
            before = [pointer["version"] for pointer in self._store.earlier(_HISTORY)]
        except (Gone, Unusable) as error:
            raise AirflowException(f"{why}; {error}; the DAGs stay as Airflow knows them") from error
        if not before and not was_ever_there:
            return None
        for version in dict.fromkeys(before):
            try:
                self._unpack(version)
            except (Gone, Unusable) as error:
                log.warning("%s", error)
                continue
            self._complain(f"{why}; the DAGs of version {version}, the last good one, are taken")
            return version
        raise AirflowException(f"{why}; no earlier version can be used either, so the DAGs stay as Airflow knows them")

    def _complain(self, sentence: str) -> None:
        """Once for each thing that is wrong, not at every refresh."""
        if sentence != self._complained:
            log.error("%s; deploy the DAGs again to mend it", sentence)
            self._complained = sentence

    def _serve(self, version: str) -> None:
        lock, before = self._locked_version(version), self.current_folder() if self._serving else None
        changed = stamp(self.versions_dir / version, before)
        os.utime(self.versions_dir / version)
        if before and before.is_dir():
            os.utime(before)  # it was used until now
        self._serving = version
        if self._lock and self._lock.lock_file:
            self._lock.lock_file.close()  # a parse that is under way has inherited it, and keeps the version
        self._lock = lock
        log.info("The DAGs of bundle %s are version %s now", self.name, version)
        self._parse_first([path for path in changed if path.endswith((".py", ".zip"))])
        self._sweep(_IDLE_WHERE_PARSED, version)

    def _parse_first(self, paths: list[str]) -> None:
        """Have files that have changed parsed before all others. Airflow itself looks for changed ones when it has
        parsed all that wait, which takes minutes where there are thousands.
        """
        if not 0 < len(paths) <= _MOST_FIRST:
            return
        from airflow.models.dagbag import DagPriorityParsingRequest
        from airflow.utils.session import create_session

        try:
            with create_session() as session:
                for path in paths:
                    wish = DagPriorityParsingRequest(bundle_name=self.name, relative_fileloc=path)
                    wish.id = hashlib.md5(f"{self.name}:{path}".encode(), usedforsecurity=False).hexdigest()
                    session.merge(wish)
        except Exception as error:  # they have their turn with the others
            log.warning("DAG files that have changed can't be parsed before the others: %s", error)

    def _hold(self, version: str) -> None:
        """Have a version on the disk, and keep it there for as long as this object lives. Airflow's own lock is only
        taken when the DAG file has been parsed.
        """
        try:
            self._lock = self._locked_version(version)
        except Gone:
            raise AirflowException(
                f"DAG version {version}, which this run began with, is no longer in "
                f"{self._store.address(dag_versions.PREFIX)}. A deploy keeps the versions of runs that are not "
                "finished, and beside them the newest ones, as many as airflow_service_dags_keep_versions says. "
                "Clear the run with its newest version instead"
            ) from None
        except Unusable as error:
            raise AirflowException(f"DAG version {version}, which this run began with: {error}") from error

    def _locked_version(self, version: str) -> BundleVersionLock:
        """Have a version on the disk, locked: nobody deletes it before the lock is gone."""
        while True:
            self._unpack(version)
            lock = BundleVersionLock(self.name, version)
            try:
                lock.acquire()
            except FileNotFoundError:  # its file was deleted in the middle of that
                continue
            if self._is_held(lock, version):
                return lock
            lock.release()  # it was deleted just before

    def _is_held(self, lock: BundleVersionLock, version: str) -> bool:
        try:
            same = os.path.samestat(os.fstat(lock.lock_file.fileno()), lock.lock_file_path.stat())
        except FileNotFoundError:
            return False
        return same and (self.versions_dir / version).is_dir()

    def _unpack(self, version: str) -> None:
        if not dag_versions.VERSION.fullmatch(version):
            raise Unusable(f"{version!r} is no version of the DAGs")
        folder = self.versions_dir / version
        if folder.is_dir():
            return
        with self.lock():
            if folder.is_dir():  # by another process, meanwhile
                return
            self._store.unpack(version, folder)
        log.info("DAG version %s is unpacked at %s", version, folder)
        if self.version:
            self._sweep(_IDLE_WHERE_RUN, version)

    def _sweep(self, idle: float, version: str) -> None:
        with self.lock():
            deleted = sweep(self.versions_dir, get_bundle_tracking_dir(self.name), {version}, idle, _MOST)
        if deleted:
            log.info("DAG versions that nobody uses any more are deleted here: %s", ", ".join(deleted))


class _CurrentFolder(PosixPath):
    """
    The folder of the version that is served, to Airflow's list of files that wait to be parsed.

    Files that wait there hold their bundle's path as it was when they were listed, and what is parsed is recorded under
    the version of the moment. So a file is looked for where that version is by now; a parse that has begun reads its
    version to the end.
    """

    def __init__(self, folder: Path, bundle: VersionedDagBundle) -> None:
        super().__init__(folder)
        self._bundle = bundle

    def with_segments(self, *segments: Any) -> Path:
        return Path(*segments)

    def __truediv__(self, key: Any) -> Path:
        return self._bundle.current_folder() / key

    def __fspath__(self) -> str:
        return str(self._bundle.current_folder())

    def __str__(self) -> str:
        return str(self._bundle.current_folder())

    def __reduce__(self) -> Any:
        return (Path, (str(self),))
