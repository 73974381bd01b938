"""Secrets are in Secrets Manager, and with the database, and nowhere else: one deploy, killed half-way and run again,
talks as much as Ansible can and keeps every temporary file; then all of it is searched for the secrets' values.

Texts that were planted on the same ways have to be found, or the search is not worth its name.
"""

from __future__ import annotations

import base64
import json
import sys
import threading
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from .conftest import Project
from .secrets_scan import needles, sources
from .secrets_scan.recorder import Recorder

# The calls that are there to carry a secret, and in which direction; their other half is searched like the rest.
CARRIERS = {
    ("secretsmanager", "CreateSecret"): "request",
    ("secretsmanager", "PutSecretValue"): "request",
    ("secretsmanager", "GetSecretValue"): "answer",
    ("rds", "CreateDBInstance"): "request",
}

# With characters that every form of quoting writes in another way.
PLANTED = 'planted&5f0c"%s/+3e81'
LIMIT = 300  # seconds
HOME = "{{ lookup('ansible.builtin.env', 'HOME') }}"
SLEEP = "import time; time.sleep(1)"

# Where a text was planted that was said as a task's argument, a fact and so on, and has to be found.
WAYS = [
    ("what is printed", "argument"),
    ("what is printed", "statistics"),
    ("Ansible's log", "argument"),
    ("job events", "argument"),
    ("job events", "variable"),
    ("cached facts", "fact"),
    ("Ansible's folders", "argument"),
    ("the home folder", "file"),
    ("command lines", "argument"),
    ("calls of AWS", "variable"),
    ("what AWS shows", "variable"),
    ("images", "layer"),
]
KINDS = list(dict.fromkeys(kind for kind, _unused in WAYS))


def controls():
    """A play that leaves the planted text where a careless one would leave a secret."""
    tasks = [
        {"ansible.builtin.command": {"argv": [sys.executable, "-c", SLEEP, PLANTED % "argument"]}},
        {"ansible.builtin.copy": {"content": PLANTED % "file", "dest": f"{HOME}/planted"}},
        {"ansible.builtin.set_fact": {"planted": PLANTED % "fact", "cacheable": True}},
        {"ansible.builtin.set_stats": {"data": {"planted": PLANTED % "statistics"}}},
    ]
    return json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])


def secrets(aws):
    """All values that there are, by name and version."""
    client = aws.client("secretsmanager")
    found = {}
    for secret in client.list_secrets()["SecretList"]:
        versions = client.list_secret_version_ids(SecretId=secret["ARN"], IncludeDeprecated=True)["Versions"]
        for version in (each["VersionId"] for each in versions):
            answer = client.get_secret_value(SecretId=secret["ARN"], VersionId=version)
            if "SecretString" in answer:  # the first version of one that is composed later has no value
                found[secret["Name"], version] = answer["SecretString"]
    return found


def killed_at(operation, playbooks, recorder, variables):
    """Deploys until a call of that operation, in the middle of which everything is killed; what was printed."""
    reached, killed = threading.Event(), threading.Event()

    def hold(called):
        if called == operation:
            reached.set()
            assert killed.wait(LIMIT)

    recorder.before = hold
    process, log = playbooks.start("deploy", "-vvv", "--diff", **variables)
    while not reached.wait(0.1):
        assert process.poll() is None, log.read_text()[-4000:]
    playbooks.kill(process)
    recorder.before = lambda called: None
    killed.set()
    return log.read_text()


def searched(exchanges):
    """What went over the wire, but for what is there to carry a secret."""
    for number, each in enumerate(exchanges):
        carries = CARRIERS.get((each.service, each.operation))
        name = f"{each.service} {each.operation} ({number})"
        if carries != "request":
            yield f"request of {name}", each.request
        if carries != "answer":
            yield f"answer to {name}", each.answer


