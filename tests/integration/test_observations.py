"""What AWS answers is recorded and reported, nothing of the account's own with it, and can be replayed."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import yaml

from tests.embedded_aws import EmbeddedAWS, behaviours
from tests.embedded_aws.routing import MODEL_NAMES
from tests.embedded_aws.settings import ACCOUNT_ID
from tests.stack.listing import listing
from tests.stack.playbooks import ROOT, playbooks_on
from tests.stack.project import Project

from .secrets_scan import needles

LOGS = ROOT / "artifacts" / "integration" / "observations"
CLOCK = 60
SEED = 11

#: In AWS's seconds, of what is scaled, and in real ones of the rest.
KNOWN = {
    "nat_gateway_seconds": 240,
    "load_balancer_seconds": 300,
    "file_system_seconds": 180,
    "database_creating": 3600,
    "database_backing_up": 600,
    "database_deleting": 300,
    "late_iam": 120,
    "late_queues": 180,
    "late_tags": 7,
    "late_secrets": 30,
    "late_tasks": 4,
    "late_authorization_details": 8,
}
#: No pause between two looks of a wait is longer.
LONGEST_PAUSE = 30
#: Services of which another process calls some too: the lock's, and that of image builds.
NOT_RECORDED = {"ssm", "ecr"}

ENVIRONMENT = "zebra"
NAMES = [ENVIRONMENT, "hello"]
#: EC2's ids and ARNs, accounts, addresses.
IDENTIFIERS = [
    r"\b[a-z]{2,8}-[0-9a-f]{8,}\b",
    r"arn:",
    rf"\b{ACCOUNT_ID}\b",
    r"\b[0-9]{12}\b",
    r"\b\d+\.\d+\.\d+\.\d+\b",
]


def factor(name):
    return CLOCK if behaviours.REGISTRY[name].scaled else 1


def read(path):
    return yaml.safe_load(path.read_text())


def observed(report):
    """By name the least and the most of AWS's seconds, on an account whose clock is fast."""
    rows = {name: row["observed"] for name, row in report["observations"].items()}
    return {
        name: [each * factor(name) for each in seconds] for name, seconds in rows.items() if isinstance(seconds, list)
    }


def lines(path):
    return path.read_text().splitlines()


def test_a_plan_is_recorded_and_reported_and_a_rerun_appends(playbooks, project, tmp_path):
    file, written = tmp_path / "observations.jsonl", tmp_path / "report.yml"
    variables = {
        **project.variables,
        "farflow_observations_path": str(file),
        "first_deploy_report_path": str(written),
    }
    assert playbooks.run("plan", **variables).code == 0
    first = lines(file)
    assert len(first) > 10

    checked = playbooks.run("first_deploy_report", "--check", **variables)
    assert (checked.code, checked.changed, written.exists()) == (0, 1, False), checked.output
    outcome = playbooks.run("first_deploy_report", **variables)
    assert (outcome.code, outcome.changed) == (0, 1), outcome.output
    assert playbooks.run("first_deploy_report", **variables).changed == 0
    assert lines(file) == first
    report = read(written)
    assert (report["runs"], report["answers"], report["unreadable_lines"]) == (1, len(first) - 1, 0)
    assert {row["observed"] for row in report["observations"].values()} == {"not observed"}

    assert playbooks.run("plan", **variables).code == 0
    assert lines(file)[: len(first)] == first
    assert playbooks.run("first_deploy_report", **variables).code == 0
    assert read(written)["runs"] == 2


@pytest.mark.parametrize("given", [{}, {"farflow_observations_path": "not-there.jsonl"}], ids=str)
def test_without_records_there_is_no_report(playbooks, tmp_path, given):
    outcome = playbooks.run("first_deploy_report", **given, first_deploy_report_path=str(tmp_path / "report.yml"))
    where = "in not-there.jsonl" if given else "without farflow_observations_path"
    assert outcome.code != 0
    assert f"nothing is recorded {where}: run deploy.yml with" in " ".join(outcome.output.split())
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("observations")


