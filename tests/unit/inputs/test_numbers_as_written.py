"""Numbers that YAML reads otherwise than a person does are told, with file and line where Ansible knows them."""

from __future__ import annotations

import pytest
from ansible import context
from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars
from ansible_collections.farflow.airflow.plugins.module_utils.validation.lined_yaml import LinedYaml
from ansible_collections.farflow.airflow.plugins.module_utils.validation.yaml_numbers import misread
from gathered import gather


@pytest.fixture
def told(tmp_path):
    """``told(text)``: what is wrong with a file of variables, as Ansible loads it."""
    path = tmp_path / "dev.yml"

    def told(text):
        path.write_text(text)
        return [line.replace(str(path), "dev.yml") for line in gather(**DataLoader().load_from_file(str(path)))[1]]

    return told


def test_an_octal_number_is_told_with_file_and_line(told):
    (line,) = told("farflow_tags: {}\nworker_pool_count: 017\n")
    assert line == (
        "worker_pool_count: is 017, which YAML reads as 15, allowed: 15 or 17, whichever is meant, or '017' in quotes "
        "where a text is (dev.yml, line 2)"
    )


def test_a_time_is_told_wherever_it_stands(told):
    lines = told(
        "airflow_service_wait_minutes: 1:30 # hours\n"
        "airflow_service_config:\n  core:\n    parallelism: 1:30\n"
        "airflow_service_environment: {AT: 12:30:45, ACCOUNT: 012345670123}\n"
    )
    assert [line.partition(", which")[0] for line in lines] == [
        "airflow_service_config.core.parallelism: is 1:30",
        "airflow_service_environment.AT: is 12:30:45",
        "airflow_service_environment.ACCOUNT: is 012345670123",
        "airflow_service_wait_minutes: is 1:30",
    ]
    assert lines[-1].endswith(
        "reads as 90, allowed: 90, if that is meant, or '1:30' in quotes where a text is (dev.yml, line 1)"
    )


@pytest.mark.parametrize(
    ("number", "read"),
    [("1_7", 17), ("0x11", 17), ("0x1F", 31), ("0b10001", 17), ("-0x1_1", -17), ("1_0.5e+3", 10500.0)],
)
def test_a_number_in_a_programs_writing_is_told(told, number, read):
    (line,) = told(f"rds_wait_minutes: {number} # minutes\n")
    assert line == (
        f"rds_wait_minutes: is {number}, which YAML reads as {read}, allowed: {read}, if that is meant, or '{number}' "
        "in quotes where a text is (dev.yml, line 1)"
    )


@pytest.mark.parametrize("number", ["17", "0", "'017'", "+17", "018"])
def test_a_number_that_is_clear_is_taken(told, number):
    assert told(f"worker_pool_count: {number}\n") == []


def test_a_number_of_the_command_line_is_told_without_a_place(monkeypatch):
    """Which of them it is from Ansible does not say."""
    given = ("farflow_tags={}", "{}", '{"worker_pool_count": 017}')
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": given})
    monkeypatch.setattr(load_extra_vars, "extra_vars", {}, raising=False)
    (line,) = gather(**load_extra_vars(DataLoader()))[1]
    assert line.startswith("worker_pool_count: is 017, which YAML reads as 15, allowed: 15 or 17")
    assert line.endswith("where a text is")


def test_a_number_whose_file_is_gone_is_taken_as_it_was_read(tmp_path):
    path = tmp_path / "dev.yml"
    path.write_text("worker_pool_count: 017\n")
    loaded = DataLoader().load_from_file(str(path))
    path.unlink()
    assert gather(**loaded)[1] == []


@pytest.mark.parametrize(
    ("written", "read", "allowed"),
    [
        ("017", 15, "15 or 17, whichever is meant"),
        ("-017", -15, "-15 or -17, whichever is meant"),
        ("007", 7, "7, or"),
        ("1:30", 90, "90, if that is meant"),
        ("1:30.5", 90.5, "90.5, if that is meant"),
        ("00", 0, None),
        ("1_000", 1000, "1000, if that is meant"),
        ("0x10", 16, "16, if that is meant"),
        ("0b11", 3, "3, if that is meant"),
        ("1.5e+3", 1500.0, None),
        ("1.5", 1.5, None),
    ],
)
def test_what_is_misread(written, read, allowed):
    told = misread(written, read)
    assert bool(told) == (allowed is not None)
    assert (allowed or "") in told


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cpu: 256\nstop_timeout: 1:30\n", (2, "stop_timeout: is 1:30, which YAML reads as 90")),
        ("environment:\n  ACCOUNT: 012345670123\n", (2, "ACCOUNT: is 012345670123, which YAML reads as 1402433619")),
        ("command:\n  - run\n  - 017\n", (3, "1: is 017, which YAML reads as 15")),
    ],
)
def test_a_task_yml_is_told_by_its_line(text, problem):
    ((line, said),) = LinedYaml(text).problems
    assert line == problem[0]
    assert said.startswith(problem[1])
