"""Deploys to an embedded AWS, lets prowler look at the account and checkov at the Dockerfiles, and compares.

docs/security.md lists every finding with what became of it, in tables whose rows begin with the check's name, or with a
pattern like those of file names. Ends with 1 when a scanner finds what is not listed, or does not find what is.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tests.embedded_aws import EmbeddedAWS, forget_accounts
from tests.integration.conftest import Project
from tests.stack.playbooks import ROOT, Playbooks

REPORTS = ROOT / "artifacts" / "security"
DOCUMENT = ROOT / "docs" / "security.md"

#: Prowler's names for the services of which a deploy makes something.
SERVICES = ["cloudwatch", "ec2", "ecr", "ecs", "efs", "elbv2", "iam", "rds", "s3", "secretsmanager", "sqs", "vpc"]

#: A task with everything that a task may have.
TASK_YML = """
readonly_root_filesystem: true
shared_volume: true
policy:
  - Effect: Allow
    Action: s3:GetObject
    Resource: arn:aws:s3:::example/*
"""

_ROW = re.compile(r"^\| `([\w*]+)` \| (\w+) \|", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Finding:
    """What a scanner does not like: by which check, how bad it calls that, and where."""

    check: str
    severity: str
    where: str


def listed(document: str) -> set[tuple[str, str]]:
    """The checks that the document lists, each with its severity."""
    return set(_ROW.findall(document))


def compare(findings: Iterable[Finding], rows: set[tuple[str, str]]) -> tuple[list[Finding], list[str]]:
    """Findings that are not listed with their severity, and listed checks that found nothing."""
    found = set(findings)
    met = {row: {each for each in found if fnmatch(each.check, row[0]) and each.severity == row[1]} for row in rows}
    return sorted(found.difference(*met.values())), sorted(
        f"{check} ({severity})" for check, severity in met if not met[check, severity]
    )


def deploy(aws: EmbeddedAWS, folder: Path) -> None:
    """What vars/prod.yml asks for, with one DAG task and images of a few bytes."""
    project = Project(folder)
    (project.tasks / "hello" / "task.yml").write_text(TASK_YML)
    playbooks = Playbooks(aws, REPORTS / "deploy")
    try:
        playbooks.deploy("-e", "@vars/prod.yml", farflow_region="us-east-1", **project.variables)
    finally:
        playbooks.close()


def prowler(command: str, aws: EmbeddedAWS) -> Iterator[Finding]:
    """What prowler finds in the account."""
    arguments = [command, "aws", "--no-banner", "--no-color", "--ignore-exit-code-3", "--scan-unused-services"]
    arguments += ["--region", "us-east-1", "--services", *SERVICES, "--log-file", str(REPORTS / "prowler.log")]
    arguments += ["--output-formats", "json-ocsf", "--output-directory", str(REPORTS), "--output-filename", "prowler"]
    subprocess.run(arguments, check=True, env={**os.environ, **aws.environment}, stdout=subprocess.DEVNULL)
    findings = json.loads((REPORTS / "prowler.ocsf.json").read_text())
    judged = {each["status_code"] for each in findings}
    if not {"PASS", "FAIL"} <= judged:
        raise RuntimeError(f"prowler judged nothing: {REPORTS / 'prowler.log'} says why")
    for each in findings:
        if each["status_code"] == "FAIL":
            yield Finding(each["metadata"]["event_code"], each["severity"], each["resources"][0]["uid"])


def checkov(command: str) -> Iterator[Finding]:
    """What checkov finds in the Dockerfiles. It knows no severities of its own."""
    folders = ["airflow", *(str(path.parent.relative_to(ROOT)) for path in sorted(ROOT.glob("tasks/*/Dockerfile")))]
    arguments = [command, "--framework", "dockerfile", "--output", "json", "--soft-fail"]
    for folder in folders:
        run = subprocess.run([*arguments, "--directory", folder], cwd=ROOT, check=True, capture_output=True, text=True)
        results = json.loads(run.stdout)["results"]
        for each in results["failed_checks"]:
            yield Finding(each["check_id"], "unknown", folder)


def main(prowler_command: str, checkov_command: str) -> int:
    forget_accounts()
    shutil.rmtree(REPORTS, ignore_errors=True)  # prowler adds to a report that is there
    REPORTS.mkdir(parents=True)
    aws = EmbeddedAWS("security", fast=True)
    aws.down()  # what a run that was killed has left
    try:
        with tempfile.TemporaryDirectory() as folder:
            aws.up()
            deploy(aws, Path(folder))
            findings = [*prowler(str(ROOT / prowler_command), aws), *checkov(str(ROOT / checkov_command))]
    finally:
        aws.down()
    new, gone = compare(findings, listed(DOCUMENT.read_text(encoding="utf-8")))
    for each in sorted(set(findings)):
        print(f"{'NEW   ' if each in new else 'listed'}  {each.severity:8}  {each.check}  {each.where}")
    for check in gone:
        print(f"GONE                {check}: docs/security.md lists it, no scanner finds it")
    print(f"{len(set(findings))} findings, {len(new)} of them not in docs/security.md")
    return 1 if new or gone else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
