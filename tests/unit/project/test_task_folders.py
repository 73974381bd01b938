from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.images import build_context
from ansible_collections.farflow.airflow.plugins.module_utils.project import task_folders as dag_tasks_folder
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture
def tasks(tmp_path):
    """``tasks(name, task_yml, **files)`` makes a DAG task's folder and returns it."""

    def make(name="extract", task_yml=None, dockerfile="FROM scratch\n"):
        folder = tmp_path / name
        folder.mkdir()
        if dockerfile is not None:
            (folder / "Dockerfile").write_text(dockerfile)
        if task_yml is not None:
            (folder / "task.yml").write_text(task_yml)
        return folder

    return make


def discover(folder, **defaults):
    return dag_tasks_folder.discover(folder.parent, "test", defaults)


def complaints(folder, **defaults):
    with pytest.raises(FarflowError) as error:
        discover(folder, **defaults)
    return str(error.value).splitlines()


def test_a_folder_with_a_dockerfile_is_a_task(tasks):
    folder = tasks()
    (task,) = discover(folder)
    assert (task.name, task.path, task.family) == ("extract", str(folder), "test-extract")
    assert (task.cpu, task.memory, task.architecture) == (256, 512, "X86_64")
    assert (task.command, task.environment, task.policy, task.ephemeral_storage) == (None, {}, [], None)


def test_tasks_are_sorted_by_name(tasks):
    tasks("b"), tasks("c")
    assert [task.name for task in discover(tasks("a"))] == ["a", "b", "c"]


def test_every_key_arrives(tasks):
    document = """
cpu: 1024
memory: 4096
ephemeral_storage: 30
architecture: ARM64
capacity: spot_then_on_demand
command: [python, main.py]
environment: {LEVEL: debug, EMPTY: ""}
secrets:
  TOKEN: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf:key::'
  NAMED: team/token
policy:
  - {Effect: Allow, Action: "s3:GetObject", Resource: ["arn:aws:s3:::b/*", "arn:aws:s3:::a/*"]}
readonly_root_filesystem: true
shared_volume: true
stop_timeout: 120
"""
    (task,) = discover(tasks(task_yml=document))
    assert (task.cpu, task.memory, task.ephemeral_storage, task.architecture) == (1024, 4096, 30, "ARM64")
    assert task.capacity == "spot_then_on_demand"
    assert (task.command, task.environment) == (["python", "main.py"], {"LEVEL": "debug", "EMPTY": ""})
    assert task.secrets["NAMED"] == "team/token"
    assert task.policy == [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]}
    ]
    assert (task.readonly_root_filesystem, task.shared_volume, task.stop_timeout) == (True, True, 120)


def test_defaults_are_for_what_a_task_leaves_out(tasks):
    (task,) = discover(tasks(task_yml="memory: 2048"), cpu=512, memory=1024, stop_timeout=60)
    assert (task.cpu, task.memory, task.stop_timeout) == (512, 2048, 60)


def test_an_empty_task_yml_asks_for_nothing(tasks):
    assert discover(tasks(task_yml="# later\n"))[0].cpu == 256


