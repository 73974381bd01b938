"""The Airflow image as a container: what is in it, its commands, its health checks, how it ends."""

from __future__ import annotations

import json
import shutil
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
AIRFLOW = ROOT / "airflow"
IN_IMAGE = Path(__file__).parent / "in_image"


def test_the_dag_authors_helper_and_the_sample_dag(run):
    """The checks that need Airflow itself."""
    utils = ROOT / "plugins" / "module_utils"
    folders = {
        "/checks": IN_IMAGE,
        "/docs": ROOT / "docs",
        "/scripts": ROOT / "scripts",
        "/module_utils": utils,
    }
    volumes = [f"--volume={folder}:{place}:ro" for place, folder in folders.items()]
    checks = run("python", "-m", "unittest", "discover", "-s", "/checks", "-p", "check_*.py", options=volumes)
    assert "\nOK" in checks.stderr, checks.stderr
    assert "Ran 0 tests" not in checks.stderr
    assert "skipped" not in checks.stderr


def test_it_is_not_root_and_writes_only_where_it_may(run):
    assert run("id", "-u").stdout.strip() == "50000"
    assert run("touch", "/tmp/x", "/opt/airflow/logs/x").returncode == 0
    for path in ("/x", "/opt/airflow/x", "/opt/airflow/dags/x"):
        assert "Read-only file system" in run("touch", path, check=False).stderr


def test_nothing_of_the_build_is_left(run, docker, airflow_image):
    names = "-name '.build-ca*' -o -name '*.whl' -o -path '*/bin/pip' -o -path '*/bin/uv'"
    left = run("sh", "-c", f"find / -xdev \\( {names} \\)", options=["--user", "root"])
    assert left.stdout == ""
    assert ".build-ca" not in docker("history", "--no-trunc", airflow_image).stdout
    settings = docker("image", "inspect", "--format", "{{.Config.Env}}", airflow_image).stdout
    assert "PASSWORD" not in settings and "SSL_CERT_FILE" not in settings


def test_every_python_package_is_hashed():
    for name in ("requirements.txt", "requirements-build.txt"):
        packages = AIRFLOW.joinpath(name).read_text().replace("\\\n", " ").splitlines()
        pinned = [line for line in packages if line and not line.lstrip().startswith("#")]
        assert pinned
        assert [line for line in pinned if "==" not in line or "--hash=sha256:" not in line] == []


def test_a_python_package_without_a_hash_is_refused(airflow_image, build, context, tmp_path):
    copy = tmp_path / "context"
    shutil.copytree(context, copy)
    with (copy / "requirements.txt").open("a") as requirements:
        requirements.write("toolz==1.0.0\n")
    refused = build(copy, "--target", "packages", check=False)
    assert refused.returncode != 0
    assert "must have a hash, but none were provided for: toolz==1.0.0" in refused.stdout + refused.stderr


@pytest.mark.parametrize("wish", ["not-locked", "celery<5"])
def test_what_is_asked_for_and_not_locked_is_refused(airflow_image, build, context, tmp_path, wish):
    copy = tmp_path / "context"
    shutil.copytree(context, copy)
    with (copy / "requirements.in").open("a") as requirements:
        requirements.write(f"{wish}\n")
    refused = build(copy, "--target", "packages", check=False)
    assert refused.returncode != 0
    assert "requirements.txt lacks what requirements.in asks for: run lock-requirements.sh" in refused.stderr


def test_a_broken_dag_file_keeps_no_image_from_being_built(build, context, tmp_path):
    """The check of the DAGs runs in the image, and says what is wrong with all of them."""
    copy = tmp_path / "context"
    shutil.copytree(context, copy)
    (copy / "dags" / "syntax.py").write_text("def broken(:\n")
    (copy / "dags" / "nul.py").write_bytes(b"x = '\0'\n")
    (copy / "dags" / "latin.py").write_bytes(b"x = '\xe9'\n")
    build(copy, "--quiet")
    (copy / "plugins" / "syntax.py").write_text("def broken(:\n")
    assert build(copy, "--quiet", check=False).returncode != 0


def test_no_command_tells_the_commands(run):
    nothing = run(check=False)
    assert nothing.returncode == 64
    assert "migrate [--check | --no-upgrade]" in nothing.stderr


def test_any_other_command_is_run(run):
    assert run("airflow", "version").stdout.strip().startswith("3.")
    assert run("sh", "-c", "exit 7", check=False).returncode == 7


