# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The inputs of a deploy, gathered from Ansible's variables and checked against the one list of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

COLLECTION = Path(__file__).parent.parent.parent
ROLES = ("network", "rds", "ecs_cluster", "dag_tasks", "airflow_service", "worker_pool")
_OURS = re.compile(rf"^(farflow|{'|'.join(ROLES)})_")

#: ``load(path)`` reads a YAML file whose strings may be templates.
Load = Callable[[str], Any]
Template = Callable[[Any], Any]


def declared(load: Load) -> dict[str, dict[str, Any]]:
    """Every variable that a user may give, with its argument spec."""
    meta = load(str(COLLECTION / "playbooks" / "deploy.meta.yml"))
    options: dict[str, dict[str, Any]] = meta["argument_specs"]["deploy"]["options"]
    return options


def defaults(load: Load) -> dict[str, Any]:
    """The roles' defaults, not yet templated."""
    found: dict[str, Any] = {}
    for role in ROLES:
        found.update(load(str(COLLECTION / "roles" / role / "defaults" / "main.yml")) or {})
    return found


def unknown(variables: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    """A problem for each variable that looks like one of ours and is not declared."""
    problems = []
    for name in sorted(name for name in variables if _OURS.match(name) and name not in options):
        near = get_close_matches(name, options, 1)
        problems.append(f"{name}: no such variable" + (f"; did you mean {near[0]}?" if near else ""))
    return problems


def gather(
    options: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any], template: Template
) -> tuple[dict[str, Any], list[str]]:
    """The value of every declared variable, coerced to its type, and what is wrong with them."""
    # By way of JSON, since Ansible's own types of text and numbers carry more than their value.
    given = json.loads(json.dumps({name: template(values[name]) for name in options if name in values}))
    given = {name: value for name, value in given.items() if value is not None}
    wrong = [name for name in given if options[name]["type"] == "dict" and not isinstance(given[name], (dict, str))]
    if wrong:  # ArgumentSpecValidator looks into them all the same
        return {}, [f"{name}: is {given[name]!r}, allowed: a mapping" for name in wrong]
    checked = ArgumentSpecValidator(dict(options)).validate(given)
    parameters = {name: checked.validated_parameters.get(name) for name in options}
    return parameters, list(checked.error_messages)