@pytest.mark.parametrize(
    ("task_yml", "line", "said"),
    [
        ("cpu: 300", 1, "cpu is a number 300, allowed: CPU units, one of 256"),
        ('cpu: "512"', 1, "cpu is a text '512'"),
        ("cpu: 1 vCPU", 1, "cpu is a text '1 vCPU'"),
        ("cpu: true", 1, "cpu is a boolean True"),
        ("cpu:", 1, "cpu is nothing"),
        ("\n\ncpu: 256\nmemory: 4096", 4, "memory 4096 does not go with cpu 256"),
        ("cpu: 1024", 1, "memory 512 does not go with cpu 1024"),
        ("memory: 100", 1, "memory is a number 100, allowed: MiB"),
        ("memory: 1.5", 1, "memory is a number 1.5"),
        ("memory: 2GB", 1, "memory is a text '2GB'"),
        ("ephemeral_storage: 20", 1, "allowed: GiB from 21 to 200"),
        ("ephemeral_storage: 201", 1, "ephemeral_storage is a number 201"),
        ("architecture: arm64", 1, "allowed: X86_64 or ARM64, did you mean 'ARM64'?"),
        ("architecture: 86", 1, "architecture is a number 86"),
        ("command: python main.py", 1, "command is a text 'python main.py', allowed: a list of texts, as [\"python\""),
        ("command: []", 1, "command is a list []"),
        ("command:\n  - python\n  - 7", 3, "command.1 is a number 7"),
        ("environment: [A]", 1, "environment is a list"),
        ("environment:\n  GOOD: x\n  PORT: 8080", 3, "environment.PORT is a number 8080, allowed: a text, in quotes"),
        ("environment:\n  FLAG: yes", 2, "environment.FLAG is a boolean True"),
        ("environment:\n  NOTHING:", 2, "environment.NOTHING is nothing"),
        ("environment:\n  A=B: x", 2, "environment.A=B is no name of an environment variable"),
        ("environment:\n  1A: x", 2, "environment.1A is no name"),
        ("environment:\n  DAY: 2026-01-01", 2, "environment.DAY is a date 2026-01-01"),
        ("secrets: {A: 5}", 1, "secrets.A is a number, allowed: the whole ARN of a secret"),
        ("secrets:\n  A: arn:aws:s3:::bucket", 2, "secrets.A is a text of 19 characters, not shown"),
        ("secrets:\n  A: name with spaces", 2, "secrets.A is a text of 16 characters, not shown"),
        ("secrets: name", 1, "secrets is a text 'name', allowed: a mapping of names to secrets"),
        ("environment: {A: x}\nsecrets:\n  A: token", 3, "secrets.A is given under environment too"),
        ("policy: {Effect: Allow}", 1, "policy is a mapping"),
        ("policy: []", 1, "policy is a list [], allowed: a list of IAM statements"),
        ("policy: [allow]", 1, "policy.0 is a text 'allow', allowed: an IAM statement"),
        ("policy:\n  - Effect: Allow\n    Action: s3:GetObject", 2, "policy.0 has no Resource"),
        (
            "policy:\n  - Effect: allow\n    Action: s3:Get*\n    Resource: '*'",
            2,
            "policy.0.Effect is a text 'allow', allowed: Allow or Deny, did you mean 'Allow'?",
        ),
        (
            "policy:\n  - Effect: Allow\n    Action: '*'\n    Resource: '*'",
            3,
            "actions as s3:GetObject, not all of them",
        ),
        ("policy:\n  - Effect: Allow\n    Action: [1]\n    Resource: '*'", 3, "policy.0.Action.0 is a number 1"),
        (
            "policy:\n  - Effect: Allow\n    Action: s3:GetObject\n    Resource: bucket",
            4,
            "policy.0.Resource is a text",
        ),
        (
            "policy:\n  - Effect: Allow\n    Actions: s3:GetObject\n    Resource: '*'",
            3,
            "policy.0.Actions is not a known key, did you mean 'Action'?",
        ),
        (
            "policy:\n  - Effect: Allow\n    Action: s3:GetObject\n    Resource: '*'\n    Condition: 5",
            5,
            "Condition is",
        ),
        ("shared_volume: 1", 1, "shared_volume is a number 1, allowed: true or false"),
        ("shared_volume: 'true'", 1, "shared_volume is a text 'true'"),
        ("capacity: Spot", 1, "capacity is a text 'Spot', allowed: on_demand or spot or spot_then_on_demand"),
        ("capacity: true", 1, "capacity is a boolean True"),
        ("stop_timeout: 121", 1, "allowed: seconds from 2 to 120"),
        ("stop_timeout: 30s", 1, "stop_timeout is a text '30s'"),
        ("\nmemroy: 512", 2, "memroy is not a known key, did you mean 'memory'?; allowed: cpu, memory"),
        ("xyz: 1", 1, "xyz is not a known key; allowed: cpu"),
        ("5: 1", 1, "5 is not a known key"),
        ("cpu: 256\ncpu: 512", 2, "cpu: given twice"),
        ("- cpu", 1, "must be a mapping of keys to values"),
        ("cpu", 1, "must be a mapping"),
        ("cpu: ]", 1, "not YAML"),
        ("a: b: c", 1, "not YAML"),
        ("cpu: 256\n\tmemory: 512", 2, "not YAML"),
        ("environment: &x\n  SELF: *x", 2, "refers to itself"),
        ("environment: {DAY: 2026-99-99}", 1, "not YAML"),
        ("--- \ncpu: 256\n---\ncpu: 512", 3, "not YAML"),
        ("cpu: !!bool maybe", 1, "does not fit its tag"),
        ("cpu: !!timestamp x", 1, "does not fit its tag"),
        ("? [cpu]\n: 256", 1, "not YAML"),
        ("!!set {cpu}", 1, "must be a mapping"),
        ("cpu: " + "[" * 3000 + "]" * 3000, 1, "nested too deeply"),
        ('command: ["a\\0b"]', 1, "command.0 holds the character NUL, as character 2, allowed: a text without it"),
        ('environment: {A: "x\\0y"}', 1, "environment.A holds the character NUL, as character 2, allowed: a text with"),
        (f"environment: {{A: {'x' * 60000}}}", 1, "environment has 60009 bytes, allowed: 57344"),
        (
            "policy: [{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {Bool: x}}]",
            1,
            "Condition.Bool is a text",
        ),
        (
            "policy:\n" + "  - {Sid: A, Effect: Allow, Action: 's3:*', Resource: '*'}\n" * 2,
            3,
            "policy.1.Sid is 'A' once more",
        ),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(tasks, task_yml, line, said):
    folder = tasks(task_yml=task_yml)
    (complaint,) = complaints(folder)
    assert complaint.startswith(f"{folder}/task.yml:{line}: ")
    assert said in complaint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_SESSION_TOKEN", "hunter2"),
        ("DB_PASSWORD", "hunter2"),
        ("PGPASSWORD", "hunter2"),
        ("db_password", "7411"),
        ("DB_PWD", "hunter2"),
        ("API_TOKEN", "hunter2"),
        ("CLIENT_SECRET", "hunter2"),
        ("SOME_API_KEY", "hunter2"),
        ("APIKEY", "hunter2"),
        ("PRIVATE_KEY", "hunter2"),
        ("DATABASE_URL", "postgres://me:hunter2@db/x"),
    ],
)
def test_a_secret_in_plain_text_is_refused(tasks, name, value):
    folder = tasks(task_yml=f"environment:\n  LEVEL: info\n  {name}: '{value}'\n")
    (complaint,) = complaints(folder)
    assert complaint.startswith(f"{folder}/task.yml:3: environment.{name} holds a password or a key, allowed: ")
    assert "under secrets" in complaint
    assert value not in complaint


