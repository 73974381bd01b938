"""What others do to the versions of the DAGs in the bucket, between a plan and its deploy or before a way back."""

from __future__ import annotations

import gzip
import io
import json
import tarfile

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils import dag_versions
from ansible_collections.farflow.airflow.plugins.module_utils.dags import folder as dag_folder
from ansible_collections.farflow.airflow.plugins.modules import dag_bundle_info
from ansible_collections.farflow.airflow.plugins.modules import dag_bundles as module

BUCKET = "test-logs"


def s3():
    return boto3.client("s3", region_name="us-east-1")


@pytest.fixture(autouse=True)
def bucket(aws):
    s3().create_bucket(Bucket=BUCKET)


@pytest.fixture
def deploy(tmp_path, run_module):
    """``deploy(content, **more)`` puts a folder with one DAG file of that content; without one, what ``more`` says."""

    def run(content=None, **more):
        bundle = {"bucket": BUCKET, **more}
        if content is not None:
            folder = tmp_path / content / "dags"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "a.py").write_text(content)
            bundle["path"] = str(folder.parent)
        done = run_module(module, bundles=[bundle])
        return done if "failed" in done else done["bundles"][0]

    return run


def current():
    return dag_versions.read(s3().get_object(Bucket=BUCKET, Key=dag_versions.POINTER)["Body"].read())


def etag():
    return s3().head_object(Bucket=BUCKET, Key=dag_versions.POINTER)["ETag"]


def change(key, content):
    """Another content, with the metadata that the object had."""
    metadata = s3().head_object(Bucket=BUCKET, Key=key)["Metadata"]
    s3().put_object(Bucket=BUCKET, Key=key, Body=content, Metadata=metadata)


def test_who_has_deployed_since_the_plan_is_not_overtaken(deploy):
    deploy("one")
    planned = etag()
    other = deploy("two")["version"]
    message = deploy("three", pointer=planned)["msg"]
    assert message.startswith(f"the DAGs were moved to version {other} (arn:aws:")
    assert current()["version"] == other


def test_nor_who_has_deployed_first_of_all(deploy):
    other = deploy("one")["version"]
    assert f"moved to version {other}" in deploy("two", pointer="")["msg"]


def test_who_has_deployed_the_same_does_no_harm(deploy):
    deploy("one")
    planned = etag()
    deploy("two")
    assert deploy("two", pointer=planned)["changed"] is False


def test_what_the_plan_has_seen_is_replaced(deploy):
    assert deploy("one", pointer="")["changed"] is True
    assert deploy("two", pointer=etag())["changed"] is True


def test_there_is_no_way_back_to_an_archive_that_somebody_has_changed(deploy):
    first, second = deploy("one")["version"], deploy("two")["version"]
    change(dag_versions.archive(first), b"anything")
    assert "is not what was put there" in deploy(version=first)["msg"]
    assert current()["version"] == second
    assert deploy("one")["changed"] is True
    mended = s3().get_object(Bucket=BUCKET, Key=dag_versions.archive(first))["Body"].read()
    assert dag_versions.version_of(dag_folder.files_of(mended)) == first == current()["version"]


def listed(run_module):
    told = run_module(dag_bundle_info, bucket=BUCKET)
    history = [(one["version"], one["current"], one["is_repair"]) for one in told["history"]]
    return history, told["problem"], told["damaged"]


def edit_pointer():
    change(dag_versions.POINTER, s3().get_object(Bucket=BUCKET, Key=dag_versions.POINTER)["Body"].read() + b" ,")


@pytest.mark.parametrize("harm", [edit_pointer, lambda: s3().delete_object(Bucket=BUCKET, Key=dag_versions.POINTER)])
def test_a_pointer_that_is_put_back_is_no_move(deploy, run_module, harm):
    first, second = deploy("one")["version"], deploy("two")["version"]
    pointer = current()
    history = [(second, True, False), (first, False, False)]
    assert listed(run_module) == (history, "", [])
    harm()
    told, problem, _damaged = listed(run_module)
    assert (told[0], bool(problem)) == ((second, False, False), True)
    assert deploy("two")["changed"] is True
    assert current() == pointer
    assert listed(run_module) == (history, "", [])


def test_another_version_after_an_edit_is_a_move(deploy, run_module):
    first, second = deploy("one")["version"], deploy("two")["version"]
    edit_pointer()
    assert deploy("one")["changed"] is True
    assert listed(run_module)[0] == [(first, True, False), (second, False, False), (first, False, False)]


def test_an_archive_that_is_put_anew_as_it_was_is_no_move(deploy, run_module):
    first = deploy("one")["version"]
    change(dag_versions.archive(first), b"anything")
    assert deploy("one")["changed"] is True
    assert listed(run_module) == ([(first, True, False)], "", [])
    assert deploy("one")["changed"] is False


def test_an_archive_that_is_put_anew_and_differs_is_told_as_a_repair(deploy, run_module, monkeypatch):
    """As with a key of KMS, which encrypts differently each time."""
    first = deploy("one")["version"]
    change(dag_versions.archive(first), b"anything")
    packed = dag_folder.packed
    monkeypatch.setattr(dag_folder, "packed", lambda folder: gzip.compress(gzip.decompress(packed(folder)), 1))
    assert deploy("one")["changed"] is True
    assert listed(run_module)[0] == [(first, True, True), (first, False, False)]


def test_a_copy_of_a_pointer_that_somebody_has_changed_is_told(deploy, run_module):
    deploy("one")
    second = deploy("two")["version"]
    change(dag_versions.history(1), b"{}")
    history, problem, damaged = listed(run_module)
    assert (history, problem) == ([(second, True, False)], "")
    told = f"s3://{BUCKET}/{dag_versions.history(1)}, which says what was current once, can't be used: it has no format"
    assert damaged == [told]


@pytest.mark.parametrize("damage", [b"{nonsense", b"{}", b'{"files": {"b.py": "1"}}'])
def test_a_list_of_files_that_somebody_has_changed_is_made_anew_from_the_archive(deploy, damage):
    first = deploy("one")["version"]
    deploy("two")
    s3().put_object(Bucket=BUCKET, Key=dag_versions.listing(first), Body=damage)
    assert deploy(version=first)["changed"] is True
    assert current()["files"] == 1
    listed = json.loads(s3().get_object(Bucket=BUCKET, Key=dag_versions.listing(first))["Body"].read())
    assert dag_versions.version_of(listed["files"]) == first


def test_an_archive_tells_its_files(tmp_path):
    folder = tmp_path / "airflow" / "dags"
    (folder / "more").mkdir(parents=True)
    (folder / "a.py").write_text("a")
    (folder / "more" / "run.sh").write_text("b")
    (folder / "more" / "run.sh").chmod(0o755)
    (folder / "link.py").symlink_to("a.py")
    read = dag_folder.read(folder.parent)
    assert dag_folder.files_of(dag_folder.packed(read)) == read.files
    assert dag_folder.files_of(b"anything") == {}


def test_an_empty_folder_is_there_for_who_unpacks_it_below_another(tmp_path):
    (tmp_path / "airflow" / "dags").mkdir(parents=True)
    packed = dag_folder.packed(dag_folder.read(tmp_path / "airflow"), "checked/")
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert [(member.name, member.isdir()) for member in tar.getmembers()] == [("checked", True)]
