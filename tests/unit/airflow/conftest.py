"""The Airflow image, built from this checkout, and containers of it that leave nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
IMAGE = "farflow-test/airflow"


@pytest.fixture(scope="session")
def docker():
    """`docker(*arguments, check=True)` runs Docker's command line."""

    def docker(*arguments, check=True, **options):
        run = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, **options)
        assert not check or run.returncode == 0, f"docker {' '.join(arguments)}\n{run.stdout}{run.stderr}"
        return run

    if docker("version", check=False).returncode:
        pytest.skip("needs a Docker engine that runs")
    return docker


@pytest.fixture(scope="session")
def base_images():
    """The embedded AWS's module of that name, its images made where no registry has them."""
    sys.path.insert(0, str(ROOT / "tests"))
    from embedded_aws import base_images

    base_images.ensure()
    return base_images


@pytest.fixture(scope="session")
def build(docker):
    """`build(context, *options, check=True)` builds an image, or finds it in the cache."""

    def build(context, *options, check=True):
        return docker(
            "build", "--force-rm", *options, str(context), check=check, env={**os.environ, "DOCKER_BUILDKIT": "0"}
        )

    return build


@pytest.fixture(scope="session")
def context(base_images, tmp_path_factory):
    """A copy of the folder that the image is built from, with the authorities that a build needs here."""
    copy = tmp_path_factory.mktemp("airflow") / "context"
    shutil.copytree(ROOT / "airflow", copy, ignore=shutil.ignore_patterns("__pycache__"))
    if bundle := os.environ.get("SSL_CERT_FILE"):
        shutil.copyfile(bundle, copy / ".build-ca.pem")
    return copy


@pytest.fixture(scope="session")
def airflow_image(build, context):
    """Name of the image: the one that FARFLOW_TEST_AIRFLOW_IMAGE names, else it is built."""
    if given := os.environ.get("FARFLOW_TEST_AIRFLOW_IMAGE"):
        return given
    build(context, "--quiet", "--tag", IMAGE)
    return IMAGE


@pytest.fixture
def run(docker, airflow_image):
    """`run(*command, options=(), check=True)`: a container with a read-only root, to its end."""

    def run(*command, options=(), check=True):
        return docker("run", "--rm", "--read-only", *options, airflow_image, *command, check=check)

    return run


@pytest.fixture(scope="module")
def database(docker, base_images):
    """A network with an empty Postgres, as the options that a container of Airflow needs to use it."""
    name = f"farflow-test-{uuid.uuid4().hex[:8]}"
    docker("network", "create", name)
    try:
        environment = ["POSTGRES_USER=airflow", "POSTGRES_DB=airflow", "POSTGRES_PASSWORD=p@ss/w%rd:1"]
        variables = [option for value in environment for option in ("--env", value)]
        docker("run", "--detach", "--name", name, "--network", name, *variables, base_images.POSTGRES)
        url = f"postgresql+psycopg2://airflow:p%40ss%2Fw%25rd%3A1@{name}:5432/airflow"
        yield ["--network", name, "--env", f"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN={url}"]
    finally:
        docker("rm", "--force", "--volumes", name, check=False)
        docker("network", "rm", name, check=False)
