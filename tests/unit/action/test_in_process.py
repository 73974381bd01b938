"""Modules of ours inside ansible-playbook: in its own process where that is the same, else as any module."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]

MODULE = """
from __future__ import annotations

import os

from ..module_utils.engine.clients import doing
from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import run

DOCUMENTATION = "module: probe"
ARGUMENT_SPEC = {
    "number": {"type": "int", "default": 3},
    "either": {"type": "str"},
    "other": {"type": "str"},
    "fails": {"type": "bool", "default": False},
    "asks": {"type": "bool", "default": False},
}
RULES = {"mutually_exclusive": [("either", "other")]}


def work(parameters, clients, check_mode):
    if parameters["fails"]:
        raise FarflowError("could not do it")
    client = clients("sts")
    if parameters["asks"]:
        with doing("read", "the caller"):
            clients.once("sts").get_caller_identity()
    return {
        "changed": False,
        "process": os.getppid(),
        "number": parameters["number"],
        "either": parameters["either"],
        "type": type(parameters["either"]).__name__,
        "region": client.meta.region_name,
        "endpoint": client.meta.endpoint_url,
        "key": client._request_signer._credentials.access_key,
        "check_mode": check_mode,
        "told": parameters["secret_key"],
    }


def main():
    run(ARGUMENT_SPEC, work, **RULES)


if __name__ == "__main__":
    main()
"""


#: In the place of one whose former name took one file system by its own options.
LIST_MODULE = """
from __future__ import annotations

from ..module_utils.engine.module import run

DOCUMENTATION = "module: efs_file_systems"
FILE_SYSTEM = {"name": {"type": "str", "required": True}, "backup": {"type": "bool", "default": False}}
ARGUMENT_SPEC = {
    "file_systems": {"type": "list", "elements": "dict", "required": True, "options": FILE_SYSTEM},
    "wait": {"type": "bool", "default": True},
}


def work(parameters, clients, check_mode):
    entries = [{**each, "changed": True, "reasons": ["created"]} for each in parameters["file_systems"]]
    region = clients("sts").meta.region_name
    return {"changed": True, "file_systems": entries, "waited": parameters["wait"], "region": region}


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="module")
def collections(tmp_path_factory):
    """A folder of collections with ours, to which a module is added that tells how it was run."""
    folder = tmp_path_factory.mktemp("collections")
    ours = folder / "ansible_collections" / "farflow" / "airflow"
    for source in ("galaxy.yml", "plugins/action", "plugins/module_utils", "plugins/plugin_utils"):
        target = ours / source
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(ROOT / source)
    routing = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    routing["plugin_routing"]["modules"]["probe"] = {"action_plugin": "farflow.airflow.in_process"}
    routing["plugin_routing"]["modules"]["old_probe"] = {"redirect": "farflow.airflow.probe"}
    (ours / "meta").mkdir()
    (ours / "meta" / "runtime.yml").write_text(yaml.safe_dump(routing))
    (ours / "plugins" / "modules").mkdir()
    (ours / "plugins" / "modules" / "probe.py").write_text(MODULE)
    (ours / "plugins" / "modules" / "efs_file_systems.py").write_text(LIST_MODULE)
    return folder


def probe(collections, tmp_path, *options, keywords=None, module="probe", **arguments):
    """The result of one task, and ansible-playbook's process."""
    given = {"region": "eu-west-1", "access_key": "any", "secret_key": "a-secret", **arguments}
    task = {f"farflow.airflow.{module}": given, "register": "found", "ignore_errors": True, **(keywords or {})}
    show = {"ansible.builtin.copy": {"content": "{{ found | to_json }}", "dest": str(tmp_path / "found.json")}}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [task, {**show, "check_mode": False}]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_NOCOLOR": "1",
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "play.yml", *options]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.communicate(timeout=120)[0].decode()
    assert (tmp_path / "found.json").exists(), output
    (tmp_path / "output").write_text(output)
    return json.loads((tmp_path / "found.json").read_text()), process.pid


def test_it_runs_in_the_process_of_ansible_playbook_with_what_the_task_gives(collections, tmp_path):
    found, process = probe(
        collections, tmp_path, "--check", number="7", either="{{ 'text' }}", endpoint_url="http://127.0.0.1:1"
    )
    assert (found["process"], found["check_mode"]) == (process, True)
    assert (found["number"], found["either"], found["type"]) == (7, "text", "str")
    assert (found["region"], found["endpoint"], found["key"]) == ("eu-west-1", "http://127.0.0.1:1", "any")


