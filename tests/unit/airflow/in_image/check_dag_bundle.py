"""The DAG bundle: what it serves to whom, that nobody sees half a version, what it does when the bucket is wrong."""

from __future__ import annotations

import fcntl
import io
import json
import logging
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from airflow import settings
from airflow.dag_processing.bundles import base
from airflow.dag_processing.bundles.base import BundleUsageTrackingManager, BundleVersionLock
from airflow.exceptions import AirflowException
from airflow.models.dagbag import DagPriorityParsingRequest
from botocore.exceptions import ClientError, ConnectTimeoutError
from sqlalchemy import create_engine, select
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from farflow import dag_bundle, dag_store, dag_versions
from farflow.dag_bundle import VersionedDagBundle
from farflow.dag_store import DagStore


def error(code, operation="GetObject"):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


class Bucket:
    """An S3 bucket as botocore shows it: ETags, conditions, lists."""

    def __init__(self):
        self.objects, self.calls, self.down = {}, [], False

    def put(self, files, number=1, previous=None):
        """A version, put and made the current one; its name."""
        version = self.add(files)
        pointer = {
            "number": number,
            "version": version,
            "previous": previous,
            "when": "2026-11-29T12:00:00Z",
            "by": "arn:aws:iam::123456789012:user/ada",
            "commit": None,
            "files": len(files),
            "size": 1,
            "sha256": "0" * 64,
            "etag": '"0"',
        }
        self.objects[dag_versions.POINTER] = dag_versions.written(pointer)
        self.objects[dag_versions.history(number)] = self.objects[dag_versions.POINTER]
        return version

    def add(self, files, name=None):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            for path, text in files.items():
                member = tarfile.TarInfo(path)
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
        version = name or version_of(files)
        self.objects[dag_versions.archive(version)] = archive.getvalue()
        return version

    def get_object(self, Bucket, Key, IfNoneMatch=None):
        self.calls.append(Key)
        if self.down:
            raise ConnectTimeoutError(endpoint_url="https://s3")
        if Key not in self.objects:
            raise error("NoSuchKey")
        etag = f'"{hash(self.objects[Key])}"'
        if etag == IfNoneMatch:
            raise error("304")
        return {"ETag": etag, "Body": io.BytesIO(self.objects[Key])}

    def get_paginator(self, operation):
        def paginate(Bucket, Prefix):
            return [{"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]}]

        return mock.Mock(paginate=paginate)


def version_of(files):
    return dag_versions.version_of({path: dag_versions.held([text.encode()], False) for path, text in files.items()})


class Case(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(base, "get_bundle_storage_root_path", lambda: self.root))
        self.enterContext(mock.patch.object(base, "STALE_BUNDLE_TRACKING_FOLDER", self.root / "_tracking"))
        self.bucket = Bucket()
        self.enterContext(mock.patch.object(DagStore, "_s3", self.bucket))
        engine = create_engine("sqlite://", poolclass=StaticPool)
        DagPriorityParsingRequest.__table__.create(engine)
        self.sessions = sessionmaker(engine)
        self.enterContext(mock.patch("airflow.utils.session.create_session", self.sessions.begin))

    def bundle(self, version=None):
        return VersionedDagBundle(name="dags-folder", bucket="b", version=version)

    def following(self):
        """As the dag-processor uses it."""
        bundle = self.bundle()
        bundle.initialize()
        bundle.refresh()
        return bundle

    def running(self, version):
        """As a task uses it."""
        bundle = self.bundle(version)
        bundle.initialize()
        return bundle

    def versions(self):
        folder = self.root / "dags-folder" / "versions"
        return sorted(each.name for each in folder.iterdir()) if folder.exists() else []


def text(bundle, name="a.py"):
    return (bundle.path / name).read_text()


class Serves(Case):
    def test_the_current_version_to_who_follows(self):
        first = self.bucket.put({"a.py": "1"})
        bundle = self.following()
        self.assertEqual((bundle.get_current_version().version, text(bundle)), (first, "1"))
        second = self.bucket.put({"a.py": "2"}, 2, first)
        self.assertEqual(text(bundle), "1")
        bundle.refresh()
        self.assertEqual((bundle.get_current_version().version, text(bundle)), (second, "2"))

    def test_an_unchanged_pointer_costs_a_request_without_a_body(self):
        self.bucket.put({"a.py": "1"})
        bundle = self.following()
        self.bucket.calls.clear()
        bundle.refresh()
        self.assertEqual(self.bucket.calls, [dag_versions.POINTER])

    def test_the_version_of_a_run_whatever_is_current(self):
        first = self.bucket.put({"a.py": "1"})
        second = self.bucket.put({"a.py": "2"}, 2, first)
        runs = [self.running(first), self.running(second)]
        self.assertEqual([text(run) for run in runs], ["1", "2"])
        self.assertEqual(self.versions(), sorted([first, second]))
        with self.assertRaisesRegex(AirflowException, "never changes"):
            runs[0].refresh()

    def test_the_images_dags_to_a_run_without_a_version(self):
        self.bucket.put({"a.py": "1"})
        self.assertEqual(self.running(None).path, Path(settings.DAGS_FOLDER))
        self.assertEqual(self.bucket.calls, [])

    def test_the_current_version_to_a_command_line(self):
        self.bucket.put({"a.py": "1"})
        with mock.patch.dict(os.environ, {dag_bundle.WITHOUT_VERSION: dag_bundle.CURRENT}):
            self.assertEqual(text(self.running(None)), "1")

    def test_the_current_version_to_a_dag_processor_that_has_not_refreshed_yet(self):
        """It parses what somebody has asked for before it refreshes."""
        self.enterContext(mock.patch.object(sys, "argv", ["airflow", "dag-processor"]))
        version = self.bucket.put({"a.py": "A = 1"})
        self.assertEqual((self.bundle().path / "a.py").read_text(), "A = 1")
        self.assertEqual(self.bundle().path.name, version)

    def test_no_dags_to_a_dag_processor_that_cannot_see_which_are_current(self):
        self.enterContext(mock.patch.object(sys, "argv", ["airflow", "dag-processor"]))
        self.bucket.down = True
        bundle = self.bundle()
        self.assertFalse(bundle.path.exists())
        self.bucket.down = False
        version = self.bucket.put({"a.py": "A = 1"})
        self.assertEqual(bundle.path.name, version)

    def test_the_images_dags_to_a_dag_processor_as_long_as_nothing_was_put(self):
        self.enterContext(mock.patch.object(sys, "argv", ["airflow", "dag-processor"]))
        bundle = self.bundle()
        self.assertEqual([bundle.path, bundle.path], [Path(settings.DAGS_FOLDER)] * 2)
        self.assertEqual(self.bucket.calls.count(dag_versions.POINTER), 1)

    def test_the_images_dags_as_long_as_nothing_was_put(self):
        bundle = self.following()
        self.assertEqual((bundle.path, bundle.get_current_version()), (Path(settings.DAGS_FOLDER), None))

    def test_what_was_current_before_once_more(self):
        first = self.bucket.put({"a.py": "1"})
        bundle = self.following()
        self.bucket.put({"a.py": "2"}, 2, first)
        bundle.refresh()
        self.bucket.put({"a.py": "1"}, 3)
        bundle.refresh()
        self.assertEqual((bundle.get_current_version().version, text(bundle)), (first, "1"))

    def test_a_version_is_downloaded_once(self):
        first = self.bucket.put({"a.py": "1"})
        self.running(first), self.running(first)
        self.assertEqual(self.bucket.calls, [dag_versions.archive(first)])

    def test_files_that_wait_to_be_parsed_are_those_of_the_version_of_then(self):
        """Airflow records what it has parsed under the version of the moment."""
        first = self.bucket.put({"a.py": "1"})
        bundle = self.following()
        waiting = bundle.path
        self.bucket.put({"a.py": "2"}, 2, first)
        bundle.refresh()
        self.assertEqual((waiting / "a.py").read_text(), "2")
        self.assertEqual(os.fspath(waiting), str(bundle.path))


class First(Case):
    """What has changed is parsed before thousands of files that have not."""

    def asked(self):
        with self.sessions() as session:
            wishes = session.scalars(select(DagPriorityParsingRequest)).all()
            return sorted((wish.bundle_name, wish.relative_fileloc) for wish in wishes)

    def test_what_has_changed_is_asked_for(self):
        first = self.bucket.put({"a.py": "1", "b.py": "1", "c.sql": "1"})
        bundle = self.following()
        self.assertEqual(self.asked(), [])
        second = self.bucket.put({"a.py": "1", "b.py": "2", "c.sql": "2", "d/e.py": "1"}, 2, first)
        bundle.refresh()
        self.assertEqual(self.asked(), [("dags-folder", "b.py"), ("dags-folder", "d/e.py")])
        self.bucket.put({"a.py": "1", "b.py": "3"}, 3, second)
        bundle.refresh()
        self.assertEqual(len(self.asked()), 2, "once each, though nobody has taken them meanwhile")

    def test_many_have_their_turn(self):
        first = self.bucket.put({f"{number}.py": "1" for number in range(101)})
        bundle = self.following()
        self.bucket.put({f"{number}.py": "2" for number in range(101)}, 2, first)
        bundle.refresh()
        self.assertEqual(self.asked(), [])

    def test_a_database_that_does_not_answer_changes_nothing(self):
        first = self.bucket.put({"a.py": "1"})
        bundle = self.following()
        second = self.bucket.put({"a.py": "2"}, 2, first)
        with mock.patch("airflow.utils.session.create_session", side_effect=OSError("no database")):
            bundle.refresh()
        self.assertEqual((bundle.get_current_version().version, text(bundle)), (second, "2"))


class Times(Case):
    """By which the dag-processor knows what to parse."""

    def times(self, bundle):
        return {path.name: path.stat().st_mtime for path in bundle.path.iterdir()}

    def test_all_files_are_later_than_every_parse_before_and_changed_ones_the_latest(self):
        first = self.bucket.put({"a.py": "1", "b.py": "1", "c.py": "1"})
        bundle = self.following()
        self.bucket.put({"a.py": "1", "b.py": "2", "d.py": "1"}, 2, first)
        before = time.time()
        bundle.refresh()
        times = self.times(bundle)
        self.assertGreater(min(times.values()), before)
        self.assertGreater(min(times["b.py"], times["d.py"]), times["a.py"])
        self.assertLess(max(times.values()), before + 10)

    def test_the_same_when_it_goes_back(self):
        first = self.bucket.put({"a.py": "1", "b.py": "1"})
        bundle = self.following()
        self.bucket.put({"a.py": "1", "b.py": "2"}, 2, first)
        bundle.refresh()
        self.bucket.put({"a.py": "1", "b.py": "1"}, 3)
        before = time.time()
        bundle.refresh()
        times = self.times(bundle)
        self.assertGreater(times["a.py"], before)
        self.assertGreater(times["b.py"], times["a.py"])


class Whole(Case):
    """A version is there when it is whole, and not before."""

    def test_many_tasks_at_once(self):
        files = {f"{index}.py": str(index) for index in range(200)}
        version = self.bucket.put(files)
        seen, errors = [], []

        def task():
            try:
                seen.append(len(list(self.running(version).path.iterdir())))
            except Exception as exception:
                errors.append(exception)

        threads = [threading.Thread(target=task) for _unused in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([str(each) for each in errors], [])
        self.assertEqual(seen, [200] * 12)
        self.assertEqual(self.bucket.calls, [dag_versions.archive(version)])

    def test_what_a_killed_process_has_left_is_taken_away(self):
        version = self.bucket.put({"a.py": "1"})
        left = self.root / "dags-folder" / "versions" / f"{dag_store.UNPACKING}x"
        left.mkdir(parents=True)
        self.running(version)
        self.assertEqual(self.versions(), [version])

    def test_an_archive_that_holds_something_else_is_refused(self):
        version = self.bucket.put({"a.py": "1"})
        self.bucket.add({"a.py": "2"}, version)
        with self.assertRaisesRegex(AirflowException, f"versions/{version}.tar.gz does not hold the version"):
            self.running(version)
        self.assertEqual(self.versions(), [])

    def test_an_archive_that_is_cut_or_none_is_refused(self):
        version = self.bucket.put({"a.py": "1" * 5000})
        key = dag_versions.archive(version)
        for content in (self.bucket.objects[key][:40], b"", b"<html>"):
            self.bucket.objects[key] = content
            with self.assertRaisesRegex(AirflowException, "can't be unpacked"):
                self.running(version)
        self.assertEqual(self.versions(), [])

    def test_an_archive_that_leads_out_of_its_folder_is_refused(self):
        version = self.bucket.put({"a.py": "1"})
        self.bucket.add({"../../../out.py": "1"}, version)
        with self.assertRaisesRegex(AirflowException, "can't be unpacked"):
            self.running(version)
        self.assertFalse(list(self.root.rglob("out.py")))


class BadBucket(Case):
    """Airflow keeps running what it has, and the log says what is wrong."""

    def setUp(self):
        super().setUp()
        self.first = self.bucket.put({"a.py": "1"})
        self.second = self.bucket.put({"a.py": "2"}, 2, self.first)

    def break_pointer(self):
        pointer = json.loads(self.bucket.objects[dag_versions.POINTER])
        self.bucket.objects[dag_versions.POINTER] = json.dumps({**pointer, "version": "0" * 16}).encode()

    def refreshed(self, bundle):
        """What refreshing it says."""
        with self.assertLogs(dag_bundle.log, logging.INFO) as told:
            dag_bundle.log.info("begin")
            bundle.refresh()
        return told.output[1:]

    def test_an_edited_pointer_leaves_the_last_good_version(self):
        bundle = self.following()
        self.break_pointer()
        (line,) = self.refreshed(bundle)
        self.assertIn("s3://b/dags/current.json can't be used: it was edited by hand", line)
        self.assertIn(f"the DAGs of version {self.second} stay; deploy the DAGs again to mend it", line)
        self.assertEqual(text(bundle), "2")
        self.assertEqual(self.refreshed(bundle), [])  # once
        self.bucket.put({"a.py": "3"}, 3)
        bundle.refresh()
        self.assertEqual(text(bundle), "3")

    def test_after_a_restart_too(self):
        self.break_pointer()
        with self.assertLogs(dag_bundle.log, logging.ERROR) as told:
            bundle = self.following()
        self.assertIn(f"the DAGs of version {self.second}, the last good one, are taken", told.output[0])
        self.assertEqual(text(bundle), "2")

    def test_a_missing_object(self):
        bundle = self.following()
        third = self.bucket.put({"a.py": "3"}, 3)
        del self.bucket.objects[dag_versions.archive(third)]
        (line,) = self.refreshed(bundle)
        self.assertIn(f"s3://b/dags/versions/{third}.tar.gz does not exist; the DAGs of version {self.second}", line)
        with self.assertLogs(dag_bundle.log):
            restarted = self.following()
        self.assertEqual((text(bundle), text(restarted)), ("2", "2"))

    def test_a_pointer_that_is_gone(self):
        bundle = self.following()
        del self.bucket.objects[dag_versions.POINTER]
        self.assertEqual(len(self.refreshed(bundle)), 1)
        with self.assertLogs(dag_bundle.log):
            restarted = self.following()
        self.assertEqual((text(bundle), text(restarted)), ("2", "2"))

    def test_no_answer(self):
        bundle = self.following()
        self.bucket.down = True
        (line,) = self.refreshed(bundle)
        self.assertIn("s3://b/dags/current.json can't be read: Connect timeout", line)
        self.assertEqual(text(bundle), "2")
        with self.assertRaisesRegex(AirflowException, "the DAGs stay as Airflow knows them"):
            self.following()  # so that none is taken for deleted

    def test_nothing_good_at_all(self):
        for key in list(self.bucket.objects):
            if key.startswith("dags/versions/"):
                del self.bucket.objects[key]
        with self.assertRaisesRegex(AirflowException, "no earlier version can be used either"):
            self.following()

    def test_a_run_whose_version_is_gone(self):
        del self.bucket.objects[dag_versions.archive(self.first)]
        with self.assertRaisesRegex(AirflowException, "airflow_service_dags_keep_versions"):
            self.running(self.first)
        self.assertEqual(list((self.root / "_tracking").rglob("*")), [])

    def test_a_version_that_is_none(self):
        with self.assertRaisesRegex(AirflowException, "'../x' is no version"):
            self.running("../x")


class Disk(Case):
    """What nobody needs goes, and nothing else."""

    def age(self, seconds):
        at = time.time() - seconds
        for folder in (self.root / "dags-folder" / "versions", self.root / "_tracking" / "dags-folder"):
            for path in folder.iterdir() if folder.exists() else ():
                os.utime(path, (at, at))

    def test_the_dag_processor_keeps_what_it_serves(self):
        first = self.bucket.put({"a.py": "0"})
        bundle = self.following()
        for number in range(1, 6):
            self.age(dag_bundle._IDLE_WHERE_PARSED + 1)
            latest = self.bucket.put({"a.py": str(number)}, number + 1, first)
            bundle.refresh()
        self.assertEqual(len(self.versions()), 2)  # the one before was in use a moment ago
        self.assertIn(latest, self.versions())

    def test_what_is_served_stays_whatever_else_is_unpacked(self):
        """As by the callback of a run that began with an earlier version."""
        first = self.bucket.put({"a.py": "1"})
        second = self.bucket.put({"a.py": "2"}, 2, first)
        bundle = self.following()
        self.age(dag_bundle._IDLE_WHERE_RUN + 1)
        self.running(first)
        self.assertEqual(self.versions(), sorted([first, second]))
        self.assertEqual(text(bundle), "2")

    def test_a_worker_keeps_what_a_task_runs_with(self):
        versions = [self.bucket.put({"a.py": str(number)}, number + 1) for number in range(4)]
        held = self.running(versions[0])
        self.running(versions[1])
        self.age(dag_bundle._IDLE_WHERE_RUN + 1)
        self.running(versions[2])
        self.assertEqual(self.versions(), sorted([versions[0], versions[2]]))
        self.assertEqual(text(held), "0")
        tracked = sorted(path.name for path in (self.root / "_tracking" / "dags-folder").iterdir())
        self.assertEqual(tracked, self.versions())

    def test_however_many_there_are_only_some_stay(self):
        for number in range(dag_bundle._MOST + 8):
            self.running(self.bucket.put({"a.py": str(number)}, number + 1))
            self.age(61)
        self.assertLessEqual(len(self.versions()), dag_bundle._MOST + 1)

    def test_a_hundred_changes_among_readers(self):
        """Each sees one whole version, whatever is put and deleted meanwhile; and the disk does not fill."""
        for name in ("_IDLE_WHERE_PARSED", "_IDLE_WHERE_RUN"):
            self.enterContext(mock.patch.object(dag_bundle, name, 0.0))
        put, seen, errors, most = [self.bucket.put({"a.py": "0", "b.py": "0"})], [], [], []
        done = threading.Event()

        def read():
            while not done.is_set():
                version = put[-1]
                try:
                    run = self.running(version)
                    seen.append((version, text(run, "a.py"), text(run, "b.py")))
                    run._lock.release()
                except Exception as exception:
                    errors.append(repr(exception))

        readers = [threading.Thread(target=read) for _unused in range(4)]
        for reader in readers:
            reader.start()
        try:
            following = self.following()
            for number in range(1, 101):
                put.append(self.bucket.put({"a.py": str(number), "b.py": str(number)}, number + 1, put[-1]))
                following.refresh()
                path = following.path
                seen.append((put[-1], (path / "a.py").read_text(), (path / "b.py").read_text()))
                most.append(len(self.versions()))
        finally:
            done.set()
            for reader in readers:
                reader.join()
        self.assertEqual(errors, [])
        self.assertEqual({(version, a) for version, a, b in seen if a != b}, set())
        self.assertEqual({version == version_of({"a.py": a, "b.py": b}) for version, a, b in seen}, {True})
        self.assertLess(max(most), 20)

    def test_airflows_own_clean_up_takes_no_version_in_use(self):
        held, left = (self.bucket.put({"a.py": str(number)}, number + 1) for number in range(2))
        bundle, other = self.running(held), self.running(left)
        other._lock.release()
        settings_ = {"STALE_BUNDLE_CLEANUP_MIN_VERSIONS": "0", "STALE_BUNDLE_CLEANUP_AGE_THRESHOLD": "0"}
        with mock.patch.dict(os.environ, {f"AIRFLOW__DAG_PROCESSOR__{key}": value for key, value in settings_.items()}):
            BundleUsageTrackingManager()._remove_stale_bundle_versions_for_bundle("dags-folder")
        self.assertEqual(self.versions(), [held])
        self.assertEqual(text(bundle), "0")
        self.assertEqual(text(self.running(left)), "1")  # it comes back for the run's next task

    def test_a_version_that_goes_just_before_it_is_held_comes_back(self):
        version = self.bucket.put({"a.py": "1"})
        acquire, deleted = BundleVersionLock.acquire, []

        def late(lock):
            acquire(lock)
            if not deleted:
                folder = self.root / "dags-folder" / "versions" / version
                deleted.append(folder)
                fcntl.flock(lock.lock_file, fcntl.LOCK_UN)
                dag_store._delete(folder, lock.lock_file_path)

        with mock.patch.object(BundleVersionLock, "acquire", late):
            self.assertEqual(text(self.running(version)), "1")
        self.assertEqual(len(deleted), 1)


class Quiet(unittest.TestCase):
    """A task's log begins with the bundle, before the task is there to keep AWS's libraries quiet."""

    SCRIPT = """
import logging, sys
from airflow.sdk.log import configure_logging
configure_logging(json_output=True, output=sys.stdout.buffer)
from farflow.dag_bundle import VersionedDagBundle
from farflow.dag_store import DagStore
DagStore.unpack = lambda store, version, folder: store._s3 and folder.mkdir(parents=True)
VersionedDagBundle(name="dags-folder", bucket="b", version="0123456789abcdef").initialize()
logging.getLogger("farflow").info("ours")
"""

    def test_what_aws_says_of_itself_is_shown_at_debug_alone(self):
        for level, shown in (("INFO", False), ("DEBUG", True)):
            given = {
                "AIRFLOW__LOGGING__LOGGING_LEVEL": level,
                "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": self.enterContext(tempfile.TemporaryDirectory()),
                "PYTHONPATH": os.pathsep.join(sys.path),
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": "x",
                "AWS_DEFAULT_REGION": "eu-west-1",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            }
            command = [sys.executable, "-c", self.SCRIPT]
            ran = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=True)
            with self.subTest(level):
                self.assertIn("ours", ran.stdout)
                self.assertEqual("Found credentials" in ran.stdout, shown)
                self.assertEqual("Found endpoint" in ran.stdout, shown)


if __name__ == "__main__":
    unittest.main()
