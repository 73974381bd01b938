"""What lies in a project's folder, judged beside the inputs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs import project
from ansible_collections.farflow.airflow.plugins.module_utils.images import contract as image_contract

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


@pytest.fixture
def laid(tmp_path):
    """What `init` lays down of Airflow's folder, in a project whose path has a space."""
    folder = tmp_path / "my project" / "airflow"
    shutil.copytree(AIRFLOW, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def is_without(path):
    """Makes a file one of a collection that knew no contract."""
    path.write_text(re.sub(r"(?m)^(# )?contract=\d+.*\n", "", path.read_text()))


def overwrites(line):
    """What the command that a refusal names takes from the collection."""
    return line.rpartition(" -e farflow_init_overwrite=")[2].split(",")


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
    assert line.startswith(f"{folder}: ")
    assert f"entrypoint.sh {has}, allowed: {image_contract.NEEDED} or more" in line
    assert line.partition("ansible-playbook ")[2] == (
        f"farflow.airflow.init -e farflow_init_path='{tmp_path}/my project' "
        "-e farflow_init_overwrite=airflow/entrypoint.sh"
    )


def test_what_a_collection_without_contract_laid_down_is_refused_as_a_whole(laid):
    for name in image_contract.FILES:
        is_without(laid / name)
    (line,) = problems(laid, "eu-west-1")
    parts = ["airflow/config/airflow_local_settings.py", "airflow/entrypoint.sh", "airflow/plugins", "airflow/scripts"]
    assert overwrites(line) == parts


def test_a_newer_entry_point_alone_makes_no_newer_folder(laid):
    for name in image_contract.FILES:
        is_without(laid / name)
    shutil.copy(AIRFLOW / "entrypoint.sh", laid)
    (line,) = problems(laid, "eu-west-1")
    assert overwrites(line) == ["airflow/config/airflow_local_settings.py", "airflow/plugins", "airflow/scripts"]


@pytest.mark.parametrize("name", sorted(image_contract.FILES))
@pytest.mark.parametrize("spoil", [is_without, Path.unlink])
def test_one_older_part_is_refused_by_its_name(laid, name, spoil):
    spoil(laid / name)
    (line,) = problems(laid, "eu-west-1")
    part = name.removesuffix("/__init__.py")  # a package is overwritten as one
    assert f"{part} has no contract, allowed: " in line
    assert overwrites(line) == [f"airflow/{part}"]


def test_a_part_may_be_edited_and_newer(laid):
    for name, number in image_contract.FILES.items():
        path = laid / name
        path.write_text(path.read_text().replace(f"contract={number}", f"contract={number + 1}") + "\n# mine\n")
    assert problems(laid, "eu-west-1") == []


def test_every_file_that_init_brings_of_the_parts_says_its_contract():
    brought = {path for folder in ("plugins", "scripts") for path in (AIRFLOW / folder).glob("[!.]*") if path.is_file()}
    packages = {AIRFLOW / "plugins" / "farflow" / "__init__.py"}
    others = {AIRFLOW / "entrypoint.sh", AIRFLOW / "config" / "airflow_local_settings.py"}
    assert {AIRFLOW / name for name in image_contract.FILES} == brought | packages | others


def test_what_the_dockerfile_copies_is_missed_as_a_whole(laid):
    shutil.rmtree(laid / "plugins")
    (line,) = problems(laid, "eu-west-1")
    assert overwrites(line) == ["airflow/plugins"]
    for folder in ("config", "scripts"):
        shutil.rmtree(laid / folder)
    (laid / "entrypoint.sh").unlink()
    (line,) = problems(laid, "eu-west-1")
    parts = ["airflow/config/airflow_local_settings.py", "airflow/entrypoint.sh", "airflow/plugins", "airflow/scripts"]
    assert overwrites(line) == parts


@pytest.mark.parametrize(
    ("ignored", "parts"),
    [
        ("scripts", "scripts"),
        ("plugins", "plugins"),
        ("entrypoint.sh", "entrypoint.sh"),
        ("**/migrate.py", "scripts/migrate.py"),
        ("config\nplugins/farflow", "config/airflow_local_settings.py, plugins/farflow"),
        ("*", "config/airflow_local_settings.py, entrypoint.sh, plugins, scripts"),
    ],
)
@pytest.mark.parametrize("copies", ["", "FROM scratch\nCOPY . /opt/airflow/\n"])
def test_what_the_build_context_leaves_out_is_missed(laid, ignored, parts, copies):
    with (laid / ".dockerignore").open("a") as file:
        file.write(f"{ignored}\n")
    if copies:
        (laid / "Dockerfile").write_text(copies)
    (line,) = problems(laid, "eu-west-1")
    assert line == (
        f"{laid}/.dockerignore: leaves out {parts}, allowed: other files, since the Dockerfile copies these, and the "
        "deploy needs them"
    )


def test_what_the_dockerfile_does_not_copy_may_be_left_out(laid):
    """Another image brings it."""
    (laid / "Dockerfile").write_text("FROM mine\nCOPY dags /opt/airflow/dags\nCOPY --from=other plugins scripts /\n")
    (laid / ".dockerignore").write_text("*\n!dags\n")
    assert problems(laid, "eu-west-1") == []


def test_what_is_reached_by_a_link_in_the_context_is_in_it(laid):
    (laid / "scripts").rename(laid / "certificates" / "scripts")
    (laid / "scripts").symlink_to("certificates/scripts")
    assert problems(laid, "eu-west-1") == []


@pytest.mark.parametrize("copies", ["COPY . /opt/airflow/", "COPY plugin[s] ./plugins/", "COPY --from=x plugins ./"])
def test_an_image_of_ones_own_making_that_names_no_part_needs_none(tmp_path, copies):
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\n{copies}\n")
    (tmp_path / "entrypoint.sh").write_text("contract=3\n")
    assert problems(tmp_path, "eu-west-1") == []


def test_an_image_of_ones_own_making_needs_no_parts_of_ours(tmp_path):
    """It offers the same in its own way, and says so in its entry point."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "entrypoint.sh").write_text("contract=3\n")
    assert problems(tmp_path, "eu-west-1") == []


def test_a_folder_of_another_name_gets_other_advice(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (line,) = problems(tmp_path, "eu-west-1")
    assert "take entrypoint.sh from airflow/ of the project that" in line
    assert "lays down in a new folder" in line


def test_a_link_of_a_dag_that_leads_out_is_told_once(laid):
    """As part of the image, and not again as a DAG."""
    (laid / "dags" / "data").symlink_to("/etc/passwd")
    told = problems(laid, "eu-west-1")
    inputs = {"airflow_service_path": str(laid), "airflow_service_dags": "bundle"}
    assert [line for line in told if "dags/data: is a link to" in line] == told
    assert len(project.dag_problems(inputs)) == 1
    assert project.dag_problems(inputs, told) == []


@pytest.mark.parametrize("where", ["bundle", "image"])
def test_an_ignore_file_that_airflow_cannot_read_is_refused(laid, where):
    inputs = {"airflow_service_path": str(laid), "airflow_service_dags": where}
    assert project.dag_problems(inputs) == []
    (laid / "dags" / ".airflowignore").write_text("x\n", encoding="utf-16")
    assert project.dag_problems(inputs) == [f"{laid}/dags/.airflowignore:1: is UTF-16, allowed: UTF-8"]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements.in"])
def test_requirements_that_uv_reads_are_right(laid, name):
    (laid / name).write_text("a==1\n", encoding="utf-16")
    assert problems(laid, "eu-west-1") == []
    (laid / name).write_text("a==1\n", encoding="utf-16-le")
    (line,) = problems(laid, "eu-west-1")
    assert line.startswith(f"{laid}/{name}:1: holds the character NUL")


def test_an_image_by_reference_has_no_folder_to_be_judged(tmp_path):
    assert problems(tmp_path, "eu-west-1", airflow_service_image="registry/image@sha256:0") == []