@pytest.fixture(scope="module")
def written(playbooks, tmp_path_factory):
    """What was written, by kind; under "exchanges" and "secrets" what it is about."""
    folder = tmp_path_factory.mktemp("scan")
    aws = playbooks.aws
    project = Project(folder / "project")
    (project.tasks / "hello" / "content").write_text(PLANTED % "layer")
    (project.tasks / "hello" / "task.yml").write_text(json.dumps({"environment": {"PLANTED": PLANTED % "variable"}}))
    (folder / "controls.yml").write_text(controls())
    home, facts, log, events = (folder / name for name in ("home", "facts", "log", "events"))
    home.mkdir()
    settings = {
        "HOME": home,
        "ANSIBLE_KEEP_REMOTE_FILES": "1",
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": facts,
        "ANSIBLE_SHOW_CUSTOM_STATS": "1",
        "ANSIBLE_LOG_PATH": log,
        "ANSIBLE_CALLBACK_PLUGINS": Path(__file__).parent / "secrets_scan" / "callbacks",
        "ANSIBLE_CALLBACKS_ENABLED": "farflow.airflow.summary,job_events",
        "JOB_EVENTS": events,
    }
    with pytest.MonkeyPatch.context() as patch, Recorder(aws.endpoint_url) as recorder, sources.CommandLines() as lines:
        for name, value in settings.items():
            patch.setenv(name, str(value))
        given = {
            **project.variables,
            "farflow_endpoint_url": recorder.endpoint_url,
            "farflow_registry": aws.registry,
        }
        printed = [
            killed_at("PutSecretValue", playbooks, recorder, given),
            playbooks.deploy("-vvv", "--diff", **given).output,
            playbooks.run(str(folder / "controls.yml"), "-vvv").output,
        ]
    return {
        "exchanges": recorder.exchanges,
        "secrets": secrets(aws),
        "what is printed": [(f"output {number}", text.encode()) for number, text in enumerate(printed)],
        "Ansible's log": [("log", log.read_bytes())],
        "job events": [("events", events.read_bytes())],
        "cached facts": list(sources.files(facts)),
        "Ansible's folders": list(sources.files(aws.settings.path("ansible"))),
        "the home folder": list(sources.files(home)),
        "command lines": [(line.decode(errors="replace"), line) for line in lines.seen],
        "calls of AWS": list(searched(recorder.exchanges)),
        "what AWS shows": list(sources.held_by_aws(aws, "local")),
        "images": list(sources.images(aws)),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_written(written, kind):
    values = {f"{name} {version}": value for (name, version), value in written["secrets"].items()}
    assert needles.found(values, written[kind]) == []


@pytest.mark.parametrize(("kind", "way"), WAYS)
def test_what_was_planted_is_found(written, kind, way):
    assert needles.found({"it": PLANTED % way}, written[kind])


def test_these_are_all_secrets(written):
    names = ["admin-password", "api-secret-key", "database-password", "database-url", "fernet-key", "jwt-signing-key"]
    assert sorted({name for name, _unused in written["secrets"]}) == [
        f"farflow/local/{name}" for name in [*names, "result-backend-url"]
    ]
    assert min(map(len, written["secrets"].values())) >= 24


@pytest.mark.parametrize(("call", "side"), CARRIERS.items())
def test_only_calls_that_carry_secrets_are_left_out(written, call, side):
    values = {name: value for (name, _unused), value in written["secrets"].items()}
    carried = [(side, getattr(each, side)) for each in written["exchanges"] if (each.service, each.operation) == call]
    assert needles.found(values, carried)


@pytest.mark.parametrize(
    "written_as",
    [
        lambda text: text,
        json.dumps,
        lambda text: json.dumps(json.dumps({"x": text})),
        repr,
        lambda text: quote(text, safe=""),
        lambda text: urlencode({"x": text}),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64encode(f"a{text}b".encode()).decode(),
        lambda text: base64.urlsafe_b64encode(f"ab{text}".encode()).decode(),
        lambda text: base64.b64encode(json.dumps({"x": text}).encode()).decode(),
        lambda text: text.encode().hex(),
    ],
)
@pytest.mark.parametrize("text", [PLANTED % "form", "p~ss>>??w'rd\\é"])
def test_a_text_is_found_in_every_form(written_as, text):
    source = "source", f"before {written_as(text)} after".encode()
    assert needles.found({"it": text}, [source]) == ["it in source"]
    assert needles.found({"it": text.swapcase()}, [source]) == []
