# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Takes the lock of an environment in the name of this very ansible-playbook, and gives it back."""

from __future__ import annotations

import functools
import getpass
import os
import uuid
from multiprocessing import parent_process
from pathlib import Path

from ansible import context
from ansible.plugins.action import ActionBase

from ..module_utils import naming
from ..module_utils.engine.clients import Clients
from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.session import client_factory
from ..module_utils.engine.waiting import now
from ..module_utils.lock import claim as claims
from ..module_utils.lock import processes
from ..module_utils.lock import store as lock
from ..module_utils.lock.keeper import Keeper, end
from ..plugin_utils.worker import say_at_once

_ARGUMENTS = {
    "environment": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "wait_minutes": {"type": "int", "default": 0},
    "break_lock": {"type": "str"},
    "tags": {"type": "dict", "default": {}},
    "region": {"type": "str"},
    "profile": {"type": "str"},
    "endpoint_url": {"type": "str"},
    "access_key": {"type": "str"},
    "secret_key": {"type": "str", "no_log": True},
    "session_token": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool", "default": True},
    "aws_ca_bundle": {"type": "path"},
    "aws_config": {"type": "dict"},
    "debug_botocore_endpoint_logs": {"type": "bool"},
}
_LONGEST_NAME = 200


class ActionModule(ActionBase):
    """``farflow.airflow.environment_lock``; plugins/modules/environment_lock.py documents it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(_ARGUMENTS)[1]
        if self._task.check_mode:
            return {"changed": False, "taken": False}
        try:
            naming.validate_environment(arguments["environment"])
            if problem := claims.break_problem(arguments["environment"], arguments["break_lock"]):
                raise FarflowError(f"{problem}; nothing was done")
            work = self._take if arguments["state"] == "present" else self._give_back
            return {"changed": False, **work(arguments)}
        except (FarflowError, ValueError) as error:
            return {"failed": True, "msg": str(error)}

    def _take(self, arguments):
        environment = arguments["environment"]
        tell = functools.partial(say_at_once, self._display)
        keeper = Keeper(Clients(client_factory(arguments)), environment, tell)
        claim = _claim(keeper.process, keeper.started)
        try:
            taken = lock.take(
                Clients(client_factory(arguments)),
                environment,
                claim,
                arguments["tags"],
                broken=bool(arguments["break_lock"]),
                wait=arguments["wait_minutes"] * 60,
                tell=tell,
            )
        except BaseException:
            keeper.dismiss()
            raise
        keeper.keep(claim)
        if taken.over:
            self._display.warning(f"the lock of environment {environment} was taken over from {taken.over}")
        return {"taken": True, "waited": taken.waited}

    def _give_back(self, arguments):
        """Gives back what this playbook holds, and what nobody holds any more."""
        environment = arguments["environment"]
        clients = Clients(client_factory(arguments))
        found = lock.held(clients, environment)
        if not found:
            return {"taken": False}
        machine, process, started = _self()
        for claim in found.lost:
            if claim.is_of(machine, process, started):
                end(claim)  # or it would interrupt whatever this playbook comes to next
        if found.claim.is_of(machine, process, started):
            end(found.claim)
        elif lock.why_free(found.claim, machine):
            lock.take(clients, environment, _claim(process, started), arguments["tags"])
        else:
            self._display.warning(f"environment {environment} is locked by {claims.told(found.claim, found.arn)}")
            return {"taken": False}
        lock.give_back(clients, environment)
        return {"taken": False}


def _self():
    """The machine, ansible-playbook's process, and when that started. Actions run in workers of it."""
    parent = parent_process()
    process = parent.pid if parent else os.getpid()
    return processes.machine(), process, processes.started(process)


def _claim(keeper, keeper_started):
    machine, process, started = _self()
    started_at = now()
    playbooks = " ".join(Path(each).name for each in context.CLIARGS.get("args") or ("a playbook",))
    return claims.Claim(
        id=str(uuid.uuid4()),
        host=machine.host,
        boot=machine.boot,
        process=process,
        process_started=started,
        keeper=keeper,
        keeper_started=keeper_started,
        user=_user(),
        playbook=playbooks[:_LONGEST_NAME],
        since=started_at.isoformat(timespec="seconds"),
        expires=(started_at + claims.LASTS).isoformat(timespec="seconds"),
    )


def _user():
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may be a number without a name
        return str(os.getuid())
