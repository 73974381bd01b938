"""Who follows the READMEs and docs/ meets no command that does not exist, and no option that it does not know."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
import yaml
from ansible.cli.adhoc import AdHocCLI
from ansible.cli.doc import DocCLI
from ansible.cli.galaxy import GalaxyCLI
from ansible.cli.playbook import PlaybookCLI
from ansible_builder.cli import parse_args
from awxkit.cli.resource import CustomCommand
from botocore import xform_name
from botocore.model import Shape
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "playbooks" / "project" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "roles").glob("*/README.md")),
]
_METAS = [yaml.safe_load(path.read_text())["argument_specs"] for path in (ROOT / "playbooks").glob("*.meta.yml")]
VARIABLES = {name for meta in _METAS for entry in meta.values() for name in entry["options"]}
# Commands of the AWS CLI that are no operations of an API, with their options: version 1 has not these.
_OF_VERSION_2 = {("logs", "tail"): {"since"}, ("sso", "login"): set(), ("configure", "sso"): set()}
_OF_ALL = {"region", "query", "output", "profile"}
_SESSION = botocore.session.get_session()


def commands(document: Path) -> Iterator[list[str]]:
    """Every command in a block of shell or an indented block, and those in the text that have an argument."""
    text = document.read_text()
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.DOTALL | re.MULTILINE)
    blocks += ["\n".join(line.strip() for line in rest.splitlines() if re.match(r" {4,}[a-z.]", line))]
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            for command in line.strip().split(" && "):
                words, _unused, given = command.partition(" < ")
                assert not given or (ROOT / given).is_file() or f"={given}" in text, given
                yield from pipeline(shlex.split(words, comments=True))
    for span in re.findall(r"`([a-z-]+ [^`\n]+)`", rest):
        if span.split()[0] in CHECKS and "..." not in span:
            yield shlex.split(span)


def pipeline(words: list[str]) -> Iterator[list[str]]:
    """The commands of a pipe. Those that stand inside of quotes are the shell's business."""
    command: list[str] = []
    for word in words:
        if word == "|":
            yield command
            command = []
        else:
            command.append(word)
    yield command


def parses(cli: type, arguments: list[str]) -> None:
    """One of Ansible's own command lines takes the arguments."""
    command = cli(arguments)
    command.init_parser()
    command.parser.parse_args(arguments[1:])


def ansible_playbook(words: list[str]) -> None:
    parses(PlaybookCLI, words)
    playbooks = [word for word in words[1:] if re.fullmatch(r"farflow\.airflow\.\w+|[\w/]+\.yml", word)]
    assert len(playbooks) == 1
    name = playbooks[0].removeprefix("farflow.airflow.")
    assert (ROOT / (name if name.endswith(".yml") else f"playbooks/{name}.yml")).is_file(), name
    for option, value in zip(words, words[1:], strict=False):
        if option == "-i":
            assert (ROOT / value).exists(), value
        if option == "-e" and value.startswith("@"):
            assert (ROOT / value[1:]).is_file() or value == "@vars/here.yml", value
        elif option == "-e":
            assert value.partition("=")[0] in VARIABLES, value


def aws(words: list[str]) -> None:
    service, operation = words[1:3]
    options = {word.removeprefix("--") for word in words[3:] if word.startswith("--")} - _OF_ALL
    if (service, operation) in _OF_VERSION_2:
        assert options <= _OF_VERSION_2[service, operation]
        return
    model = _SESSION.get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation == "wait":
        waiters = _SESSION.get_waiter_model(service)
        found = [name for name in waiters.waiter_names if xform_name(name, "-") == words[3]]
        assert found, f"aws {service} wait {words[3]}"
        operation = xform_name(waiters.get_waiter(found[0]).operation, "-")
    assert operation in names, f"aws {service} {operation}"
    shape = model.operation_model(names[operation]).input_shape
    members = shape.members if shape else {}
    assert options <= {option for member in members.items() for option in _options(*member)}, options


def _options(member: str, shape: Shape) -> list[str]:
    name = xform_name(member, "-")
    return [name, f"no-{name}"] if shape.type_name == "boolean" else [name]


def awx(words: list[str]) -> None:
    assert words[1] in {each.name for each in CustomCommand.__subclasses__()}, words


def make(words: list[str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {word for word in words[1:] if not word.startswith("-")} <= targets


def pip(words: list[str]) -> None:
    assert words[1] == "install"
    assert [Requirement(word).name for word in words[2:]]


def runs_a_file(words: list[str]) -> None:
    assert (ROOT / words[1]).is_file(), words[1]


def python(words: list[str]) -> None:
    assert words[1:3] == ["-m", "venv"] or (ROOT / words[1]).exists(), words


def anything(words: list[str]) -> None:
    """What is no business of this project's."""


def ansible(words: list[str]) -> None:
    parses(AdHocCLI, words)
    module = words[words.index("-m") + 1].removeprefix("farflow.airflow.")
    assert (ROOT / "plugins" / "modules" / f"{module}.py").is_file(), module


CHECKS = {
    "ansible": ansible,
    "ansible-builder": lambda words: parse_args(words[1:]),
    "ansible-doc": lambda words: parses(DocCLI, words),
    "ansible-galaxy": lambda words: parses(GalaxyCLI, words),
    "ansible-playbook": ansible_playbook,
    "aws": aws,
    "awx": awx,
    "make": make,
    "pip": pip,
    "python": python,
    "python3": python,
    "sh": runs_a_file,
    **dict.fromkeys(["git", "cd", ".", "export", "eval", "docker", "printf", "tr", "cut"], anything),
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_exists(document):
    for words in commands(document):
        if words:
            assert words[0] in CHECKS, words
            CHECKS[words[0]](words)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_where_version_1_of_the_aws_cli_does_not_do_it_is_said(document):
    """Who has it would be told of an invalid choice only."""
    needed = [words for words in commands(document) if words[:1] == ["aws"] and tuple(words[1:3]) in _OF_VERSION_2]
    assert not needed or "version 2 of the AWS CLI" in document.read_text(), needed


def test_the_guide_asks_for_version_2_of_the_aws_cli():
    assert "version 2 of the AWS CLI" in (ROOT / "docs" / "aws.md").read_text()


def test_commands_are_found():
    found = {words[0] for document in DOCUMENTS for words in commands(document) if words}
    assert found >= {"ansible-playbook", "ansible-galaxy", "ansible-builder", "aws", "awx", "make", "pip", "sh"}


@pytest.mark.parametrize(
    "command",
    [
        "ansible-playbook farflow.airflow.depoly -e @vars/dev.yml",
        "ansible-playbook farflow.airflow.deploy -e @vars/nowhere.yml",
        "ansible-playbook farflow.airflow.deploy -e farflow_regoin=eu-west-1",
        "ansible-playbook farflow.airflow.deploy --no-such-option",
        "ansible localhost -m farflow.airflow.efs_filesystem",
        "ansible-galaxy collection instal farflow.airflow",
        "ansible-builder biuld",
        "aws ecs describe-servces",
        "aws ecs describe-services --clustr dev",
        "aws ecs update-service --no-cluster dev",
        "aws rds wait db-instance-gone",
        "aws rds wait db-instance-deleted --db-instance dev-database",
        "awx improt",
        "make no-such-target",
        "sh airflow/no-such-file.sh",
    ],
)
def test_what_does_not_exist_is_found(command):
    words = shlex.split(command)
    with pytest.raises((AssertionError, SystemExit)):
        CHECKS[words[0]](words)