def test_a_password_that_is_a_number_is_not_shown(tasks):
    (complaint,) = complaints(tasks(task_yml="environment:\n  DB_PASSWORD: 7411\n"))
    assert "7411" not in complaint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_LIMIT", "10"),
        ("MAX_TOKEN", "4096"),
        ("LOG_LEVEL", "debug"),
        ("EMPTY_TOKEN", ""),
        ("USE_TOKEN", "true"),
        ("TOKEN_URL", "https://example.org:8443/token@latest"),
        ("SECRET_NAME", "farflow/prod/x"),
        ("DB_SECRET", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:example-AbCdEf"),
        ("PASSWORD_FILE", "/run/secrets/password"),
        ("PWD", "/app"),
        ("OLDPWD", "/"),
        ("PRIMARY_KEY", "id"),
        ("AWS_ACCESS_KEY_ID", "the secret one is under secrets"),
        ("KEY", "orders/2026"),
        ("SECRETARY", "ada"),
        ("DATABASE_URL", "postgres://me@db/x"),
        ("TEMPLATE", "postgres://{user}:{password}@{host}:5432/x"),
    ],
)
def test_what_only_looks_like_a_secret_may_be_plain(tasks, name, value):
    (task,) = discover(tasks(task_yml=f"environment:\n  {name}: '{value}'\n"))
    assert task.environment == {name: value}


