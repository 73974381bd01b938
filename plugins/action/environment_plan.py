# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gathers and checks the inputs, then takes the look in this very process: a module would cost a second more."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ..module_utils.aws.calls import Clients
from ..module_utils.core.errors import FarflowError
from ..module_utils.glue import project
from ..module_utils.glue.environment import as_result, check_converged, check_progress, coming, look
from ..module_utils.glue.layers import LAYERS
from ..module_utils.glue.session import client_factory
from ..module_utils.glue.waiting import NotYet, wait_for
from ..module_utils.pure.layers import teardown
from ..module_utils.pure.layers.outputs import outputs
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
        seen = self._look(arguments, inputs, wanted)
        if arguments.get("state") == "absent" and (refusals := teardown.refusals(seen.known)):
            raise FarflowError("\n".join([*refusals, "nothing was done"]))
        if arguments.get("converged"):
            check_converged(seen)
        under_way = arguments.get("under_way") or []
        check_progress(seen, arguments.get("previous") or [], under_way)
        result = as_result(seen, under_way)
        kept = [f"{one.type} {one.name}" for one in seen.kept if one.type not in teardown.PARTS]
        # It changes nothing; in check mode it stands for the run that would.
        result["changed"] = bool(self._task.check_mode and result["pending"])
        return {**result, "outputs": outputs(inputs, seen.known), "kept": kept}

    def _look(self, arguments, inputs, wanted):
        """One look; with ``wait_minutes`` as many as it takes until nothing is being made any more."""
        clients = Clients(client_factory(arguments))
        kept = teardown.kept(inputs) if arguments.get("state") == "absent" else None
        told = []

        def check():
            seen = look(clients, inputs, LAYERS, wanted, kept)
            states = coming(seen, [LAYERS[name] for name in wanted])
            if not states:
                return seen
            if states != told:
                told[:] = states
                self._display.display(f"waiting: {', '.join(states)}")
            return NotYet(", ".join(states))

        minutes = int(arguments.get("wait_minutes") or 0)
        if not minutes:
            return look(clients, inputs, LAYERS, wanted, kept)
        return wait_for(check, minutes * 60, "what AWS is making", interval=1.0)

    def _inputs(self, task_vars):
        options = given.declared(self._load)
        values = {**given.defaults(self._load), **task_vars}
        templar = self._templar.copy_with_new_env(available_variables=values)
        inputs, problems = given.gather(options, values, templar.template)
        problems = given.unknown(task_vars, options) + problems
        if problems:
            raise FarflowError(
                "the inputs are not right, nothing was done:\n" + "\n".join(f"- {each}" for each in problems)
            )
        return {**inputs, **project.read(inputs)}

    def _load(self, path):
        return self._loader.load_from_file(path, trusted_as_template=True)
