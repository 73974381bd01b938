"""What the documentation shows works as it stands: YAML and Python parse, and our own checks take the values."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs import checks
from ansible_collections.farflow.airflow.plugins.module_utils.project import task_yml
from ansible_collections.farflow.airflow.plugins.module_utils.validation.lined_yaml import LinedYaml
from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs

ROOT = Path(__file__).parents[3]
DOCUMENTS = [
    ROOT / "README.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("roles/*/README.md")),
    *sorted(ROOT.glob("playbooks/project/**/*.md")),
    *sorted(ROOT.glob("tests/**/README.md")),
]
OPTIONS = inputs.declared(lambda path: yaml.safe_load(Path(path).read_text()))
_METAS = [yaml.safe_load(path.read_text())["argument_specs"] for path in (ROOT / "playbooks").glob("*.meta.yml")]
#: What all playbooks take, those that deploy nothing too.
VARIABLES = {name for meta in _METAS for entry in meta.values() for name in entry["options"]}
ENVIRONMENT = {"farflow_environment": "dev", "farflow_region": "eu-west-1"}

_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>[a-z]*)\n(?P<text>.*?)^ *```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`(\w+: [^`\n]+)`")
#: What a message says is no variable's value.
_MESSAGE = re.compile(r"\.\.\.|<")


def blocks(document: Path, *languages: str) -> Iterator[str]:
    """The code blocks of these languages."""
    for found in _BLOCK.finditer(document.read_text()):
        if found["language"] in languages:
            yield re.sub(f"^{found['indent']}", "", found["text"], flags=re.MULTILINE)


def spans(document: Path) -> Iterator[str]:
    """Settings in the text itself, as `worker_pool_count: 2`."""
    for text in _SPAN.findall(_BLOCK.sub("", document.read_text())):
        if text.partition(":")[0] in VARIABLES and not _MESSAGE.search(text):
            yield text


def problems(text: str) -> list[str]:
    """What is wrong with an example in YAML: variables, a task.yml, or a play."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return [str(error)]
    if isinstance(document, list):
        return [each for play in document for each in _of_play(play)]
    if found := LinedYaml(text).problems:
        return [said for _line, said in found]
    if set(document) <= set(task_yml.KEYS):
        return [said for _place, said in task_yml.problems(document)]
    return _of_variables(document)


def _of_play(play: Mapping[str, Any]) -> list[str]:
    """What is given to our roles and playbooks in it."""
    assert set(play) & {"hosts", "ansible.builtin.import_playbook", "name"}, play
    return _of_variables(play.get("vars") or {})


def _of_variables(variables: Mapping[str, Any]) -> list[str]:
    unknown = [f"{name}: no such variable" for name in variables if name not in VARIABLES]
    values, wrong = inputs.gather(OPTIONS, {**ENVIRONMENT, **variables}, _template)
    return [*unknown, *wrong, *checks.problems(values)]


def _template(value: Any) -> Any:
    """Without Ansible: of a template it is known that it is one."""
    if isinstance(value, list):
        return [_template(item) for item in value]
    return "10.0.0.0/16" if value == "{{ network_cidr }}" else value


def cases(*languages: str) -> list[Any]:
    """A case for each document that has such a block."""
    return [
        pytest.param(document, id=str(document.relative_to(ROOT)))
        for document in DOCUMENTS
        if any(blocks(document, *languages))
    ]


@pytest.mark.parametrize("document", cases("yaml", "yml"))
def test_yaml_is_accepted(document):
    for text in blocks(document, "yaml", "yml"):
        assert problems(text) == [], text


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_settings_in_the_text_are_accepted(document):
    """Alone, as what they need beside them may stand elsewhere."""
    for text in spans(document):
        given = yaml.safe_load(text)
        values, _wrong = inputs.gather(OPTIONS, {**ENVIRONMENT, **given}, _template)
        assert set(given) <= set(checks.sound(values)) | (VARIABLES - set(OPTIONS)), text


@pytest.mark.parametrize("document", cases("python"))
def test_python_parses_and_imports_what_there_is(document):
    helper = (ROOT / "airflow" / "plugins" / "farflow" / "__init__.py").read_text()
    for text in blocks(document, "python"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module == "farflow":
                assert [each.name for each in node.names if each.name not in helper] == []


@pytest.mark.parametrize("document", cases("sh"))
def test_shell_parses(document):
    for text in blocks(document, "sh"):
        done = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), text


def test_json_parses():
    for document in DOCUMENTS:
        for text in blocks(document, "json"):
            json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "secrets: {TOKEN: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:example-AbCdEf:name'}",
        "secrets:\n  TOKEN: arn:aws:secretsmanager:eu-west-1:123456789012:secret:example-AbCdEf:name::",
        "memroy: 512",
        "worker_pool_cuont: 2",
        "worker_pool_count: two",
        "- hosts: localhost\n  vars: {farflow_regoin: eu-west-1}",
    ],
)
def test_what_does_not_work_is_found(text):
    assert problems(text)
