# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compares what AWX has with what it shall have, and imports what differs."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ..module_utils.core.errors import FarflowError
from ..module_utils.pure.awx_assets import Settings, assets, credentials
from ..module_utils.pure.awx_differences import differing, missing
from ..plugin_utils import awx
from ..plugin_utils import inputs as given

PREFIX = "farflow_awx_"


class ActionModule(ActionBase):
    """``farflow.airflow.awx_assets``; plugins/modules/awx_assets.py documents it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        try:
            return self._converge(self._settings(task_vars))
        except FarflowError as error:
            return {"failed": True, "msg": str(error)}

    def _converge(self, settings):
        wanted = assets(settings, given.declared(self._load))
        keys = credentials(settings)
        existing = awx.export({**wanted, "credentials": keys})
        # Never one that exists: an import would empty it.
        made = missing(keys, existing.get("credentials"))
        other, reasons = differing(wanted, existing)
        names = [each["name"] for each in made]
        reasons = [*(f"credentials {name}: created, without keys" for name in names), *reasons]
        if reasons and not self._task.check_mode:
            awx.bring({"credentials": made, **other})
        return {
            "changed": bool(reasons),
            "reasons": reasons,
            "credentials": names,
            "diff": {"prepared": "".join(f"{reason}\n" for reason in reasons)},
        }

    def _settings(self, task_vars):
        meta = self._load(str(given.COLLECTION / "playbooks" / "awx.meta.yml"))
        options = meta["argument_specs"]["awx"]["options"]
        mine = {name: value for name, value in task_vars.items() if name.startswith(PREFIX)}
        values, wrong = given.gather(options, mine, self._templar.template)
        wrong = given.unknown(mine, options) + wrong
        if wrong:
            told = ["the inputs are not right, nothing was done:", *(f"- {one}" for one in wrong)]
            raise FarflowError("\n".join(told))
        return Settings(**{name.removeprefix(PREFIX): value for name, value in values.items()})

    def _load(self, path):
        return self._loader.load_from_file(path, trusted_as_template=True)
