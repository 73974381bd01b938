"""Deploys and removes an environment within this process, in seconds: it plans, and calls our modules for the tasks
of the roles' present.yml and absent.yml. A test can wrap each call of a module.

Task files that these include are not run: images are put into ECR without being built.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from typing import Any
from unittest.mock import patch

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.module import IGNORED_TAGS
from ansible_collections.farflow.airflow.plugins.module_utils.environment.layers import DAGS, LAYERS
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import Look, as_result, in_progress, look
from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs as given
from ansible_collections.farflow.airflow.plugins.plugin_utils import made

from tests.embedded_aws import EmbeddedAWS
from tests.stack.contents import types
from tests.stack.look import Looks
from tests.stack.playbooks import ROOT

_COLLECTION = "farflow.airflow."
_PASSES = 20

Around = Callable[[str], AbstractContextManager[None]]


class InProcess:
    """One environment on an embedded AWS, with the variables of an inventory and some more.

    ``around(module)`` is the context manager in which a module is called.
    """

    def __init__(
        self, aws: EmbeddedAWS, variables: Mapping[str, Any], around: Around = lambda module: nullcontext()
    ) -> None:
        self.aws = aws
        self.around = around
        self.clients = Clients(lambda service, config: aws.client(service, config=config))
        self.inputs = Looks(aws, variables).inputs()
        self._registered: dict[str, Any] = {}

    def look(self, is_to_go: bool = False) -> Look:
        """The plan of all layers; with ``is_to_go`` the plan that removes everything."""
        kept = (lambda resource: False) if is_to_go else None
        return look(self.clients, self.inputs, LAYERS, list(LAYERS), kept)

    def desired_types(self) -> set[str]:
        """The types of the resources that the variables ask for."""
        return types(self.inputs, self.look().known)

    def plan(self) -> dict[str, str]:
        """The reasons of each action, for example of ``change vpc local``."""
        return _told(self.look())

    def deploy(self) -> list[dict[str, str]]:
        """Does what the plan says until nothing is left; returns what was left before each round. Raises
        AssertionError when that does not end.
        """
        return self._converge(self.look, list(LAYERS))

    def remove(self) -> None:
        """Removes everything in the same way."""
        self._converge(lambda: self.look(is_to_go=True), reversed(LAYERS))

    def _converge(self, look: Callable[[], Look], order: Iterable[str]) -> list[dict[str, str]]:
        order, left = list(order), []
        for _unused in range(_PASSES):
            seen = look()
            if not _told(seen) and not in_progress(seen):
                return left
            left.append(_told(seen))
            layers = as_result(seen)["layers"]
            for name in order:
                self._do(name, layers[name])
        raise AssertionError(f"left to do: {_told(seen)}")

    def _do(self, layer: str, result: Mapping[str, Any]) -> None:
        if layer == DAGS:
            self._work("dag_bundles", {"bundles": result["present"]["dag_bundle"]} if result["present"] else None)
            return
        variables = {f"__farflow_{side}": result[side] for side in ("present", "absent")}
        variables["__farflow_layer_look"] = {"inputs": given.handed_on(self.inputs), "keep": []}
        for side in ("present", "absent"):
            for task in _tasks(layer, side) if result[side] else ():
                results = self._results(task, variables)
                if "register" in task:
                    self._registered[task["register"]] = {"results": results}
        self._put_images(result["actions"])

    def _results(self, task: Mapping[str, Any], variables: Mapping[str, Any]) -> list[Any]:
        """What our modules return that a task calls. A call is left out that needs what is not there yet."""
        results = []
        for module, arguments, item in _calls(task, variables):
            resolved = made.given(arguments, made.made(self._registered), item)
            results += [self._work(module, resolved)] if resolved is not None else []
        return results

    def _work(self, module: str, arguments: Mapping[str, Any] | None) -> Any:
        if arguments is None:
            return None
        code: Any = import_module(f"ansible_collections.farflow.airflow.plugins.modules.{module}")
        validator = ArgumentSpecValidator({**code.ARGUMENT_SPEC, **IGNORED_TAGS}, **getattr(code, "RULES", {}))
        validated = validator.validate(json.loads(json.dumps(arguments)))
        assert not validated.error_messages, (module, validated.error_messages)
        with self.around(module), patch.dict(os.environ, self.aws.environment):
            return code.work(validated.validated_parameters, self.clients, False)

    def _put_images(self, actions: Iterable[Mapping[str, Any]]) -> None:
        for action in actions:
            if (action["kind"], action["type"], action["blocked"]) == ("create", "image", False):
                repository, _unused, tag = action["name"].partition(":")
                self.aws.client("ecr").put_image(repositoryName=repository, imageManifest=_manifest(tag), imageTag=tag)


def _told(seen: Look) -> dict[str, str]:
    actions = [action.describe() for some in seen.actions.values() for action in some]
    return {"{kind} {type} {name}".format(**each): "; ".join(each["reasons"]) for each in actions}


def _manifest(tag: str) -> str:
    """A manifest without layers, another one for each tag."""
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    return json.dumps({"schemaVersion": 2, "mediaType": kind, "config": {"tag": tag}, "layers": []})


@cache
def _tasks(layer: str, side: str) -> list[Any]:
    """The tasks of a role's present.yml or absent.yml."""
    path = str(ROOT / "roles" / layer / "tasks" / f"{side}.yml")
    return list(DataLoader().load_from_file(path, trusted_as_template=True))


def _calls(task: Mapping[str, Any], variables: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Each call of a module of ours that a task makes: the module, its arguments and the item of the loop. None where
    the task calls another module, or its condition is false.
    """
    action = next((name for name in task if name.startswith(_COLLECTION)), None)
    if not action:
        return
    variables = {**variables, **task.get("vars", {})}
    items = _templar(variables).template(task["loop"]) if "loop" in task else [None]
    for item in items:
        templar = _templar({**variables, "item": item})
        if templar.evaluate_conditional(task.get("when", True)):
            yield action.removeprefix(_COLLECTION), templar.template(task[action]), item


def _templar(variables: Mapping[str, Any]) -> Templar:
    return Templar(DataLoader(), variables=dict(variables))