def test_everything_wrong_in_all_tasks_is_told_together(tasks):
    tasks("a", task_yml="cpu: 1\nmemory: 1\nfoo: 1\n")
    tasks("b", dockerfile=None)
    tasks("airflow")
    folder = tasks("ok")
    told = complaints(folder)
    where = [complaint.split(": ")[0].removeprefix(f"{folder.parent}/") for complaint in told]
    assert where == ["a/task.yml:1", "a/task.yml:2", "a/task.yml:3", "airflow", "b"]


def test_the_name_of_airflows_own_image_is_taken(tasks):
    assert "taken by Airflow" in complaints(tasks("airflow"))[0]


def test_a_folder_may_be_called_as_a_component_of_airflow(tasks):
    (task,) = discover(tasks("airflow-worker"))
    assert (task.name, task.family) == ("airflow-worker", "test--airflow-worker")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("with space", "letters, digits, underscores and hyphens"),
        ("dotted.name", "letters, digits, underscores and hyphens"),
        ("größe", "letters, digits, underscores and hyphens"),
        ("-first", "begins with a hyphen"),
        ("x" * 250, "too long: its log streams would have"),
    ],
)
def test_names_that_aws_has_not(tasks, name, said):
    assert said in complaints(tasks(name))[0]


def test_names_that_become_one(tasks):
    tasks("Extract")
    (complaint,) = complaints(tasks("extract"))
    assert "extract: becomes the same task as" in complaint


def test_a_folder_without_dockerfile_is_named(tasks):
    folder = tasks(dockerfile=None)
    assert complaints(folder) == [
        f"{folder}: has no Dockerfile, allowed: a folder that an image can be built from; add one, or move the folder "
        "elsewhere"
    ]


