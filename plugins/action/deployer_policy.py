# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Says by which IAM policies a deployer may do what playbooks do, and writes them into files."""

from __future__ import annotations

import json
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ..module_utils.engine import identity
from ..module_utils.engine.clients import Clients
from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.session import client_factory, partition_of
from ..module_utils.environment import deployer, names
from ..module_utils.environment.arns import Account
from . import environment_plan

_SPEC = {
    "playbooks": {"type": "list", "elements": "str", "choices": list(deployer.DOORS)},
    "account_id": {"type": "str"},
    "path": {"type": "path"},
}

#: It needs no folder, and nothing else of what the others do.
_LAYER = "ecs_cluster"


class ActionModule(environment_plan.ActionModule):
    """``farflow.airflow.deployer_policy``; plugins/modules/deployer_policy.py documents it."""

    def run(self, tmp=None, task_vars=None):
        ActionBase.run(self, tmp, task_vars)
        try:
            return self._policies(task_vars)
        except FarflowError as error:
            return {"changed": False, "failed": True, "msg": str(error)}

    def _policies(self, task_vars):
        validated = ArgumentSpecValidator(_SPEC).validate(
            {name: value for name, value in self._task.args.items() if name in _SPEC}
        )
        if validated.error_messages:
            raise FarflowError("; ".join(validated.error_messages))
        arguments = validated.validated_parameters
        inputs = self._inputs(task_vars, [_LAYER], "present")
        doors = arguments["playbooks"] or list(deployer.DOORS)
        where = self._account(arguments["account_id"], inputs["farflow_region"])
        policies = deployer.named(names.environment(inputs), doors, deployer.documents(inputs, where, doors))
        files = {}
        if arguments["path"]:
            folder = Path(arguments["path"])
            files = {folder / f"{name}.json": f"{json.dumps(each, indent=2)}\n" for name, each in policies.items()}
        changed = self._write(files)
        return {"changed": changed, "files": [str(path) for path in files], "policies": policies}

    def _account(self, account_id, region):
        """The account of the credentials, unless one is given: then AWS is asked nothing."""
        if not account_id:
            found, partition = identity.caller(Clients(client_factory(self._task.args)))
            return Account(partition, region, found)
        if not (len(account_id) == 12 and account_id.isascii() and account_id.isdigit()):
            raise FarflowError(f"account_id: is {account_id!r}, allowed: the 12 digits of an AWS account")
        return Account(partition_of(region), region, account_id)

    def _write(self, files):
        """Whether a file was, or would be in check mode, written or removed: there may be fewer than before."""
        try:
            stale = {path: text for path, text in files.items() if not path.is_file() or path.read_text() != text}
            superfluous = {each for path in files for each in path.parent.glob(_alike(path))} - files.keys()
            if not self._task.check_mode:
                for path, text in stale.items():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, encoding="utf-8")
                for path in superfluous:
                    path.unlink()
        except OSError as error:
            raise FarflowError(f"path: {error}") from error
        return bool(stale or superfluous)


def _alike(path):
    """The files of the same policies: they differ by their number."""
    return f"{path.stem.rpartition('-')[0]}-[0-9].json"
