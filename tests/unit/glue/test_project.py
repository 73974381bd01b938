"""What lies in a project's folder, judged beside the inputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.glue import project
from ansible_collections.farflow.airflow.plugins.module_utils.pure import image_contract

BUNDLE = Path("certificates/rds-global-bundle.pem")
ROOT = Path(__file__).parents[3]
AIRFLOW = ROOT / "airflow"


@pytest.fixture
def folder(tmp_path):
    """Airflow's folder, with our certificate authorities."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    shutil.copy(AIRFLOW / "entrypoint.sh", tmp_path)
    (tmp_path / BUNDLE).parent.mkdir()
    shutil.copy(AIRFLOW / BUNDLE, tmp_path / BUNDLE)
    return tmp_path


def problems(folder, region, mode="verify-full", **more):
    inputs = {"farflow_region": region, "airflow_service_database_ssl_mode": mode, "airflow_service_path": str(folder)}
    _tasks, found, _warnings = project.explore({**inputs, **more})
    return found


def test_a_region_whose_databases_could_not_be_verified(folder):
    assert problems(folder, "eu-west-1") == []
    (line,) = problems(folder, "us-gov-west-1")
    assert line.startswith(f"{folder / BUNDLE}: has no certificate authority of us-gov-west-1")
    assert f"{folder}/certificates/README.md" in line


def test_where_authorities_are_not_asked_for_or_come_from_elsewhere(folder):
    assert problems(folder, "us-gov-west-1", mode="require") == []
    assert problems(folder, "us-gov-west-1", airflow_service_image="registry/image@sha256:0") == []
    (folder / BUNDLE).unlink()
    assert problems(folder, "us-gov-west-1") == []


def test_the_images_that_are_built_here_have_what_the_deploy_needs(folder):
    assert problems(folder, "eu-west-1") == []
    molecule = ROOT / "extensions" / "molecule" / "project" / "airflow"
    assert problems(molecule, "eu-west-1") == []


@pytest.mark.parametrize(
    ("entrypoint", "has"),
    [(None, "has no contract"), ("#!/bin/sh\n# contract=9\n", "has no contract"), ("contract=0\n", "has contract 0")],
)
def test_a_folder_of_an_older_collection_is_refused_with_what_mends_it(tmp_path, entrypoint, has):
    folder = tmp_path / "my project" / "airflow"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    if entrypoint:
        (folder / "entrypoint.sh").write_text(entrypoint)
    (line,) = problems(folder, "eu-west-1")
    assert line.startswith(f"{folder}/entrypoint.sh: {has}, allowed: {image_contract.NEEDED} or more")
    command = line.partition("ansible-playbook ")[2]
    assert command == (
        f"farflow.airflow.init -e farflow_init_path='{tmp_path}/my project' "
        "-e farflow_init_overwrite=airflow/config/airflow_local_settings.py,airflow/entrypoint.sh,airflow/plugins,"
        "airflow/scripts"
    )
    assert [part for part in image_contract.PARTS if not (AIRFLOW / part).exists()] == []


def test_a_newer_folder_is_taken_and_one_of_another_name_gets_other_advice(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "entrypoint.sh").write_text("contract=2\n")
    assert problems(tmp_path, "eu-west-1") == []
    (tmp_path / "entrypoint.sh").unlink()
    (line,) = problems(tmp_path, "eu-west-1")
    assert "lays down in a new folder" in line


def test_an_image_by_reference_has_no_folder_to_be_judged(tmp_path):
    assert problems(tmp_path, "eu-west-1", airflow_service_image="registry/image@sha256:0") == []
