"""Settings that AWX takes are stored as they are; those that it would refuse are refused before the first call."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.awx.settings import problems
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError

from .awx_double import AWX, TOKEN, Refused
from .awx_wanted import PLAYBOOKS, run, settings


@pytest.fixture
def awx():
    awx = AWX(list(PLAYBOOKS))
    yield awx
    awx.close()


def told(**given: Any) -> list[str]:
    return list(problems(settings(**given)))


# The rule of the nightly plan

DAILY = "DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=1"
BERLIN = "DTSTART;TZID=Europe/Berlin:20260101T030000 RRULE:FREQ"


@pytest.mark.parametrize(
    "rule",
    [
        DAILY,
        f"{DAILY};COUNT=999",
        f"{DAILY};UNTIL=20300101T000000Z",
        f"{BERLIN}=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=MO",
        f"{BERLIN}=MONTHLY;INTERVAL=1;BYDAY=-1SU",
        f"{BERLIN}=MINUTELY;INTERVAL=30;UNTIL=20300101T000000Z",
        "DTSTART;TZID=Etc/GMT+3:20260101T030000 RRULE:FREQ=HOURLY;INTERVAL=6;BYHOUR=3",
    ],
)
def test_a_rule_that_is_taken_is_stored_as_it_is(awx, rule):
    assert told(drift_schedule=rule) == []
    run(awx, drift_schedule=rule)
    assert {one["rrule"] for one in awx.objects["schedules"].values()} == {rule}
    assert run(awx, drift_schedule=rule)["reasons"] == []


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("DTSTART:20260101T030000 RRULE:FREQ=DAILY;INTERVAL=1", "whose DTSTART has neither a TZID nor a Z at its end"),
        ("DTSTART:20261399T990000Z RRULE:FREQ=DAILY;INTERVAL=1", "which can't be read (month must be in 1..12"),
        ("DTSTART:20260101T030000Z RRULE:FREQ=BOGUS;INTERVAL=1", "whose FREQ is none of YEARLY, MONTHLY"),
        ("DTSTART:20260101T030000Z RRULE:FREQ=SECONDLY;INTERVAL=1", "whose FREQ is none of YEARLY, MONTHLY"),
        ("DTSTART:20260101T030000Z RRULE:INTERVAL=1", "whose FREQ is none of YEARLY, MONTHLY"),
        ("DTSTART:20260101T030000Z RRULE:FREQ=DAILY", "whose INTERVAL is not 1 or more"),
        ("DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=0", "whose INTERVAL is not 1 or more"),
        ("DTSTART;TZID=No/Where:20260101T030000 RRULE:FREQ=DAILY;INTERVAL=1", "whose TZID 'No/Where' is no time zone"),
        (f"{BERLIN.replace('030000', '030000Z')}=DAILY;INTERVAL=1", "which can't be read (DTSTART"),
        (f"{DAILY};COUNT=5000", "whose COUNT is not 1 to 999"),
        (f"{DAILY};COUNT=0", "whose COUNT is not 1 to 999"),
        (f"{DAILY};COUNT=3;UNTIL=20300101T000000Z", "which has both COUNT and UNTIL"),
        (f"{DAILY};BYDAY=1MO", "whose BYDAY begins with a number"),
        (f"{DAILY};UNTIL=20300101T000000", "whose UNTIL has no Z at its end; AWX would store another one"),
        (f"{DAILY};UNTIL=20200101T000000Z", "which never comes"),
        (f"{DAILY};", "which can't be read (not enough values"),
        (f"{DAILY};SOMETIMES=1", "which can't be read (unknown parameter"),
    ],
)
def test_a_rule_that_awx_refuses_or_stores_otherwise_is_refused(rule, why):
    (said,) = told(drift_schedule=rule)
    assert said.startswith(f"drift_schedule: is {rule!r}, {why}")
    assert said.endswith(
        ", allowed: a rule such as DTSTART;TZID=Europe/Berlin:20260101T030000 RRULE:FREQ=DAILY;INTERVAL=1, or none"
    )


@pytest.mark.parametrize(
    "rule", ["daily", "NONE", f"{DAILY} RRULE:FREQ=DAILY;INTERVAL=2", f"{DAILY} EXDATE:20260102T030000Z", f" {DAILY}"]
)
def test_what_is_no_rule_is_refused(rule):
    (said,) = told(drift_schedule=rule)
    assert said.startswith(f"drift_schedule: is {rule!r}, allowed: a rule such as")


@pytest.mark.parametrize(
    "rule",
    [
        "DTSTART:20260101T030000 RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART:20261399T990000Z RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART;TZID=No/Where:20260101T030000 RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART:20260101T030000Z RRULE:FREQ=BOGUS;INTERVAL=1",
        "DTSTART:20260101T030000Z RRULE:FREQ=SECONDLY;INTERVAL=1",
        "DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=0",
        f"{DAILY};COUNT=5000",
        f"{DAILY};BYDAY=1MO",
    ],
)
def test_the_double_takes_no_rule_that_awx_refuses(awx, rule):
    run(awx, drift_schedule="none")
    workflow = awx.named("workflow_job_templates", "Airflow dev: Drift")["id"]
    with pytest.raises(Refused):
        awx.add("schedules", {"name": "mine", "unified_job_template": workflow, "rrule": rule})


# The hook


def test_what_a_user_sets_of_how_the_hook_is_reached_stays(awx):
    """While what is ours is mended."""
    run(awx)
    hook = awx.named("notification_templates", "Airflow on Fargate")
    own = {"username": "bob", "password": "kept", "disable_ssl_verification": True, "http_method": "PUT"}
    hook["notification_configuration"] = {**hook["notification_configuration"], **own}
    assert run(awx)["reasons"] == []
    url = {"notification_url": "https://hooks.example.com/new"}
    reasons = ["notification_templates Airflow on Fargate: notification_configuration"]
    assert run(awx, **url)["reasons"] == reasons
    assert hook["notification_configuration"] == {
        **own,
        "url": url["notification_url"],
        "headers": {"Content-Type": "application/json"},
    }
    assert run(awx, **url)["reasons"] == []


# The keys that a person puts in

KEYS = {"username": "AKIA", "password": "secret"}


def test_who_has_not_put_in_the_keys_is_told_in_every_run(awx):
    both = ["Airflow dev", "Airflow prod"]
    assert run(awx, check_mode=True)["credentials"] == both
    assert run(awx)["credentials"] == both
    assert run(awx)["credentials"] == both
    awx.named("credentials", "Airflow dev")["inputs"] = dict(KEYS)
    awx.named("credentials", "Airflow prod")["inputs"] = {"username": "AKIA", "password": ""}
    assert run(awx)["credentials"] == ["Airflow prod"]
    awx.named("credentials", "Airflow prod")["inputs"] = dict(KEYS)
    result = run(awx)
    assert (result["credentials"], result["changed"]) == ([], False)


def test_after_a_first_run_that_has_failed_the_next_one_tells_who_needs_keys(awx):
    awx.update_ends = "failed"
    with pytest.raises(FarflowError):
        run(awx)
    assert len(awx.objects["credentials"]) == 2
    awx.update_ends = "successful"
    assert run(awx)["credentials"] == ["Airflow dev", "Airflow prod"]


def test_keys_that_another_system_keeps_are_keys(awx):
    run(awx)
    awx.named("credentials", "Airflow dev")["inputs"] = {"username": "AKIA"}
    awx.input_sources[awx.named("credentials", "Airflow dev")["id"]] = ["password"]
    awx.input_sources[awx.named("credentials", "Airflow prod")["id"]] = ["username"]
    assert run(awx)["credentials"] == ["Airflow prod"]


def test_credentials_of_a_user_are_the_users(awx):
    assert run(awx, credentials={"dev": [], "prod": []})["credentials"] == []


def test_who_removes_everything_needs_no_keys(awx):
    run(awx)
    assert run(awx, state="absent")["credentials"] == []


# Labels


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ([" x "], "labels.0: is ' x ', allowed: 1 to 512 characters, no space first or last"),
        (["a", "b\n"], "labels.1: is 'b\\n', allowed: 1 to 512 characters, no space first or last"),
        (["l" * 600], f"labels.0: is '{'l' * 600}', allowed: 1 to 512 characters, no space first or last"),
        ([" "], "labels.0: is ' ', allowed: 1 to 512 characters, no space first or last"),
        (["a", "b", "a"], "labels.2: 'a' is there twice"),
        (
            [f"label {number}" for number in range(101)],
            "labels: are 101, allowed: 100, as many as AWX has of a template",
        ),
    ],
)
def test_a_label_that_awx_refuses_or_stores_otherwise_is_refused(labels, why):
    assert told(labels=labels) == [why]


def test_labels_are_stored_as_they_are(awx):
    labels = ["l" * 512, "ü ö", *(f"label {number}" for number in range(98))]
    given = {"labels": labels, "environments": ["dev"]}
    assert told(**given) == []
    run(awx, **given)
    assert [one["name"] for one in awx.objects["labels"].values()] == labels
    assert run(awx, **given)["reasons"] == []


@pytest.mark.parametrize("label", ["l" * 513, " x", "one too many"])
def test_the_double_takes_no_label_that_awx_refuses_and_trims_others(awx, label):
    run(awx)
    plan, own = awx.named("job_templates", "Airflow dev: Plan")["id"], awx.named("organizations", "Default")["id"]
    awx.attach("job_templates", "Airflow dev: Plan", "labels", *range(1000, 1101 if label == "one too many" else 1000))
    given = {"name": label, "organization": own}
    if label == " x":
        awx.answer("POST", f"/api/v2/job_templates/{plan}/labels/", {}, given, f"Bearer {TOKEN}")
        assert awx.named("labels", "x")
        return
    assert awx.answer("POST", f"/api/v2/job_templates/{plan}/labels/", {}, given, f"Bearer {TOKEN}")[0] == 400


def test_the_largest_timeout_is_stored_and_the_double_takes_no_larger_one(awx):
    run(awx, timeout=2147483647)
    plan = awx.named("job_templates", "Airflow dev: Plan")
    assert plan["timeout"] == 2147483647
    answer = awx.answer("PATCH", f"/api/v2/job_templates/{plan['id']}/", {}, {"timeout": 2**40}, f"Bearer {TOKEN}")
    assert answer[0] == 400


# The image


def test_an_image_by_its_digest_is_stored_as_it_is(awx):
    image = f"registry.example.com:5000/data/farflow-airflow@sha256:{'0f' * 32}"
    run(awx, execution_environment_image=image)
    assert awx.named("execution_environments", "farflow.airflow")["image"] == image
    assert run(awx, execution_environment_image=image)["reasons"] == []


@pytest.mark.parametrize("image", ["r/UPPER", "a b", f"r/x:{'t' * 129}"])
def test_the_double_takes_no_image_that_awx_refuses(awx, image):
    with pytest.raises(Refused):
        awx.add("execution_environments", {"name": "mine", "image": image})