def test_what_is_no_task_is_passed_over(tasks, tmp_path):
    (tmp_path / "README.md").write_text("how to add a task\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / "__pycache__").mkdir()
    assert [task.name for task in discover(tasks())] == ["extract"]


def test_no_tasks_are_fine(tmp_path):
    assert dag_tasks_folder.discover(tmp_path, "test") == []


def test_a_missing_tasks_folder_is_named(tmp_path):
    with pytest.raises(FarflowError, match="nowhere: no such folder"):
        dag_tasks_folder.discover(tmp_path / "nowhere", "test")


def test_a_bad_environment_is_named_once(tasks):
    tasks("a"), tasks("b")
    with pytest.raises(FarflowError, match="environment 'Bad'") as error:
        dag_tasks_folder.discover(tasks("c").parent, "Bad")
    assert len(str(error.value).splitlines()) == 1


def test_bad_defaults_are_told_once(tasks):
    tasks("a")
    assert complaints(tasks("b"), cpu=256, memory=8192)[0].startswith("defaults: memory 8192 does not go with cpu 256")


def test_links_out_of_the_context_are_named(tasks):
    folder = tasks()
    (folder / "data").symlink_to("/etc/passwd")
    assert complaints(folder)[0].startswith(f"{folder}/data: is a link to /etc/passwd, out of the build context")
    (folder / ".dockerignore").write_text("data\n")
    assert discover(folder)


def test_a_task_yml_that_is_no_text_is_named(tasks):
    folder = tasks()
    (folder / "task.yml").write_bytes(b"first: line\nsecond: \xff\n")
    assert complaints(folder) == [f"{folder}/task.yml:2: is not UTF-8: byte 0xff"]


@pytest.mark.parametrize("file", ["Dockerfile", ".dockerignore"])
def test_what_docker_reads_may_hold_any_bytes(tasks, file):
    folder = tasks()
    (folder / file).write_bytes(b"FROM scratch\n# caf\xe9\n")
    assert discover(folder)


def test_a_bad_dockerignore_is_named_with_its_line(tasks):
    folder = tasks()
    (folder / ".dockerignore").write_text("*.md\n[\n")
    assert complaints(folder)[0].startswith(f"{folder}/.dockerignore:2: ")


def test_a_folder_that_cannot_be_read_is_named(tasks, monkeypatch):
    folder = tasks()
    monkeypatch.setattr(os, "access", lambda path, mode: path != folder)
    assert complaints(folder) == [f"{folder}: cannot be read: check its permissions"]


def test_a_task_yml_that_is_a_folder_is_named(tasks):
    folder = tasks()
    (folder / "task.yml").mkdir()
    assert complaints(folder) == [f"{folder}/task.yml: is no file that can be read, allowed: a text file"]


def test_a_misspelt_task_yml_is_named(tasks):
    folder = tasks()
    (folder / "task.yaml").write_text("cpu: 512\n")
    assert complaints(folder) == [f"{folder}/task.yaml: is not read, call it task.yml"]


def test_a_task_may_be_a_link_to_a_folder(tasks, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "Dockerfile").write_text("FROM scratch\n")
    folder = tasks()
    (folder.parent / "linked").symlink_to(elsewhere)
    assert [task.name for task in discover(folder)] == ["extract", "linked"]


def test_a_task_that_is_a_link_to_nowhere_is_named(tasks):
    folder = tasks()
    (folder.parent / "gone").symlink_to("/no/such/folder")
    assert complaints(folder)[0].startswith(
        f"{folder.parent}/gone: is a link to /no/such/folder, where there is nothing"
    )


def test_the_place_of_a_secret_is_found(tasks):
    folder = tasks(task_yml="cpu: 256\nsecrets:\n  A: one\n  B: two\n")
    (task,) = discover(folder)
    assert dag_tasks_folder.place_of_secret(task, "B") == f"{folder}/task.yml:4: secrets.B"


def test_what_hangs_on_a_default_that_is_wrong_is_not_judged(tasks):
    folder = tasks(task_yml="memory: 8192\nfoo: 1\n")
    found, told = dag_tasks_folder.explore(folder.parent, "test", {"architecture": "X86_64"})
    assert (found, len(told)) == ([], 1)
    assert "foo is not a known key" in told[0]


@pytest.mark.parametrize("name", ["two\nlines", os.fsdecode(b"caf\xe9")])
def test_a_name_that_fits_no_line_is_escaped(tasks, name):
    (tasks().parent / name).mkdir()
    (line, *_unused) = [line for line in complaints(tasks("b")) if "task '" in line]
    assert line.isprintable()


def test_a_huge_context_is_warned_of(tasks):
    folder = tasks()
    with (folder / "model.bin").open("wb") as file:
        file.truncate(5 << 30)
    (warning,) = dag_tasks_folder.warnings(discover(folder))
    assert "5.0 GiB" in warning
    (folder / ".dockerignore").write_text("*.bin\n")
    assert dag_tasks_folder.warnings(discover(folder)) == []


def test_more_memory_is_no_other_image(tasks):
    folder = tasks(task_yml="memory: 512")
    before = build_context.digest(discover(folder)[0].context)
    (folder / "task.yml").write_text("memory: 1024")
    assert build_context.digest(discover(folder)[0].context) == before
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "main.pyc").touch()
    assert build_context.digest(discover(folder)[0].context) == before
    (folder / "task.yml").write_text("architecture: ARM64")
    assert build_context.digest(discover(folder)[0].context) != before


def built_from(task):
    return {entry.path for entry in build_context.entries(task.context)}


@pytest.fixture
def project(tmp_path):
    """``project(name, task_yml, **files)`` makes a DAG task's folder in the tasks/ of a project, and returns it."""

    def make(name="extract", task_yml="", dockerfile="FROM scratch\n"):
        folder = tmp_path / "project" / "tasks" / name
        folder.mkdir(parents=True)
        (folder / "task.yml").write_text(task_yml)
        (folder / "Dockerfile").write_text(dockerfile)
        return folder

    return make


