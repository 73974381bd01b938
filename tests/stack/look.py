"""`environment_plan` in this process: the same action plugin, without a second and a half of ansible-playbook."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar
from ansible.vars.manager import VariableManager
from ansible_collections.farflow.airflow.plugins.action import environment_plan
from ansible_collections.farflow.airflow.plugins.module_utils.environment.layers import LAYERS

from tests.embedded_aws import EmbeddedAWS
from tests.embedded_aws.settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from tests.stack.playbooks import ROOT

Plan = dict[str, str]


class Looks:
    """Looks at one environment with the variables of an inventory and some more."""

    def __init__(self, aws: EmbeddedAWS, variables: Mapping[str, Any], inventory: str = "inventories/local") -> None:
        self._aws = aws
        self._loader = DataLoader()
        hosts = InventoryManager(self._loader, sources=[str(ROOT / inventory)])
        manager = VariableManager(self._loader, hosts)
        self._variables = {**manager.get_vars(host=hosts.get_host("localhost")), **variables}

    def plan(self) -> Plan:
        """By action, as `change vpc local`, its reasons. Raises AssertionError when the look fails."""
        with patch.dict(os.environ, self._aws.environment):
            result = self._plugin().run(task_vars=self._variables)
        assert not result.get("failed"), result
        actions = [each for layer in result["layers"].values() for each in layer["actions"]]
        return {"{kind} {type} {name}".format(**each): "; ".join(each["reasons"]) for each in actions}

    def inputs(self) -> dict[str, Any]:
        """The inputs as it gathers them."""
        with patch.dict(os.environ, self._aws.environment):
            inputs: dict[str, Any] = self._plugin()._inputs(self._variables, list(LAYERS), "present")
        return inputs

    def _plugin(self) -> Any:
        arguments = {
            "region": REGION,
            "endpoint_url": self._aws.endpoint_url,
            "access_key": ACCESS_KEY_ID,
            "secret_key": SECRET_ACCESS_KEY,
        }
        task = Task.load({"farflow.airflow.environment_plan": arguments})
        templar = Templar(self._loader, variables=self._variables)
        context = PlayContext()
        connection = connection_loader.get("local", context, os.devnull)
        return environment_plan.ActionModule(task, connection, context, self._loader, templar, None)
