"""The callback inside ansible-playbook, with looks that a local action answers from a file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

LOOKING = """
from ansible.plugins.action import ActionBase
import json, pathlib

class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = json.loads((pathlib.Path(__file__).parents[1] / self._task.args["answer"]).read_text())
        return {**result, "changed": bool(self._task.check_mode and result["pending"])}
"""

PLAYBOOK = """
- name: Deploy
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Look
      environment_plan: {answer: before.json}
    - name: Work
      when: not ansible_check_mode
      ansible.builtin.include_role: {name: rds}
"""

ROLE = """
- name: Work
  ansible.builtin.pause: {seconds: 1}
- name: Look again
  environment_plan: {answer: after.json}
"""


def answer(*actions):
    prepared = "".join(f"rds: {action['kind']} {action['type']} {action['name']}\n" for action in actions)
    return {"pending": len(actions), "layers": {"rds": {"actions": actions}}, "diff": {"prepared": prepared}}


@pytest.fixture
def project(tmp_path):
    files = {
        "action_plugins/environment_plan.py": LOOKING,
        "deploy.yml": PLAYBOOK,
        "roles/rds/tasks/main.yml": ROLE,
        "before.json": json.dumps(
            answer({"kind": "create", "type": "secret", "name": "prod", "reasons": [], "blocked": False})
        ),
        "after.json": json.dumps(answer()),
        "other.yml": "- hosts: localhost\n  gather_facts: false\n  tasks: [{ansible.builtin.debug: }]\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def run(project, *arguments, **environment):
    """What ansible-playbook prints, with the settings of this project's ansible.cfg."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "NO_COLOR"))}
    settings |= {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), **environment}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "-c", "local", *arguments]
    done = subprocess.run(command, cwd=project, env=settings, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return done.stdout


def after_recap(output):
    """The lines below Ansible's own recap, headings without their stars."""
    lines = output.partition("PLAY RECAP")[2].splitlines()[2:]
    return [line.rstrip("* ") for line in lines if line]


def test_check_mode_tells_the_plan(project):
    assert after_recap(run(project, "deploy.yml", "--check")) == [
        "PLAN",
        "in all  to create 1, to change 0, to delete 0",
        "rds     to create 1",
        "+ rds: secret prod",
    ]


def test_with_diff_no_resource_is_told_twice(project):
    output = run(project, "deploy.yml", "--check", "--diff")
    assert output.count("secret prod") == 1
    assert after_recap(output) == ["PLAN", "in all  to create 1, to change 0, to delete 0", "rds     to create 1"]


def test_a_run_tells_what_it_did_with_the_time_of_its_roles(project):
    heading, total, role, resource = after_recap(run(project, "deploy.yml"))
    assert heading == "SUMMARY"
    assert re.fullmatch(r"in all  created 1, changed 0, deleted 0 +\d+\.\d s", total)
    assert 1.0 <= float(re.fullmatch(r"rds     created 1 +(\d+\.\d) s", role)[1]) < 30
    assert resource == "+ rds: secret prod"


def test_colors_only_where_ansible_colors(project):
    assert "\x1b[0;32m+ rds: secret prod\x1b[0m" in run(project, "deploy.yml", "--check", ANSIBLE_FORCE_COLOR="1")
    assert "\x1b" not in run(project, "deploy.yml", "--check", ANSIBLE_NOCOLOR="1")


def test_other_playbooks_stay_as_they_are(project):
    assert run(project, "other.yml") == run(project, "other.yml", ANSIBLE_CALLBACKS_ENABLED="ansible.builtin.default")
