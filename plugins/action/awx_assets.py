# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compares what AWX has with what it shall have, and makes it so."""

from __future__ import annotations

import os
from pathlib import Path

import yaml
from ansible.plugins.action import ActionBase

from ..module_utils.awx.assets import assets, importable
from ..module_utils.awx.settings import Settings, problems
from ..module_utils.engine.errors import FarflowError
from ..plugin_utils import inputs as given
from ..plugin_utils.awx import Client
from ..plugin_utils.awx_converge import converge
from ..plugin_utils.worker import say_at_once

PREFIX = "farflow_awx_"


class ActionModule(ActionBase):
    """``farflow.airflow.awx_assets``; plugins/modules/awx_assets.py documents it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        try:
            settings = self._settings(task_vars)
            wanted = assets(settings, given.job_templates(self._load))
            if settings.assets_file:
                return self._write(Path(settings.assets_file), {} if settings.state == "absent" else wanted)
            made = converge(Client(os.environ), settings, wanted, self._task.check_mode, self._say)
            return {**made, "diff": {"prepared": "".join(f"{reason}\n" for reason in made["reasons"])}}
        except FarflowError as error:
            return {"failed": True, "msg": str(error)}

    def _say(self, text):
        say_at_once(self._display, text)

    def _write(self, path, wanted):
        head = "---\n# awx import -f yaml < this file. Not in it: credentials, labels, instance groups, teams.\n"
        text = head + yaml.dump(importable(wanted), Dumper=_Dumper, sort_keys=False, width=116, allow_unicode=True)
        try:
            changed = not path.is_file() or path.read_bytes() != text.encode()
            if changed and not self._task.check_mode:
                path.touch(mode=0o600)
                path.write_bytes(text.encode())
        except OSError as error:
            raise FarflowError(f"{PREFIX}assets_file: {error}") from error
        reasons = [f"{path}: written"] if changed else []
        return {
            "changed": changed,
            "reasons": reasons,
            "credentials": [],
            "unwanted": [],
            "notices": [],
            "webhooks": [],
        }

    def _settings(self, task_vars):
        meta = self._load(str(given.COLLECTION / "playbooks" / "awx.meta.yml"))
        options = meta["argument_specs"]["awx"]["options"]
        mine = {name: value for name, value in task_vars.items() if name.startswith(PREFIX)}
        values, wrong = given.gather(options, mine, self._templar.template)
        wrong = given.unknown(mine, options) + wrong
        if not wrong:
            settings = Settings(**{name.removeprefix(PREFIX): value for name, value in values.items()})
            wrong = [f"{PREFIX}{problem}" for problem in problems(settings)]
        if wrong:
            told = ["the inputs are not right, nothing was done:", *(f"- {one}" for one in wrong)]
            raise FarflowError("\n".join(told))
        return settings

    def _load(self, path):
        return self._loader.load_from_file(path, trusted_as_template=True)


class _Dumper(yaml.SafeDumper):
    """Without anchors, and with lists indented as yamllint wants them."""

    def ignore_aliases(self, data):
        return True

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)
