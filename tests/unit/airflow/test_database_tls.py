"""Airflow's two database drivers and a Postgres with a certificate: what each mode of the database's URL accepts."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from pathlib import Path

import pytest

CONNECT = Path(__file__).parent / "in_image" / "connect.py"
RDS_BUNDLE = "/opt/airflow/certificates/rds-global-bundle.pem"
NAMED, UNNAMED = "named-in-the-certificate", "another-name"
TLS = "TLSv1.3"

#: sslmode, authorities, host -> whether a connection comes about
CASES = {
    ("verify-full", "/certificates/ca.pem", NAMED): True,
    ("verify-full", "/certificates/ca.pem", UNNAMED): False,
    ("verify-full", RDS_BUNDLE, NAMED): False,
    ("verify-ca", "/certificates/ca.pem", UNNAMED): True,
    ("verify-ca", RDS_BUNDLE, UNNAMED): False,
    ("require", "", UNNAMED): True,
}


def url(mode, authorities, host):
    certificates = f"&sslrootcert={authorities}" if authorities else ""
    return f"postgresql+psycopg2://airflow:p%40ss@{host}:5432/airflow?sslmode={mode}{certificates}"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A folder with an authority, and with a server's key and certificate from it."""
    folder = tmp_path_factory.mktemp("certificates")
    new = "openssl req -x509 -newkey rsa:2048 -nodes -days 2"
    server = f"-CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:{NAMED}"
    for arguments in (
        f"{new} -subj /CN=authority -keyout ca.key -out ca.pem",
        f"{new} -subj /CN=server {server} -keyout server.key -out server.pem",
    ):
        subprocess.run(arguments.split(), cwd=folder, check=True, capture_output=True)
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def network(docker, base_images, certificates):
    """A network with a Postgres that has the certificate, reached by two names."""
    name = f"farflow-test-{uuid.uuid4().hex[:8]}"
    # Postgres wants its key for itself.
    start = (
        "install -o postgres -m 600 /certificates/server.key /certificates/server.pem /run/postgresql/ "
        "&& exec docker-entrypoint.sh postgres -c ssl=on"
        " -c ssl_cert_file=/run/postgresql/server.pem -c ssl_key_file=/run/postgresql/server.key"
    )
    environment = ["POSTGRES_USER=airflow", "POSTGRES_DB=airflow", "POSTGRES_PASSWORD=p@ss"]
    variables = [option for value in environment for option in ("--env", value)]
    aliases = [option for alias in (NAMED, UNNAMED) for option in ("--network-alias", alias)]
    options = ["--detach", "--name", name, "--network", name, *aliases, *variables]
    docker("network", "create", name)
    try:
        volume = f"{certificates}:/certificates:ro"
        docker("run", *options, "--volume", volume, "--entrypoint", "sh", base_images.POSTGRES, "-c", start)
        _wait_for_postgres(docker, name)
        yield name
    finally:
        docker("rm", "--force", "--volumes", name, check=False)
        docker("network", "rm", name, check=False)


def _wait_for_postgres(docker, name, seconds=60):
    end = time.monotonic() + seconds
    while docker("exec", name, "pg_isready", "--host=127.0.0.1", "--username=airflow", check=False).returncode:
        assert time.monotonic() < end, docker("logs", name).stderr
        time.sleep(0.5)


@pytest.fixture(scope="module")
def said(docker, airflow_image, network, certificates):
    """What both drivers say of each case."""
    volumes = [f"{CONNECT}:/connect.py:ro", f"{certificates / 'ca.pem'}:/certificates/ca.pem:ro"]
    options = ["--rm", "--read-only", "--network", network]
    options += [option for volume in volumes for option in ("--volume", volume)]
    answer = docker("run", *options, airflow_image, "python", "/connect.py", *(url(*case) for case in CASES))
    return json.loads(answer.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", CASES, ids=" ".join)
@pytest.mark.parametrize("driver", ["psycopg2", "asyncpg"])
def test_the_certificate_is_verified(said, case, driver):
    answer = said[url(*case)][driver]
    if CASES[case]:
        assert answer == TLS
    else:
        assert answer in ("OperationalError", "SSLCertVerificationError")