def test_a_secret_argument_is_not_in_the_result(collections, tmp_path):
    found, _unused = probe(collections, tmp_path)
    assert found["told"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


NOWHERE = {"endpoint_url": "http://127.0.0.1:1", "asks": True}


def test_what_aws_answers_is_recorded_where_a_variable_says(collections, tmp_path):
    file = tmp_path / "observations.jsonl"
    probe(collections, tmp_path, "-e", f"farflow_observations_path={{{{ playbook_dir }}}}/{file.name}", **NOWHERE)
    (line,) = map(json.loads, file.read_text().splitlines())
    assert (line["call"], line["code"]) == ("sts GetCallerIdentity", "EndpointConnectionError")


@pytest.mark.parametrize("given", ["", None])
def test_nothing_is_recorded_without_a_path(collections, tmp_path, given):
    before = set(tmp_path.iterdir())
    probe(collections, tmp_path, "-e", json.dumps({"farflow_observations_path": given}), **NOWHERE)
    names = {path.name for path in set(tmp_path.iterdir()) - before}
    assert names == {"play.yml", "found.json", "home", "output"}


def test_a_path_that_is_none_is_refused(collections, tmp_path):
    found, _unused = probe(collections, tmp_path, "-e", '{"farflow_observations_path": [5]}', **NOWHERE)
    assert found["msg"] == "farflow_observations_path: is [5], allowed: the path of a file"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"fails": True}, "could not do it"),
        ({"either": "a", "other": "b"}, "mutually exclusive: either|other"),
        ({"nunber": 1}, "module: nunber. Supported parameters include:"),
        ({"number": "many"}, "number"),
    ],
)
def test_what_is_wrong_is_a_failed_task_with_a_message(collections, tmp_path, arguments, words):
    found, _unused = probe(collections, tmp_path, **arguments)
    assert found["failed"]
    assert words in found["msg"]


@pytest.mark.parametrize(
    "keywords",
    [{"environment": {"SOME": "value"}}, {"async": 60, "poll": 1}],
    ids=["in an environment of its own", "in the background"],
)
def test_elsewhere_it_runs_as_any_module(collections, tmp_path, keywords):
    found, process = probe(collections, tmp_path, keywords=keywords, number=7)
    assert found["process"] != process
    assert found["number"] == 7


def test_a_former_name_leads_there_too(collections, tmp_path):
    found, process = probe(collections, tmp_path, module="old_probe", number=7)
    assert (found["process"], found["number"]) == (process, 7)


@pytest.mark.parametrize("keywords", [{}, {"environment": {"SOME": "value"}}], ids=["here", "elsewhere"])
def test_the_former_name_of_a_module_that_takes_a_list_takes_one_as_it_did(collections, tmp_path, keywords):
    found, _process = probe(
        collections, tmp_path, module="efs_file_system", keywords=keywords, name="volume", backup=True, wait=False
    )
    entry = {"name": "volume", "backup": True, "changed": True, "reasons": ["created"]}
    assert (found["file_systems"], found["waited"], found["region"]) == ([entry], False, "eu-west-1")
    assert (found["name"], found["changed"], found["reasons"]) == ("volume", True, ["created"])
    assert "will be removed from collection 'farflow.airflow' version 0.3.0" in (tmp_path / "output").read_text()


def test_what_the_former_name_never_took_is_refused(collections, tmp_path):
    found, _process = probe(collections, tmp_path, module="efs_file_system", name="volume", bakcup=True)
    assert "bakcup. Supported parameters include:" in found["msg"]


def test_the_former_name_takes_the_list_too(collections, tmp_path):
    given = [{"name": "first"}, {"name": "second"}]
    found, _process = probe(collections, tmp_path, module="efs_file_system", file_systems=given)
    assert [each["name"] for each in found["file_systems"]] == ["first", "second"]


def test_every_module_that_works_on_aws_is_routed():
    working = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if "\ndef work(" in path.read_text()}
    routing = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["plugin_routing"]["modules"]
    assert working
    assert {name for name, route in routing.items() if "action_plugin" in route} == working