@pytest.fixture(scope="module")
def variables(folder):
    project = Project(folder / "project")
    (project.tasks / "hello" / "task.yml").write_text("shared_volume: true\n")
    return {
        **project.variables,
        "farflow_environment": ENVIRONMENT,
        "farflow_observations_path": str(folder / "observations.jsonl"),
        "first_deploy_report_path": str(folder / "report.yml"),
    }


@pytest.fixture(scope="module")
def told(folder, variables):
    """What the account holds, while there is an environment: secrets, and the names of all resources."""
    with playbooks_on(
        "integration-observed", LOGS / "strict", fast=True, strict=True, seed=SEED, clock=CLOCK
    ) as playbooks:
        aws = playbooks.aws
        with aws.behaviours(seed=SEED, **KNOWN):
            playbooks.deploy(**variables)
            held = {"names": listing(aws), "secrets": secrets(aws)}
            playbooks.teardown(**{**variables, "farflow_teardown_confirm": ENVIRONMENT})
        held["calls"] = aws.calls()
        outcome = playbooks.run("first_deploy_report", **variables)
        assert outcome.code == 0, outcome.output
    return held


def secrets(aws):
    client = aws.client("secretsmanager", sees_all=True)
    names = [each["Name"] for each in client.list_secrets()["SecretList"]]
    return {name: client.get_secret_value(SecretId=name).get("SecretString", "") for name in names}


@pytest.fixture(scope="module")
def report(told, folder):
    return read(folder / "report.yml")


@pytest.mark.thorough
def test_what_is_known_is_between_what_was_observed(report):
    found = observed(report)
    assert set(found) == set(KNOWN)
    outside = {
        name: (KNOWN[name], found[name]) for name in KNOWN if not found[name][0] <= KNOWN[name] <= found[name][1]
    }
    assert outside == {}


@pytest.mark.thorough
def test_what_was_observed_is_no_wider_than_looks_are_apart(report):
    """Of the database, for which a deploy has to wait."""
    least, most = report["observations"]["database_creating"]["observed"]
    assert most - least < LONGEST_PAUSE


@pytest.mark.thorough
def test_codes_are_in_the_report_with_their_number(report, told):
    seen = Counter(
        f"{MODEL_NAMES.get(call['service'], call['service'])} {call['operation']}"
        for call in told["calls"]
        if call["error"] and call["service"] not in NOT_RECORDED
    )
    counted = Counter()
    for row in report["codes"]:
        service, operation = row["call"].split()
        if service not in NOT_RECORDED and not operation.startswith("Head"):  # whose answers tell no code
            counted[row["call"]] += row["answers"]
    assert {call: counted[call] for call in seen} == seen != {}
    assert {"OperationAborted", "BucketNotEmpty"} <= {row["code"] for row in report["codes"]}


@pytest.mark.thorough
def test_versions_and_runs_are_in_the_report(report):
    assert report["runs"] == 2  # a deploy and a teardown
    assert (report["unreadable_lines"], report["regions"]) == (0, ["us-east-1"])
    assert sorted(report["versions"]) == ["ansible-core", "botocore", "database engine", "farflow.airflow"]


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["observations.jsonl", "report.yml"])
def test_nothing_of_the_account_is_in_it(told, folder, name):
    text = (folder / name).read_text()
    values = {name: value for name, value in told["secrets"].items() if value}
    assert values
    assert needles.found(values, [(name, text.encode())]) == []
    assert [each for each in NAMES if each in text] == []
    assert [found for pattern in IDENTIFIERS for found in re.findall(pattern, text)] == []
    resources = [each for names in told["names"].values() for each in names]
    assert len(resources) > 30
    assert [each for each in resources if str(each) in text] == []


@pytest.mark.thorough
def test_a_report_is_replayed(report, folder):
    """By an account that is not strict: what was observed takes as long there."""
    rows = {name: row["observed"] for name, row in report["observations"].items()}
    with EmbeddedAWS("integration-replayed", replay=folder / "report.yml") as aws:
        assert aws.values() == {name: tuple(seconds) for name, seconds in rows.items() if isinstance(seconds, list)}
