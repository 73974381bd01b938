"""A report of what AWS answered becomes values of behaviours, or is refused with what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.observations.report import report

from tests.embedded_aws import EmbeddedAWS, behaviours, replay
from tests.embedded_aws.instance import EmbeddedAWSError

NAME = f"test-replay-{os.getpid()}"


@pytest.fixture
def written(tmp_path):
    def write(document):
        path = tmp_path / "report.yml"
        path.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
        return path

    return write


def of(**observations):
    return {"format": 1, "observations": {name: {"observed": each} for name, each in observations.items()}}


def test_what_was_observed_is_the_least_and_the_most(written):
    path = written(of(nat_gateway_seconds=[58.12, 69.13], late_tags=[0, 3], late_targets="not observed"))
    assert replay.read(path) == {"nat_gateway_seconds": (58.12, 69.13), "late_tags": (0, 3)}


def test_a_report_without_observations_replays_nothing(written):
    assert replay.read(written(report(""))) == {}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            of(late_moon=[1, 2], late_sun="not observed"),
            "no behaviours of seconds: late_moon, late_sun; the report is of",
        ),
        (of(ignored=[1, 2]), "no behaviours of seconds: ignored; the report is of another version"),
        (of(late_tags=[2, 1]), "late_tags is [2, 1], allowed: the least and the most of its seconds"),
        (of(late_tags=[-1, 1]), "late_tags is [-1, 1]"),
        (of(late_tags=[1]), "late_tags is [1]"),
        (of(late_tags=[1, "2"]), "late_tags is [1, '2']"),
        ({"format": 2}, "is no report of first_deploy_report.yml with format 1"),
        ("- 1", "is no report of first_deploy_report.yml"),
        ("{", "can't be read"),
    ],
)
def test_what_cannot_be_replayed_is_refused(written, document, words):
    with pytest.raises(EmbeddedAWSError) as caught:
        EmbeddedAWS(NAME, replay=written(document))
    assert words in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(EmbeddedAWSError, match="can't be read"):
        EmbeddedAWS(NAME, replay=tmp_path / "report.yml")


def test_the_command_line_takes_one(written):
    name = f"{NAME}-command"
    up = [sys.executable, str(Path(replay.__file__).parent), "up", "--name", name, "--fast", "--port", "0", "--replay"]
    refused = subprocess.run([*up, "/no/report"], check=False, capture_output=True, text=True)
    assert (refused.returncode, "/no/report can't be read" in refused.stderr) == (1, True)
    try:
        subprocess.run([*up, written(of(late_tags=[0, 3]))], check=True, capture_output=True)
        assert EmbeddedAWS(name).values() == {"late_tags": (0, 3)}
    finally:
        EmbeddedAWS(name).down()


@pytest.mark.parametrize("strict", [False, True])
def test_an_account_begins_with_it_and_returns_to_it(written, strict):
    path = written(of(nat_gateway_seconds=[1, 2], late_authorization_details=[3, 4]))
    replayed = {"nat_gateway_seconds": (1, 2), "late_authorization_details": (3, 4)}
    all_strict = {name: each.strict for name, each in behaviours.REGISTRY.items() if each.strict is not None}
    base = {**(all_strict if strict else {}), **replayed}
    with EmbeddedAWS(f"{NAME}-{int(strict)}", replay=path, strict=strict, seed=3) as aws:
        assert aws.values() == base
        with aws.behaviours(nat_gateway_seconds=5):
            assert aws.values() == {**base, "nat_gateway_seconds": 5}
        assert aws.values() == base
        assert f"as in {path}" in aws.settings.manner
