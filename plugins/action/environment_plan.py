# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gathers and checks the inputs, then takes the look in this very process: a module would cost a second more."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ..module_utils.aws.calls import Clients
from ..module_utils.core.errors import FarflowError
from ..module_utils.glue.environment import as_result, check_progress, look
from ..module_utils.glue.layers import LAYERS
from ..module_utils.glue.session import client_factory
from ..plugin_utils import inputs as given


class ActionModule(ActionBase):
    """``farflow.airflow.environment_plan``; plugins/modules/environment_plan.py documents it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        try:
            return self._plan(task_vars)
        except FarflowError as error:
            return {"failed": True, "msg": str(error)}

    def _plan(self, task_vars):
        arguments = self._task.args
        inputs = self._inputs(task_vars)
        wanted = arguments.get("layers") or list(LAYERS)
        seen = look(Clients(client_factory(arguments)), inputs, LAYERS, wanted)
        check_progress(seen, arguments.get("previous") or [])
        return as_result(seen)

    def _inputs(self, task_vars):
        options = given.declared(self._load)
        values = {**given.defaults(self._load), **task_vars}
        templar = self._templar.copy_with_new_env(available_variables=values)
        inputs, problems = given.gather(options, values, templar.template)
        problems = given.unknown(task_vars, options) + problems
        if problems:
            raise FarflowError("the inputs are not right, nothing was done:\n" + "\n".join(f"- {each}" for each in problems))
        return inputs

    def _load(self, path):
        return self._loader.load_from_file(path, trusted_as_template=True)