def test_what_is_wrong_with_a_shared_context_is_told_once(project):
    folder = project(task_yml="context: ..\n")
    project("other", task_yml="context: ..\n")
    project("third")
    (folder.parent / "third" / "data").symlink_to("/etc/passwd")
    (line,) = complaints(folder)
    assert line.startswith(f"{folder.parent}/third/data: is a link to /etc/passwd, out of the build context")


def test_a_large_shared_context_is_warned_of_once(project):
    folder = project(task_yml="context: ..\n")
    project("other", task_yml="context: ..\n")
    with (folder.parent / "model.bin").open("wb") as file:
        file.truncate(5 << 30)
    (warning,) = dag_tasks_folder.warnings(discover(folder))
    assert warning.startswith(f"{folder.parent}: ")


def test_a_context_around_the_folder_holds_what_lies_beside_it(project):
    folder = project(task_yml="context: ..\n")
    project("other")
    (folder.parent / "common").mkdir()
    (folder.parent / "common" / "lib.py").touch()
    (folder.parent / "common" / "Dockerfile").write_text("FROM scratch\n")
    task = next(task for task in discover(folder) if task.name == "extract")
    assert (task.image["context"], task.image["dockerfile"]) == (str(folder.parent), "extract/Dockerfile")
    assert {"common/lib.py", "extract/Dockerfile", "other/Dockerfile"} <= built_from(task)
    assert not {path for path in built_from(task) if path.endswith("task.yml")}
    (folder / "Dockerfile.dockerignore").write_text("*\n!common\n")
    assert built_from(task) == {"common", "common/Dockerfile", "common/lib.py"}


def test_the_project_itself_may_be_the_context(project):
    folder = project(task_yml="context: ../..\n")
    (task,) = discover(folder)
    assert (task.image["context"], task.image["dockerfile"]) == (str(folder.parents[1]), "tasks/extract/Dockerfile")
    assert built_from(task) == {"tasks", "tasks/extract", "tasks/extract/Dockerfile"}


def test_a_context_below_the_folder_is_built_by_the_dockerfile_outside(project):
    folder = project(task_yml="context: src\n")
    (folder / "src").mkdir()
    (folder / "src" / "task.yml").touch()
    (task,) = discover(folder)
    assert task.image["dockerfile"] == "../Dockerfile"
    assert built_from(task) == {"task.yml"}


def test_a_context_that_is_a_link_is_built_by_the_dockerfile_beside_the_link(project):
    folder = project(task_yml="context: src\n")
    (folder.parents[1] / "common").mkdir()
    (folder.parents[1] / "common" / "lib.py").touch()
    (folder / "src").symlink_to("../../common")
    (task,) = discover(folder)
    assert built_from(task) == {"lib.py"}
    assert build_context.digest(task.context)


def test_the_project_is_found_whatever_way_leads_to_it(project, monkeypatch):
    folder = project(task_yml="context: ..\n")
    monkeypatch.chdir(folder)
    for path in ("..", "../../tasks", folder.parent / ".." / "tasks"):
        (task,) = dag_tasks_folder.discover(path, "test")
        assert built_from(task) == {"extract", "extract/Dockerfile"}


def test_the_dockerfile_may_have_another_name_and_place(project):
    folder = project(task_yml="dockerfile: docker/Dockerfile.prod\n")
    (folder / "docker").mkdir()
    (folder / "Dockerfile").rename(folder / "docker" / "Dockerfile.prod")
    (task,) = discover(folder)
    assert task.image["dockerfile"] == "docker/Dockerfile.prod"


def test_without_these_keys_the_image_is_the_one_that_it_was(tasks):
    (task,) = discover(tasks())
    plain = build_context.BuildContext(Path(task.path), exclude=("task.yml", "**/__pycache__"))
    assert build_context.digest(task.context) == build_context.digest(plain)


