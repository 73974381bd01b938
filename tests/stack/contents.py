"""What is in an account with all its fields: what a run really changed is what differs before and after it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.vars.manager import VariableManager
from ansible_collections.farflow.airflow.plugins.module_utils.aws.calls import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.core.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.glue import project
from ansible_collections.farflow.airflow.plugins.module_utils.glue.ecs_task_definitions import describe
from ansible_collections.farflow.airflow.plugins.module_utils.glue.environment import read
from ansible_collections.farflow.airflow.plugins.module_utils.glue.layers import LAYERS
from ansible_collections.farflow.airflow.plugins.module_utils.pure.layers import arns
from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs as given

from tests.embedded_aws import EmbeddedAWS
from tests.stack.playbooks import ROOT

Key = tuple[str, str]
Contents = dict[Key, list[Any]]


def contents(aws: EmbeddedAWS, variables: Mapping[str, Any], inventory: str = "inventories/local") -> Contents:
    """By type and name the fields of each resource of the environment, and its id, read by what each kind is read by.
    Of task definitions the newest revisions, whatever their tags promise.
    """
    clients = Clients(lambda service, config: aws.client(service, config=config))
    known = _known(clients, _inputs(aws, variables, inventory))
    definitions = [one for one in known if one.type == "ecs_task_definition"]
    answers = describe(clients, [str(one.id) for one in definitions])
    found: Contents = {}
    for one in known:
        told = answers[str(one.id)] if one in definitions else one.properties
        found.setdefault((one.type, one.name), []).append((one.id, told))
    return found


def changed(before: Contents, after: Contents) -> set[Key]:
    """What was created, changed or deleted."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _known(clients: Clients, inputs: Mapping[str, Any]) -> list[Resource]:
    return [one for one in read(clients, inputs, list(LAYERS.values())) if one.type != arns.IDENTITY]


def _inputs(aws: EmbeddedAWS, variables: Mapping[str, Any], inventory: str) -> dict[str, Any]:
    """The inputs as a playbook gathers them."""
    loader = DataLoader()
    hosts = InventoryManager(loader, sources=[str(ROOT / inventory)])
    values = VariableManager(loader, hosts).get_vars(host=hosts.get_host("localhost"))

    def load(path: str) -> Any:
        return loader.load_from_file(path, trusted_as_template=True)

    values = {**given.defaults(load), **values, **variables}
    with patch.dict(os.environ, aws.environment):
        inputs, wrong = given.gather(given.declared(load), values, Templar(loader, variables=values).template)
    assert wrong == []
    return {**inputs, **project.read(inputs)}
