"""What lies in a project's folder, judged beside the inputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.glue import project

BUNDLE = Path("certificates/rds-global-bundle.pem")
OURS = Path(__file__).parents[3] / "airflow" / BUNDLE


@pytest.fixture
def folder(tmp_path):
    """Airflow's folder, with our certificate authorities."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / BUNDLE).parent.mkdir()
    shutil.copy(OURS, tmp_path / BUNDLE)
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