@pytest.mark.parametrize(
    ("task_yml", "said"),
    [
        ("context: /etc", "context is a text '/etc', allowed: a folder of the project"),
        ("context: ~/x", "context is a text '~/x', allowed: a folder of the project"),
        ("context: 5", "context is a number 5"),
        ("context: ../../..", "context is '../../..', which is {root}, outside of the project; allowed: what lies in"),
        ("context: ../..x", "context is '../..x', which is {root}/project/tasks/..x, where there is no such folder"),
        ("context: link", "context is 'link', which is {root}/project/tasks/extract/link, outside of the project"),
        ("context: Dockerfile", "where there is something other than a folder; allowed: a folder"),
        ("dockerfile: Dockerfil", "dockerfile is 'Dockerfil', which is {root}/project/tasks/extract/Dockerfil, where"),
        ("dockerfile: ../../../Dockerfile", "outside of the project"),
        (
            "dockerfile: ..",
            "dockerfile is '..', which is {root}/project/tasks, where there is something other than a file",
        ),
        (
            "dockerfile: .",
            "dockerfile is '.', which is {root}/project/tasks/extract, where there is something other than",
        ),
        (
            "dockerfile: ../..\ncontext: ..",
            "{root}/project, where there is something other than a file; allowed: a file",
        ),
        (
            'dockerfile: "a\\nb"',
            r"dockerfile is 'a\nb', which is '{root}/project/tasks/extract/a\nb', where there is no",
        ),
        (
            'context: "a\\nb"',
            r"context is 'a\nb', which is '{root}/project/tasks/extract/a\nb', where there is no such",
        ),
        (
            "context: ring",
            "context is 'ring', which is {root}/project/tasks/extract/ring, where there is something other than a",
        ),
        ("dockerfile: ring", "which is {root}/project/tasks/extract/ring, where there is something other than a file"),
        ("base: extrac", "base is 'extrac', allowed: the name of another DAG task, did you mean 'extract'?"),
        ("base: two words", "base is a text 'two words', allowed: the name of another DAG task"),
        ("base: extract", "base leads back to the task: extract -> extract"),
        ("base: plain", "has no line ARG BASE_IMAGE, allowed: one before FROM"),
        ("base: plain\narchitecture: ARM64", "base is 'plain', which is for X86_64, allowed: one for ARM64"),
    ],
)
def test_where_an_image_cannot_be_built_from_is_told_with_file_and_line(project, tmp_path, task_yml, said):
    folder = project(task_yml=f"cpu: 256\n{task_yml}\n")
    project("plain")
    if "link" in task_yml:
        (folder / "link").symlink_to("/etc")
    if "ring" in task_yml:
        (folder / "ring").symlink_to("ring")
    lines = complaints(folder)
    place = f"{folder}/task.yml:2: "
    assert [line for line in lines if line.startswith(place) and said.format(root=tmp_path) in line], lines


def test_a_circle_of_bases_is_told_of_each_of_them(project):
    dockerfile = "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n"
    folder = project("a", "base: b\n", dockerfile)
    project("b", "base: c\n", dockerfile), project("c", "base: a\n", dockerfile), project("d", "base: a\n", dockerfile)
    told = [line.rpartition("/tasks/")[2] for line in complaints(folder)]
    assert told == [
        "a/task.yml:1: base leads back to the task: a -> b -> c -> a",
        "b/task.yml:1: base leads back to the task: b -> c -> a -> b",
        "c/task.yml:1: base leads back to the task: c -> a -> b -> c",
    ]


def test_bases_come_first(project):
    dockerfile = "ARG BASE_IMAGE=debian\nFROM ${BASE_IMAGE}\n"
    folder = project("a", "base: c\n", dockerfile)
    project("b"), project("c", "base: d\n", dockerfile), project("d")
    found = discover(folder)
    assert [task.name for task in found] == ["a", "b", "c", "d"]
    assert [task.name for task in dag_tasks_folder.bases_first(found)] == ["d", "c", "a", "b"]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cpu", "memory", "policy", "environment", "secrets", "command", "Effect", "Action"])
            | SCALARS,
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS)
def test_no_document_is_too_strange_to_be_told_of(tmp_path_factory, document):
    import yaml

    folder = tmp_path_factory.mktemp("tasks") / "extract"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "task.yml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    try:
        discover(folder)
    except FarflowError as error:
        assert all(line.startswith(f"{folder}/task.yml:") for line in str(error).splitlines())
