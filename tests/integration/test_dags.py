"""The DAGs as versions in the bucket: what a deploy and dags.yml do with them, and to nothing else."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest import mock

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils import dag_versions
from ansible_collections.farflow.airflow.plugins.module_utils.dag_versions import archive, listing
from ansible_collections.farflow.airflow.plugins.module_utils.dags import bundles as dag_bundles
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients

from .conftest import Project
from .stack import mutating_calls, running

POINTER = dag_versions.POINTER


@pytest.fixture(scope="module")
def environment(playbooks, tmp_path_factory):
    """One for all tests, each of which goes on with what it finds."""
    playbooks.aws.reset()
    project = Project(tmp_path_factory.mktemp("project"))
    playbooks.deploy(**project.variables)
    return Dags(playbooks, playbooks.aws, project)


@pytest.fixture
def deployed(environment):
    """The environment with the DAGs of its folder, and no call in its log."""
    for path in environment.project.dags.iterdir():
        path.unlink()
    environment.put("A = 1\n")
    environment.aws.reset_calls()
    return environment


class Dags:
    """What people do with DAGs, and what lies in the bucket."""

    def __init__(self, playbooks, aws, project):
        self.playbooks, self.aws, self.project = playbooks, aws, project
        self._s3 = aws.client("s3")
        (self.bucket,) = (one["Name"] for one in self._s3.list_buckets()["Buckets"] if "airflow-logs" in one["Name"])

    def write(self, text, name="example.py"):
        (self.project.dags / name).write_text(text)

    def run(self, *arguments, code=0, **variables):
        """dags.yml, or another playbook by ``playbook``."""
        playbook = variables.pop("playbook", "dags")
        outcome = self.playbooks.run(playbook, *arguments, **{**self.project.variables, **variables})
        assert outcome.code == code, outcome.output[-5000:]
        return outcome

    def put(self, text, **variables):
        """A change of the DAG, deployed; the version's name."""
        self.write(text)
        self.run(**variables)
        return self.version()

    def number(self):
        """How often the pointer was moved."""
        return self.pointer()["number"]

    def pointer(self):
        return dag_versions.read(self.get(POINTER))

    def version(self):
        return self.pointer()["version"]

    def get(self, key):
        return self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def set(self, key, content):
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def delete(self, key):
        self._s3.delete_object(Bucket=self.bucket, Key=key)

    def keys(self, prefix="dags/"):
        return [one["Key"] for one in self._s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])]


def test_a_change_moves_the_pointer_and_nothing_else(deployed):
    before, first, number = running(deployed.aws), deployed.version(), deployed.number()
    deployed.write("A = 2\n")
    deployed.write("B = 1\n", "new.py")
    planned = deployed.run("--check", "--diff")
    for reason in (f"version {first} -> ", "example.py changed", "new.py added"):
        assert f"dags: change dag_bundle dags-folder: {reason}" in planned.output
    assert mutating_calls(deployed.aws) == []
    assert deployed.run().changed == 1
    assert set(mutating_calls(deployed.aws)) == {"s3 PutObject"}
    assert running(deployed.aws) == before
    pointer = deployed.pointer()
    assert (pointer["number"], pointer["previous"], pointer["files"]) == (number + 1, first, 2)
    assert re.match("arn:aws:", pointer["by"])
    deployed.aws.reset_calls()
    assert deployed.run().changed == 0
    assert deployed.run(playbook="deploy").changed == 0
    assert mutating_calls(deployed.aws) == []


def test_a_deploy_brings_the_dags_too(deployed):
    before, number = running(deployed.aws), deployed.number()
    deployed.write("A = 2\n")
    planned = deployed.run("--check", "--diff", playbook="plan")
    assert "dags: change dag_bundle dags-folder: example.py changed" in planned.output
    deployed.run(playbook="deploy")
    assert deployed.number() == number + 1
    assert running(deployed.aws) == before
    assert [call for call in mutating_calls(deployed.aws) if call.startswith("ecr")] == []


def test_back_to_an_earlier_version_and_forth(deployed):
    first, number = deployed.version(), deployed.number()
    second = deployed.put("A = 2\n")
    deployed.run(dags_version=first[:6])
    assert deployed.version() == first
    assert deployed.run(dags_version=first).changed == 0
    shown = deployed.run(playbook="dags_list").output
    order = re.findall(r"([0-9a-f]{16})  \S+  (current|)", shown)
    assert order[:3] == [(first, "current"), (second, ""), (first, "")]
    deployed.run()
    assert (deployed.version(), deployed.number()) == (second, number + 3)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            "ffffffffffffffff",
            "dags_version: is 'ffffffffffffffff', which is no version of the DAGs, allowed:",
        ),
        ("xyz", "dags_version: is a text 'xyz', allowed: the name of a version"),
    ],
)
def test_a_version_that_does_not_exist_is_refused(deployed, asked, says):
    assert says in deployed.run(code=2, dags_version=asked).output
    assert mutating_calls(deployed.aws) == []


def listed(deployed):
    """The lines of dags_list, one for each move."""
    found = re.findall(r'"([0-9a-f]{16}  .+)"', deployed.run(playbook="dags_list").output)
    assert len(found) == deployed.number()
    return found


@pytest.mark.thorough
def test_a_pointer_that_somebody_deleted_is_told_and_put_right(deployed):
    first = deployed.version()
    deployed.delete(POINTER)
    says = f"the pointer s3://{deployed.bucket}/{POINTER} is missing: no version is the current one until"
    assert says in deployed.run(playbook="dags_list").output
    deployed.run()
    assert deployed.version() == first
    assert "is missing" not in deployed.run(playbook="dags_list").output


