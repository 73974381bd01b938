"""What is in an account with all its fields: what a run really changed is what differs before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import arns
from ansible_collections.farflow.airflow.plugins.module_utils.environment.layers import LAYERS
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import read
from ansible_collections.farflow.airflow.plugins.module_utils.images.documents import BUILDS
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.task_definition import describe

from tests.embedded_aws import EmbeddedAWS
from tests.stack.look import Looks

Key = tuple[str, str]
Contents = dict[Key, list[Any]]


def contents(aws: EmbeddedAWS, variables: Mapping[str, Any], inventory: str = "inventories/local") -> Contents:
    """By type and name the fields of each resource of the environment, and its id, read by what each kind is read by.
    Of task definitions the newest revisions, whatever their tags promise.
    """
    clients = Clients(lambda service, config: aws.client(service, config=config))
    known = _known(clients, Looks(aws, variables, inventory).inputs())
    definitions = [one for one in known if one.type == "ecs_task_definition"]
    answers = describe(clients, [str(one.id) for one in definitions])
    found: Contents = {}
    for one in known:
        if one.type == BUILDS:
            continue  # tells of images, which are told themselves
        told = _told(answers[str(one.id)]) if one in definitions else one.properties
        found.setdefault((one.type, one.name), []).append((one.id, told))
    return found


def desired_types(aws: EmbeddedAWS, variables: Mapping[str, Any], inventory: str = "inventories/local") -> set[str]:
    """The types of what these variables ask for."""
    inputs = Looks(aws, variables, inventory).inputs()
    known = Existing(_known(Clients(lambda service, config: aws.client(service, config=config)), inputs))
    return types(inputs, known)


def types(inputs: Mapping[str, Any], known: Existing) -> set[str]:
    """The types of what these inputs ask for."""
    return {one.type for layer in LAYERS.values() for one in layer.desired(inputs, known)}


def _told(answer: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeTaskDefinition's answer without what is of this answer only."""
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def changed(before: Contents, after: Contents) -> set[Key]:
    """What was created, changed or deleted."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _known(clients: Clients, inputs: Mapping[str, Any]) -> list[Resource]:
    return [one for one in read(clients, inputs, list(LAYERS.values())) if one.type != arns.IDENTITY]