def test_sigterm_reaches_the_process_alone(docker, airflow_image):
    """As a Celery worker needs it: its children go on until it ends them."""
    script = "trap 'echo parent' TERM; (trap 'echo child' TERM; sleep 2; echo done) & echo ready; wait; wait"
    name = f"farflow-test-{uuid.uuid4().hex[:8]}"
    docker("run", "--detach", "--name", name, airflow_image, "bash", "-c", script)
    try:
        _wait_for(lambda: "ready" in docker("logs", name).stdout)
        docker("stop", "--time", "20", name)
        assert docker("logs", name).stdout.split() == ["ready", "parent", "done"]
    finally:
        docker("rm", "--force", "--volumes", name)


@pytest.mark.parametrize("component", ["api-server", "execution-api", "scheduler", "worker"])
def test_a_component_that_does_not_run_is_not_healthy(run, component):
    checked = run("airflow-healthcheck", component, check=False)
    assert checked.returncode == 1
    assert checked.stderr.startswith(f"{component}: ")


def test_a_health_check_of_nothing_known(run):
    assert run("airflow-healthcheck", "webserver", check=False).returncode == 64


def test_migration_admin_and_health_on_a_database(run, docker, database):
    _wait_for(lambda: "needed (empty database)" in run("migrate", "--check", options=database, check=False).stdout)
    assert run("migrate", "--check", options=database, check=False).returncode == 3
    assert run("migrate", options=database).stdout.endswith("migration: done\n")
    assert run("migrate", options=database).stdout.endswith("migration: up to date\n")
    assert run("migrate", "--check", options=database).stdout.endswith("migration: up to date\n")

    nameless = run("create-admin", options=database, check=False)
    assert nameless.returncode == 1 and "FARFLOW_ADMIN_USERNAME is not set" in nameless.stderr
    password = 'n0t "in" a $log'
    admin = [*database, "--env", "FARFLOW_ADMIN_USERNAME=ada", "--env", f"FARFLOW_ADMIN_PASSWORD={password}"]
    first, second = run("create-admin", options=admin), run("create-admin", options=admin)
    assert first.stdout.endswith("admin: ada made\n")
    assert second.stdout.endswith("admin: ada exists, left as it is\n")
    assert password not in first.stdout + first.stderr + second.stdout + second.stderr

    shown = run("airflow", "users", "list", options=database)
    assert "ada" in shown.stdout
    assert "Warning" not in shown.stdout + shown.stderr

    assert run("airflow-healthcheck", "triggerer", options=database, check=False).stderr == (
        "triggerer: no process `airflow triggerer`\n"
    )
    with _running("triggerer", run, docker, database) as name:
        _wait_for(lambda: docker("exec", name, "airflow-healthcheck", "triggerer", check=False).returncode == 0)
        assert docker("exec", name, "airflow-healthcheck", "dag-processor", check=False).returncode == 1
        too_late = ["--env", "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD=0"]
        late = docker("exec", *too_late, name, "airflow-healthcheck", "triggerer", check=False)
        assert late.returncode == 1 and "last heartbeat" in late.stderr


def test_what_the_database_tells_of_tasks_that_containers_may_wait_for(run, database):
    run("migrate", options=database)
    script = ["python", "/checks/orphans_in_database.py"]
    lines = run(*script, options=[*database, f"--volume={IN_IMAGE}:/checks:ro"]).stdout.splitlines()[-3:]
    arn = "arn:aws:ecs:eu-west-1:123456789012:task/lab-cluster/0123456789abcdef"
    expected = {
        "deferred": ["deferred", False, arn, False],
        "failed": ["failed", True, None, False],
        "cleared": [None, False, arn, False],
    }
    at_first, after_release, without_file = map(json.loads, lines)
    assert at_first == expected  # Airflow has left the trigger of the cleared one as it was
    expected["cleared"][2] = None
    assert after_release == {**expected, "released": 1, "left": 1}
    assert without_file == {name: [*facts[:3], True] for name, facts in expected.items()}


@contextmanager
def _running(component, run, docker, options):
    """A component in a container of its own, removed at the end; gives the container's name."""
    name = f"farflow-test-{uuid.uuid4().hex[:8]}"
    run(component, options=[*options, "--detach", "--name", name])
    try:
        yield name
    finally:
        docker("rm", "--force", "--volumes", name, check=False)  # --rm may have been quicker


def _wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.5)
