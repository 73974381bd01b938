# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs a module of ours in Ansible's own process. To pack a module, start a Python and import everything anew costs a
second of CPU, many times what its calls of AWS do, and writes its arguments into a file.
"""

from __future__ import annotations

import json
from functools import partial
from importlib import import_module
from typing import Any

from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as InProcessOfItsOwn
from ansible_collections.amazon.aws.plugins.module_utils.modules import aws_argument_spec

from ..module_utils.engine.clients import Clients
from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import IGNORED_TAGS
from ..module_utils.engine.session import client_factory
from ..module_utils.observations.recording import observed
from ..plugin_utils import former_modules, made, observations
from ..plugin_utils.worker import collect_little_garbage, say_at_once

#: What only amazon.aws's own clients know.
_NOT_HERE = {"aws_config", "debug_botocore_endpoint_logs"}

#: botocore looks for these in the environment itself, and knows which of them goes before which.
_CREDENTIALS = ("access_key", "secret_key", "session_token", "profile")


class ActionModule(InProcessOfItsOwn):
    """Every module that gives its ``ARGUMENT_SPEC``, ``work`` and, where it has them, ``RULES`` to ``engine.module``.

    meta/runtime.yml routes them here. On another machine, as another user, in another environment or in the background
    it runs as any module does.
    """

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> Any:
        variables = task_vars or {}
        if made.refers(self._task.args, item := variables.get("item")):
            arguments = made.given(self._task.args, made.made(variables), item)
            if arguments is None:
                return {"changed": False, "skipped": True, "skip_reason": "What it needs is not there yet"}
            self._task.args = arguments
        option = former_modules.LISTS.get(self._task.action.rpartition(".")[2])
        if not option:
            return self._run(tmp, task_vars)
        self._task.args = former_modules.of_today(option, self._module().ARGUMENT_SPEC, self._task.args)
        return former_modules.as_formerly(option, self._run(tmp, task_vars))

    def _module(self) -> Any:
        name = (self._task.resolved_action or self._task.action).rpartition(".")[2]
        return import_module(f"..modules.{name}", __package__)

    def _run(self, tmp: Any, task_vars: dict[str, Any] | None) -> Any:
        if not self._is_here():
            return super().run(tmp, task_vars)
        collect_little_garbage()
        result = ActionBase.run(self, tmp, task_vars)
        module = self._module()
        # As a module gets them: Ansible's own types of text and numbers carry more than their value.
        self._task.args = json.loads(json.dumps(self._task.args))
        spec = {**_common_arguments(), **IGNORED_TAGS, **module.ARGUMENT_SPEC}
        validated, parameters = self.validate_argument_spec(spec, **getattr(module, "RULES", {}))
        try:
            recorded = observations.path(task_vars or {}, self._templar.template)
            clients = Clients(observed(client_factory(parameters), recorded), parameters["ignored_tags"])
            more = {"show": partial(say_at_once, self._display)} if "show_log" in module.ARGUMENT_SPEC else {}
            result.update(module.work(parameters, clients, self._task.check_mode, **more))
        except FarflowError as error:
            result.update(failed=True, msg=str(error))
        return remove_values(result, validated._no_log_values)

    def _is_here(self) -> bool:
        elsewhere = self._connection.transport != "local" or self._connection.become or self._task.async_val
        return not (elsewhere or any(self._task.environment or ()) or _NOT_HERE & set(self._task.args))


def _common_arguments() -> dict[str, Any]:
    spec: dict[str, Any] = aws_argument_spec()
    for name in _CREDENTIALS:
        spec[name].pop("fallback", None)
    return spec
