"""Project folders that cannot work. Each function spoils a good one and returns what the refusal has to say."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from .bad_settings import SECRET
from .conftest import Project

Spoil = Callable[[Project], list[str]]

#: What stands in tasks/hello/task.yml; the line, and what the refusal has to say beside file and line.
TASK_FILES: list[tuple[str, int, str]] = [
    ("memroy: 512\n", 1, "memroy is not a known key, did you mean 'memory'?"),
    ("\ncpu: 256\nmemory: 8192\n", 3, "memory 8192 does not go with cpu 256"),
    ("memory: 500\n", 1, "memory is a number 500"),
    ("cpu: lots\n", 1, "cpu is a text 'lots'"),
    ("cpu: '512'\n", 1, "cpu is a text '512'"),
    ("stop_timeout: 121\n", 1, "stop_timeout is a number 121, allowed: seconds from 2 to 120"),
    ("ephemeral_storage: 20\n", 1, "ephemeral_storage is a number 20, allowed: GiB from 21 to 200"),
    ("architecture: SPARC\n", 1, "architecture is a text 'SPARC'"),
    ("command: python numbers.py\n", 1, "command is a text"),
    ("command: [python, 3]\n", 1, "command.1 is a number 3"),
    ("environment: [A, B]\n", 1, "environment is a list"),
    ("environment:\n  A: x\n  PORT: 8080\n", 3, "environment.PORT is a number 8080"),
    (f"environment:\n  A: {'x' * 70000}\n", 1, "environment has"),
    ("secrets: [TOKEN]\n", 1, "secrets is a list"),
    ("secrets:\n  TOKEN: two words\n", 2, "secrets.TOKEN is a text of 9 characters, not shown"),
    ("environment: {A: x}\nsecrets: {A: token}\n", 2, "secrets.A is given under environment too"),
    ("policy: [{Effect: Allow}]\n", 1, "policy.0 has no Action"),
    ("policy: [{Action: 's3:GetObject', Resource: '*'}]\n", 1, "policy.0 has no Effect"),
    ("policy: [{Effect: Allow, Action: '*', Resource: '*'}]\n", 1, "policy.0.Action is a text '*'"),
    ("policy: [{Effect: Allow, Action: 's3:*', Resource: '*', Condition: x}]\n", 1, "policy.0.Condition is a text"),
    ("policy: {Effect: Allow, Action: 's3:*', Resource: '*'}\n", 1, "policy is a mapping"),
    ("shared_volume: perhaps\n", 1, "shared_volume is a text 'perhaps'"),
    ("readonly_root_filesystem: perhaps\n", 1, "readonly_root_filesystem is a text 'perhaps'"),
    ("context: /etc\n", 1, "context is a text '/etc'"),
    ("context: ../../..\n", 1, "outside of the project; allowed: what lies in"),
    ("context: ../no-such-folder\n", 1, "where there is no such folder"),
    ("dockerfile: Dockerfil\n", 1, "dockerfile is 'Dockerfil', which is"),
    ("dockerfile: [Dockerfile]\n", 1, "dockerfile is a list"),
    ("cpu: 256\ndockerfile: ..\n", 2, "dockerfile is '..', which is /"),
    ("dockerfile: .\n", 1, "where there is something other than a file; allowed: a file, as seen from /"),
    ("context: ..\ndockerfile: ../..\n", 2, "where there is something other than a file"),
    ('dockerfile: "a\\nb"\n', 1, r"dockerfile is 'a\nb', which is '/"),
    ('context: "a\\tb"\n', 1, r"context is 'a\tb', which is '/"),
    ("base: nobody\n", 1, "base is 'nobody', allowed: the name of another DAG task"),
    ("cpu: 256\nbase: hello\n", 2, "base leads back to the task: hello -> hello"),
    ("- cpu: 256\n", 1, "must be a mapping"),
    ("cpu: [256\n", 2, "not YAML"),
    ("cpu: 256\n\tmemory: 512\n", 2, "not YAML"),
    ("cpu: 256\ncpu: 512\n", 2, "cpu: given twice"),
    ("stop_timeout: 1:30\n", 1, "stop_timeout: is 1:30, which YAML reads as 90"),
    ("environment: {ACCOUNT: 0123}\n", 1, "ACCOUNT: is 0123, which YAML reads as 83"),
    (f"secrets:\n  TOKEN: {SECRET}:key::\n", 2, "in quotes a text may have a colon at its end"),
    (f"secrets:\n  TOKEN: {SECRET}:key\n", 2, f"which lacks colons at its end, allowed: '{SECRET}:key::', in quotes"),
    ("environment: &x\n  SELF: *x\n", 2, "refers to itself"),
    ("cpu: !!python/object:os.system 256\n", 1, "not YAML"),
    ("cpu: 256\n---\ncpu: 512\n", 2, "not YAML"),
]


def no_dockerfile(project: Project) -> list[str]:
    (project.tasks / "hello" / "Dockerfile").unlink()
    return [f"{project.tasks}/hello: has no Dockerfile"]


def empty_folder(project: Project) -> list[str]:
    (project.tasks / "nothing").mkdir()
    return [f"{project.tasks}/nothing: has no Dockerfile"]


def dockerfile_is_a_folder(project: Project) -> list[str]:
    return _made_folder(project.tasks / "hello" / "Dockerfile")


def dockerfile_is_a_pipe(project: Project) -> list[str]:
    path = project.tasks / "hello" / "Dockerfile"
    path.unlink()
    os.mkfifo(path)
    return [f"{path}: is no file that can be read"]


def dockerfile_is_empty(project: Project) -> list[str]:
    path = project.tasks / "hello" / "Dockerfile"
    path.write_text("# FROM scratch\n")
    return [f"{path}: has no line that begins with FROM"]


def name_with_a_space(project: Project) -> list[str]:
    project.add_task("Hello World")
    return [f"{project.tasks}/Hello World: task 'Hello World': letters, digits"]


def name_with_a_line_feed(project: Project) -> list[str]:
    project.add_task("hello\nworld")
    return ["hello\\nworld"]


def name_that_is_no_text(project: Project) -> list[str]:
    (project.tasks / os.fsdecode(b"caf\xe9")).mkdir()
    return ["caf\\udce9"]


def name_with_an_accent(project: Project) -> list[str]:
    project.add_task("größe")
    return ["'größe': letters, digits"]


def name_begins_with_a_hyphen(project: Project) -> list[str]:
    project.add_task("-first")
    return ["-first: the name begins with a hyphen"]


def name_is_too_long(project: Project) -> list[str]:
    project.add_task("x" * 250)
    return ["the name is too long", "allowed: 512"]


def name_of_airflow(project: Project) -> list[str]:
    project.add_task("airflow")
    return [f"{project.tasks}/airflow: the name is taken by Airflow itself"]


def name_in_other_letters(project: Project) -> list[str]:
    project.add_task("HELLO")
    return [f"hello: becomes the same task as {project.tasks}/HELLO"]


def link_to_nowhere(project: Project) -> list[str]:
    (project.tasks / "gone").symlink_to("/no/such/folder")
    return [f"{project.tasks}/gone: is a link to /no/such/folder, where there is nothing"]


def link_to_itself(project: Project) -> list[str]:
    (project.tasks / "loop").symlink_to("loop")
    return [f"{project.tasks}/loop: is a link to loop, where there is nothing"]


def link_out_of_the_context(project: Project) -> list[str]:
    (project.tasks / "hello" / "data").symlink_to("/etc")
    return [f"{project.tasks}/hello/data: is a link to /etc, out of the build context"]


def link_up_and_out_of_the_context(project: Project) -> list[str]:
    (project.tasks / "hello" / "sub").mkdir()
    (project.tasks / "hello" / "sub" / "common").symlink_to("../../common")
    return [f"{project.tasks}/hello/sub/common: is a link to ../../common"]


def pipe_in_the_context(project: Project) -> list[str]:
    os.mkfifo(project.tasks / "hello" / "queue")
    return [f"{project.tasks}/hello/queue: is a pipe, which no image can hold"]


def bad_dockerignore(project: Project) -> list[str]:
    (project.tasks / "hello" / ".dockerignore").write_text("*.md\n[a-\n")
    return [f"{project.tasks}/hello/.dockerignore:2: '[a-' is not a pattern"]


def dockerignore_with_nul(project: Project) -> list[str]:
    (project.tasks / "hello" / ".dockerignore").write_bytes(b"*.md\nlogs\0\n")
    return [f"{project.tasks}/hello/.dockerignore:2: holds the character NUL, allowed: "]


def dockerignore_in_utf_16(project: Project) -> list[str]:
    (project.tasks / "hello" / ".dockerignore").write_text("*.md\n", encoding="utf-16")
    return [f"{project.tasks}/hello/.dockerignore:1: is UTF-16, allowed: UTF-8"]


def dockerfiles_own_ignore_file_in_utf_16(project: Project) -> list[str]:
    (project.airflow / "Dockerfile.dockerignore").write_bytes(b"\xfe\xff\0*\0\n")
    return [f"{project.airflow}/Dockerfile.dockerignore:1: is UTF-16, allowed: UTF-8"]


def dockerfile_with_nul(project: Project) -> list[str]:
    (project.tasks / "hello" / "Dockerfile").write_bytes(b"FROM scratch\nCOPY . /\0\n")
    return [f"{project.tasks}/hello/Dockerfile:2: holds the character NUL, allowed: "]


def dockerfile_in_utf_16(project: Project) -> list[str]:
    (project.tasks / "hello" / "Dockerfile").write_text("FROM scratch\n", encoding="utf-16")
    return [f"{project.tasks}/hello/Dockerfile:1: is UTF-16, allowed: UTF-8"]


def task_file_with_nul(project: Project) -> list[str]:
    (project.tasks / "hello" / "task.yml").write_text("cpu: 256\nenvironment: {A: x\0y}\n")
    return [f"{project.tasks}/hello/task.yml:2: holds the character NUL, allowed: "]


def task_file_in_utf_16(project: Project) -> list[str]:
    (project.tasks / "hello" / "task.yml").write_text("cpu: 256\n", encoding="utf-16")
    return [f"{project.tasks}/hello/task.yml:1: is UTF-16, allowed: UTF-8"]


def airflow_requirements_with_nul(project: Project) -> list[str]:
    (project.airflow / "requirements.txt").write_text("a==1\nb==2\0\n")
    return [f"{project.airflow}/requirements.txt:2: holds the character NUL, allowed: "]


def airflow_entrypoint_in_utf_16(project: Project) -> list[str]:
    (project.airflow / "entrypoint.sh").write_text("contract=3\n", encoding="utf-16")
    return [f"{project.airflow}/entrypoint.sh:1: is UTF-16, allowed: UTF-8"]


def airflowignore_of_plugins_in_utf_16(project: Project) -> list[str]:
    (project.airflow / "plugins").mkdir()
    (project.airflow / "plugins" / ".airflowignore").write_text("x\n", encoding="utf-16")
    return [f"{project.airflow}/plugins/.airflowignore:1: is UTF-16, allowed: UTF-8"]


def airflowignore_below_the_dags_with_nul(project: Project) -> list[str]:
    (project.dags / "team").mkdir()
    (project.dags / "team" / ".airflowignore").write_text("x\n\0\n")
    return [f"{project.dags}/team/.airflowignore:2: holds the character NUL, allowed: "]


def dockerignore_is_a_folder(project: Project) -> list[str]:
    return _made_folder(project.tasks / "hello" / ".dockerignore")


def bad_exclusion_in_the_dockerfiles_own_ignore_file(project: Project) -> list[str]:
    (project.tasks / "hello" / "Dockerfile.dockerignore").write_text("*\n!/\n")
    return [f"{project.tasks}/hello/Dockerfile.dockerignore:2: '!/' is not a pattern"]


def bad_range_in_airflows_dockerignore(project: Project) -> list[str]:
    (project.airflow / ".dockerignore").write_text("[b-a]\n")
    return [f"{project.airflow}/.dockerignore:1: '[b-a]' is not a pattern"]


def misspelt_task_file(project: Project) -> list[str]:
    (project.tasks / "hello" / "task.yaml").write_text("cpu: 256\n")
    return [f"{project.tasks}/hello/task.yaml: is not read, call it task.yml"]


def task_file_is_a_folder(project: Project) -> list[str]:
    return _made_folder(project.tasks / "hello" / "task.yml")


def task_file_is_a_pipe(project: Project) -> list[str]:
    os.mkfifo(project.tasks / "hello" / "task.yml")
    return [f"{project.tasks}/hello/task.yml: is no file that can be read"]


def task_file_leads_nowhere(project: Project) -> list[str]:
    (project.tasks / "hello" / "task.yml").symlink_to("/no/such/file")
    return [f"{project.tasks}/hello/task.yml: is no file that can be read"]


def task_file_is_no_text(project: Project) -> list[str]:
    (project.tasks / "hello" / "task.yml").write_bytes(b"cpu: 256\nenvironment: {A: \xe9}\n")
    return [f"{project.tasks}/hello/task.yml:2: is not UTF-8: byte 0xe9"]


def tasks_is_a_file(project: Project) -> list[str]:
    shutil.rmtree(project.tasks)
    project.tasks.write_text("")
    return [f"dag_tasks_path: {project.tasks}: no such folder"]


def tasks_is_a_loop(project: Project) -> list[str]:
    shutil.rmtree(project.tasks)
    project.tasks.symlink_to(project.tasks)
    return [f"dag_tasks_path: {project.tasks}: cannot be read: Too many levels of symbolic links"]


def no_airflow_folder(project: Project) -> list[str]:
    shutil.rmtree(project.airflow)
    return [f"airflow_service_path: is {project.airflow}, allowed: a folder with a Dockerfile"]


def no_airflow_dockerfile(project: Project) -> list[str]:
    (project.airflow / "Dockerfile").unlink()
    return [f"airflow_service_path: is {project.airflow}, allowed: a folder with a Dockerfile"]


def no_airflow_requirements(project: Project) -> list[str]:
    (project.airflow / "Dockerfile").write_text("FROM scratch\nCOPY requirements.txt /\n")
    return [f"{project.airflow}/requirements.txt: is no file"]


def airflow_requirements_are_a_folder(project: Project) -> list[str]:
    (project.airflow / "requirements.txt").mkdir()
    return [f"{project.airflow}/requirements.txt: is no file"]


def airflow_of_an_older_collection(project: Project) -> list[str]:
    (project.airflow / "entrypoint.sh").write_text('#!/bin/sh\nexec airflow "$@"\n')
    return [
        f"{project.airflow}: this version of the collection needs more of Airflow's image: entrypoint.sh has no co",
        f"farflow.airflow.init -e farflow_init_path={project.airflow.parent} -e farflow_init_overwrite=airflow/entry",
    ]


def airflow_of_which_only_the_entrypoint_is_newer(project: Project) -> list[str]:
    for name in ("config/airflow_local_settings.py", "plugins/farflow/__init__.py", "scripts/command.py"):
        (project.airflow / name).parent.mkdir(parents=True)
        (project.airflow / name).write_text("")
    parts = "airflow/config/airflow_local_settings.py,airflow/plugins,airflow/scripts"
    return ["plugins has no contract, allowed: ", f" -e farflow_init_overwrite={parts}"]


def airflow_link_out_of_the_context(project: Project) -> list[str]:
    shutil.rmtree(project.dags)
    project.dags.symlink_to("../dags")
    return [f"{project.airflow}/dags: is a link to ../dags, out of the build context"]


def airflow_pipe_in_the_context(project: Project) -> list[str]:
    os.mkfifo(project.airflow / "queue")
    return [f"{project.airflow}/queue: is a pipe"]


FOLDERS: list[Spoil] = [
    no_dockerfile,
    empty_folder,
    dockerfile_is_a_folder,
    dockerfile_is_a_pipe,
    dockerfile_is_empty,
    name_with_a_space,
    name_with_a_line_feed,
    name_that_is_no_text,
    name_with_an_accent,
    name_begins_with_a_hyphen,
    name_is_too_long,
    name_of_airflow,
    name_in_other_letters,
    link_to_nowhere,
    link_to_itself,
    link_out_of_the_context,
    link_up_and_out_of_the_context,
    pipe_in_the_context,
    bad_dockerignore,
    dockerignore_with_nul,
    dockerignore_in_utf_16,
    dockerfiles_own_ignore_file_in_utf_16,
    dockerfile_with_nul,
    dockerfile_in_utf_16,
    task_file_with_nul,
    task_file_in_utf_16,
    airflow_requirements_with_nul,
    airflow_entrypoint_in_utf_16,
    airflowignore_of_plugins_in_utf_16,
    airflowignore_below_the_dags_with_nul,
    dockerignore_is_a_folder,
    bad_exclusion_in_the_dockerfiles_own_ignore_file,
    bad_range_in_airflows_dockerignore,
    misspelt_task_file,
    task_file_is_a_folder,
    task_file_is_a_pipe,
    task_file_leads_nowhere,
    task_file_is_no_text,
    tasks_is_a_file,
    tasks_is_a_loop,
    no_airflow_folder,
    no_airflow_dockerfile,
    no_airflow_requirements,
    airflow_requirements_are_a_folder,
    airflow_of_an_older_collection,
    airflow_of_which_only_the_entrypoint_is_newer,
    airflow_link_out_of_the_context,
    airflow_pipe_in_the_context,
]


def _made_folder(path: Path) -> list[str]:
    path.unlink(missing_ok=True)
    path.mkdir()
    return [f"{path}: is no file that can be read"]


def fill_with_what_is_allowed(project: Project) -> None:
    """What looks like a mistake and is none: a socket, names that are no words, a link within the context to what only
    the build makes, hidden folders and files beside the tasks, bytes that are no UTF-8 where Docker takes them.
    """
    hello = project.tasks / "hello"
    with (hello / "Dockerfile").open("ab") as dockerfile:
        dockerfile.write(b"# caf\xe9\n")
    (hello / ".dockerignore").write_bytes(b"# caf\xe9\nfoo\rbar\n")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(os.path.relpath(hello / "socket"))
    for name in (b"caf\xe9", "größe".encode(), b"two words", b"line\nfeed", b"-rf", b"$(id)"):
        (hello / os.fsdecode(name)).write_text("x")
    (hello / "made-by-the-build").symlink_to("not-there-yet")
    (hello / "empty").mkdir()
    project.add_task("airflow-scheduler")
    (project.tasks / ".git").mkdir()
    (project.tasks / "__pycache__").mkdir()
    (project.tasks / "README.md").write_text("how to add a task\n")
