"""Where it is recorded what AWS answers, and with which versions."""

from __future__ import annotations

import ansible.release
import botocore
import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.plugin_utils import observations
from ansible_collections.farflow.airflow.plugins.plugin_utils.inputs import COLLECTION

OURS = yaml.safe_load((COLLECTION / "galaxy.yml").read_text())["version"]
KNOWN = {
    "ansible-core": ansible.release.__version__,
    "botocore": botocore.__version__,
    "farflow.airflow": OURS,
}


def given(folder, image=""):
    return {"airflow_service_path": str(folder), "airflow_service_image": image}


@pytest.mark.parametrize(
    ("requirements", "told"),
    [
        ("a2wsgi==1.10.10 \\\n    --hash=sha256:a5\napache-airflow==3.3.2 \\\n    --hash=sha256:b6\n", "3.3.2"),
        ("apache-airflow[celery,amazon]==3.4.0rc1; python_version > '3'\n", "3.4.0rc1"),
        ("apache-airflow-providers-amazon==9.1.0\n", None),
        ("apache-airflow>=3\n", None),
        (None, None),
    ],
)
def test_versions_are_told_as_far_as_they_are_known(tmp_path, requirements, told):
    if requirements is not None:
        (tmp_path / "requirements.txt").write_text(requirements)
    airflow = {"Airflow": told} if told else {}
    assert observations.versions(given(tmp_path)) == {**KNOWN, **airflow}
    assert observations.versions(given(tmp_path, "airflow:3")) == KNOWN


def test_a_collection_that_is_installed_says_its_version_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(observations, "COLLECTION", tmp_path)
    manifest = """{
 "collection_info": {
  "namespace": "farflow",
  "version": "0.7.1"
 },
 "format": 1
}"""
    (tmp_path / "MANIFEST.json").write_text(manifest)
    assert observations.versions(given(tmp_path))["farflow.airflow"] == "0.7.1"


def test_a_file_that_is_there_or_can_be_made_is_right(tmp_path):
    (tmp_path / "there").touch()
    for name in ("there", "new"):
        assert observations.problems({"farflow_observations_path": str(tmp_path / name)}) == []
    assert observations.problems({}) == []


@pytest.mark.parametrize("name", ["", "none/file", "a\nb/file"])
def test_a_file_that_cannot_be_made_is_refused(tmp_path, name):
    (problem,) = observations.problems({"farflow_observations_path": f"{tmp_path}/{name}"})
    assert problem.endswith("allowed: a file that can be written, in a folder that exists")
    assert problem.isprintable()
