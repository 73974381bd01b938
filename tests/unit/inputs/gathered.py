"""Inputs as a deploy gathers them, without Ansible around it: what is given, and the defaults for the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs import checks
from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs

ROOT = Path(__file__).parents[3]
OPTIONS = inputs.declared(lambda path: yaml.safe_load(Path(path).read_text()))
GOOD = {"farflow_environment": "prod", "farflow_region": "eu-west-1"}


def gather(**given: Any) -> tuple[dict[str, Any], list[str]]:
    """The inputs in which nothing is wrong by their type, and all that is wrong with the others and between them."""
    values, problems = inputs.gather(OPTIONS, {**GOOD, **given}, _template)
    return values, problems + checks.problems(values)


def _template(value: Any) -> Any:
    """The one default that is a template."""
    return ["10.0.0.0/16"] if value == ["{{ network_cidr }}"] else value
