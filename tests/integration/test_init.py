"""A project of the user's own: from the tarball of the collection, in an empty folder, to a deployment and back.

With FARFLOW_TEST_CONTAINERS=1 the images are the real ones, and the sample DAG runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.airflow_api import Airflow
from tests.embedded_aws import EmbeddedAWS
from tests.embedded_aws.settings import REGION
from tests.stack.listing import difference, listing
from tests.stack.playbooks import ROOT, Outcome, Playbooks

from .installed import build, install
from .stack import mutating_calls

CONTAINERS = bool(os.environ.get("FARFLOW_TEST_CONTAINERS"))
# Relative, as a user may give it.
CERTIFICATES = "certificates/rds-global-bundle.pem"


@dataclass
class Project:
    """The user's folder, in which the collection is installed, and the account that is deployed to."""

    folder: Path
    playbooks: Playbooks

    def init(self, *arguments: str, **variables: object) -> Outcome:
        """Before there is an ansible.cfg, a variable says where the collection is."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ANSIBLE_COLLECTIONS_PATH", str(self.folder / "collections"))
            outcome = self.playbooks.run("farflow.airflow.init", *arguments, **variables)
        assert outcome.code == 0, outcome.output
        return outcome

    def run(self, playbook: str, *arguments: str, **variables: object) -> Outcome:
        """One of the collection's playbooks, with the variables of dev; those of the embedded AWS beat them."""
        aws = self.playbooks.aws
        port = urlsplit(aws.endpoint_url).port
        here = {
            "farflow_region": REGION,
            "farflow_endpoint_url": aws.endpoint_url,
            "farflow_access_key": "embedded",
            "farflow_secret_key": "embedded",
            "farflow_registry": aws.registry,
            "farflow_build_ca_bundle": CERTIFICATES,
            "airflow_service_base_url": f"http://dev-airflow.alb.localhost:{port}",
            "airflow_service_database_ssl_mode": "require",
        }
        given = ("-e", "@vars/dev.yml", *arguments)
        outcome = self.playbooks.run(f"farflow.airflow.{playbook}", *given, **{**here, **variables})
        assert outcome.code == 0, outcome.output[-6000:]
        return outcome

    def files(self) -> set[str]:
        """What lies in the folder, but for the collection."""
        found = (path for path in self.folder.rglob("*") if not path.is_dir())
        return {path.relative_to(self.folder).as_posix() for path in found if "collections" not in path.parts}


@pytest.fixture(scope="module")
def tarball(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("tarball"))


@pytest.fixture(scope="module")
def project(tarball, tmp_path_factory):
    """A folder that is empty but for the collection."""
    folder = tmp_path_factory.mktemp("project")
    install(tarball, folder / "collections")
    aws = EmbeddedAWS("integration-init", fast=not CONTAINERS)
    aws.down()  # what a run that was killed has left
    playbooks = None
    try:
        aws.up()
        playbooks = Playbooks(aws, ROOT / "artifacts" / "integration" / "init", inventory=None, folder=folder)
        yield Project(folder, playbooks)
    finally:
        if playbooks:
            playbooks.close()
        aws.down()


def test_the_tarball_holds_what_a_project_is_made_of(tarball):
    with tarfile.open(tarball) as archive:
        names = set(archive.getnames())
    for needed in ("airflow/.dockerignore", "airflow/entrypoint.sh", "tasks/number_task/task.yml", "vars/dev.yml"):
        assert needed in names
    command = ["git", "ls-files", "airflow", "tasks", "playbooks/project", "awx"]
    tracked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(tracked.stdout.split()) - names == set()


def test_check_mode_names_the_files_and_writes_none(project):
    outcome = project.init("--check", "--diff")
    assert "+ airflow/Dockerfile\n" in outcome.output
    assert outcome.changed == 1
    assert project.files() == set()


def test_lays_it_down_once(project):
    assert project.init().changed == 1
    laid = project.files()
    for each in ("airflow/dags/example.py", "airflow/plugins/farflow/__init__.py", "tasks/multi_task/Dockerfile"):
        assert (project.folder / each).read_bytes() == (ROOT / each).read_bytes()
    assert os.access(project.folder / "airflow" / "entrypoint.sh", os.X_OK)
    assert {"README.md", ".gitignore", "ansible.cfg", "requirements.yml", "vars/prod.yml"} <= laid

    again = project.init()
    assert again.changed == 0
    assert "kept" not in again.output
    assert project.files() == laid


def test_keeps_what_the_user_has_changed_and_names_it(project):
    project.init()
    changed = project.folder / "tasks" / "number_task" / "numbers.py"
    changed.write_text("print('mine')\n")
    outcome = project.init()
    assert outcome.changed == 0
    assert "kept, though the collection has another: tasks/number_task/numbers.py;" in outcome.output
    assert changed.read_text() == "print('mine')\n"

    forced = project.init(farflow_init_overwrite="tasks")
    assert forced.changed == 1
    assert changed.read_bytes() == (ROOT / "tasks" / "number_task" / "numbers.py").read_bytes()


def test_an_inventory_says_what_the_variables_say(project):
    project.init()
    stack = project.folder / "inventories" / "dev" / "group_vars" / "all" / "stack.yml"
    assert stack.resolve() == (project.folder / "vars" / "dev.yml").resolve()


def test_deploys_from_the_users_folder_and_takes_all_away(project):
    project.init()
    add_task(project.folder / "tasks" / "mine")
    (project.folder / CERTIFICATES).parent.mkdir()
    shutil.copy(os.environ.get("SSL_CERT_FILE", ROOT / "airflow" / CERTIFICATES), project.folder / CERTIFICATES)
    if not CONTAINERS:
        for dockerfile in project.folder.glob("*/**/Dockerfile"):
            if "collections" not in dockerfile.parts:
                dockerfile.write_text("FROM scratch\nCOPY . /\n")
    check = {} if CONTAINERS else {"dags_check": "false"}  # there is no Airflow in such an image
    aws = project.playbooks.aws
    before = listing(aws)

    aws.reset_calls()
    assert "dag_tasks: create ecs_task_definition dev-mine\n" in project.run("plan", **check).output
    assert mutating_calls(aws) == []

    deployed = project.run("deploy", **check)
    assert "SUMMARY" in deployed.output
    families = aws.client("ecs").list_task_definition_families(status="ACTIVE", familyPrefix="dev-")["families"]
    assert {"dev-mine", "dev-multi_task", "dev-number_task"} <= set(families)
    if CONTAINERS:
        assert sample_dag_run(aws) == "success"

    aws.reset_calls()
    assert project.run("deploy", **check).changed == 0
    assert mutating_calls(aws) == []

    project.run("teardown", farflow_teardown_confirm="dev")
    assert difference(before, listing(aws)) == {}


def add_task(folder: Path) -> None:
    folder.mkdir()
    (folder / "Dockerfile").write_text('FROM public.ecr.aws/docker/library/debian:trixie-slim\nCMD ["true"]\n')


def sample_dag_run(aws: EmbeddedAWS) -> str:
    """How a run of the sample DAG ends."""
    endpoint = urlsplit(aws.endpoint_url)
    secret = aws.client("secretsmanager").get_secret_value(SecretId="farflow/dev/admin-password")
    url = f"http://dev-airflow.alb.localhost:{endpoint.port}"
    return Airflow(url, "admin", secret["SecretString"], via=endpoint.netloc).dag_run("example")["state"]