def test_a_pointer_that_somebody_edited_is_told_and_put_right(deployed):
    first, number, before = deployed.version(), deployed.number(), listed(deployed)
    edited = json.loads(deployed.get(POINTER))
    deployed.set(POINTER, json.dumps({**edited, "version": "0" * 16}).encode())
    planned = deployed.run("--check", "--diff").output
    assert "dags: change dag_bundle dags-folder: the pointer s3://" in planned
    assert "can't be used: it was edited by hand: its seal is not that of its content" in planned
    deployed.run()
    assert (deployed.version(), deployed.number()) == (first, number)
    assert listed(deployed) == before


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["missing", "overwritten"])
def test_an_archive_that_somebody_took_away_or_overwrote_is_told_and_put_right(deployed, how):
    key = dag_versions.archive(deployed.version())
    good = deployed.get(key)
    if how == "missing":
        deployed.delete(key)
    else:
        deployed.set(key, b"something else")
    words = {"missing": "is missing", "overwritten": "is not what was put there"}
    assert f"s3://{deployed.bucket}/{key} {words[how]}" in deployed.run("--check", "--diff").output
    deployed.run()
    assert deployed.get(key) == good
    assert deployed.run().changed == 0


@pytest.mark.thorough
def test_what_was_overwritten_is_not_gone_back_to(deployed):
    first = deployed.version()
    second = deployed.put("A = 22\n")
    deployed.set(dag_versions.archive(first), b"something else")
    refused = deployed.run(code=2, dags_version=first).output
    assert f"is not what was put there, so that version {first} can't be gone back to" in refused
    assert deployed.version() == second
    deployed.put("A = 1\n")  # puts it right
    assert deployed.version() == first


def test_two_at_once_do_not_lose_each_other(deployed):
    """Whoever is second is told who was first, or deploys after that; no pointer is overwritten unseen."""
    number = deployed.number()

    def deploy(copy):
        folder = deployed.project.airflow.parent / f"copy-{copy}"
        folder.mkdir()
        (folder / "dags").mkdir()
        (folder / "dags" / "example.py").write_text(f"A = {copy}\n")
        for name in ("Dockerfile", "entrypoint.sh", "content"):
            (folder / name).write_bytes((deployed.project.airflow / name).read_bytes())
        variables = {**deployed.project.variables, "airflow_service_path": str(folder)}
        return deployed.playbooks.run("dags", **variables)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(deploy, range(10, 14)))
    done = [one for one in outcomes if one.code == 0]
    assert done
    for one in outcomes:
        assert one.code == 0 or "the DAGs were moved to version" in one.output
    pointer = deployed.pointer()
    assert pointer["number"] == number + len(done)
    history = [dag_versions.read(deployed.get(key)) for key in deployed.keys("dags/history/")]
    assert [one["number"] for one in history] == list(range(1, pointer["number"] + 1))
    assert [one["previous"] for one in history[1:]] == [one["version"] for one in history[:-1]]


def test_what_can_be_no_version_is_refused_before_anything_is_done(deployed):
    (deployed.project.dags / "link.py").symlink_to("/etc/passwd")
    for playbook, place in (("dags", "the DAG folder, allowed:"), ("deploy", "the build context;")):
        refused = deployed.run(code=2, playbook=playbook).output
        assert f"dags/link.py: is a link to /etc/passwd, out of {place}" in refused
    assert deployed.aws.calls(mutating=True) == []


@pytest.mark.thorough
def test_image_and_back(deployed):
    """The image is built with the DAGs, and the objects stay for the way back."""
    keys, number = deployed.keys(), deployed.number()
    refused = deployed.run(code=2, airflow_service_dags="image").output
    assert "airflow_service_dags is image: the DAGs are part of Airflow's image" in refused
    deployed.run(playbook="deploy", airflow_service_dags="image")
    assert deployed.keys() == keys
    family = deployed.aws.client("ecs").describe_task_definition(taskDefinition="local-airflow-worker")
    (container,) = family["taskDefinition"]["containerDefinitions"]
    names = {one["name"] for one in container["environment"]}
    assert "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST" not in names
    deployed.write("A = 5\n")
    planned = deployed.run("--check", "--diff", playbook="plan", airflow_service_dags="image").output
    assert "create image local-airflow:airflow-" in planned
    deployed.run(playbook="deploy")
    assert deployed.number() == number + 1


def test_versions_that_nobody_needs_go(deployed):
    """Those of the last moves stay, and so does what a run needs."""
    first = deployed.version()
    needed, superfluous = deployed.put("A = 31\n"), deployed.put("A = 32\n")
    deployed.put("A = 33\n")
    clients = Clients(lambda service, config: deployed.aws.client(service))
    with mock.patch.object(dag_bundles, "_YOUNG", timedelta()):
        deleted = dag_bundles.prune(clients, deployed.bucket, 1, [needed], False)
    assert superfluous in deleted and first in deleted
    there = {key for version in (needed, deployed.version()) for key in (archive(version), listing(version))}
    assert set(deployed.keys("dags/versions/")) == there
    assert f"{superfluous}  " in (shown := deployed.run(playbook="dags_list").output) and "deleted" in shown
    assert "which is no version of the DAGs" in deployed.run(code=2, dags_version=superfluous).output


def test_all_goes_with_the_environment(deployed):
    deployed.playbooks.teardown(**deployed.project.variables)
    assert deployed.aws.client("s3").list_buckets()["Buckets"] == []
    refused = deployed.run(code=2).output
    assert "environment local is not deployed: run deploy.yml first" in refused
