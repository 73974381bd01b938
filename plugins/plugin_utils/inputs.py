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

from ansible.errors import AnsibleError

from ..module_utils.awx.settings import Template, template
from ..module_utils.validation.value_checks import told
from . import as_written
from .values import Read, missing, read

COLLECTION = Path(__file__).parent.parent.parent
ROLES = ("network", "rds", "ecs_cluster", "dag_tasks", "airflow_service", "worker_pool")

#: What playbooks and roles take from the look. As the user gives them they may be empty, which means the default, or of
#: a type that only looks right.
HANDED_ON = (
    "farflow_tags",
    "farflow_registry",
    "farflow_build_ca_bundle",
    "farflow_lock_wait_minutes",
    "farflow_lock_break",
    "farflow_observations_path",
    "farflow_plan_must_be_empty",
    "farflow_teardown_wait_minutes",
    "rds_wait_minutes",
    "dags_check",
    "dags_most",
    "dags_test_secrets",
    "dags_test_arguments",
    "dag_tasks_keep_revisions",
    "airflow_service_dags_keep_versions",
    "airflow_service_wait_minutes",
    "airflow_service_migration_wait_minutes",
)

#: What playbooks tell by set_stats. In a workflow AWX hands it on to the next job as extra variables, and a person may,
#: too: there it is no input, and no misspelt one.
OUTPUTS = (
    "farflow_pending",
    "farflow_counts",
    "farflow_reasons",
    "farflow_url",
    "farflow_username",
    "farflow_password_command",
    "farflow_dag_versions",
)

#: Variables that have another name now.
RENAMED = {
    "worker_pool_enabled": "is called worker_pool_scaling now, allowed: cpu for what was true, none for what was false",
}

_OURS = re.compile(rf"^(farflow|dags|worker|{'|'.join(ROLES)})s?_")

#: ``load(path)`` reads a YAML file whose strings may be templates.
Load = Callable[[str], Any]
Resolve = Callable[[Any], Any]


def declared(load: Load) -> dict[str, dict[str, Any]]:
    """Every variable that a user may give, with its argument spec."""
    meta = load(str(COLLECTION / "playbooks" / "deploy.meta.yml"))
    options: dict[str, dict[str, Any]] = meta["argument_specs"]["deploy"]["options"]
    return options


def job_templates(load: Load) -> list[Template]:
    """The job templates that the playbooks' meta files declare for AWX, in the order of the playbooks' names."""
    options = _plain(declared(load))
    metas = sorted((COLLECTION / "playbooks").glob("*.meta.yml"))
    found = [template(path.name.removesuffix(".meta.yml"), _plain(load(str(path))), options) for path in metas]
    return [each for each in found if each]


def defaults(load: Load) -> dict[str, Any]:
    """The roles' defaults, not yet templated."""
    found: dict[str, Any] = {}
    for role in ROLES:
        found.update(load(str(COLLECTION / "roles" / role / "defaults" / "main.yml")) or {})
    return found


def unknown(variables: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    """A problem for each variable that looks like one of ours and is neither declared nor an output."""
    problems = []
    for name in sorted(name for name in variables if _OURS.match(name) and name not in {*options, *OUTPUTS}):
        if name in RENAMED:
            problems.append(f"{name}: {RENAMED[name]}")
            continue
        near = get_close_matches(name, options, 1)
        problems.append(f"{name}: no such variable" + (f"; did you mean {near[0]}?" if near else ""))
    return problems


def gather(
    options: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any], resolve: Resolve
) -> tuple[dict[str, Any], list[str]]:
    """The value of every declared variable in which nothing is wrong, by its type; and what is wrong with the others.

    A variable without a value has its default, and without one it is None.
    """
    inputs: dict[str, Any] = {}
    problems: list[str] = []
    for name, option in options.items():
        inputs[name], found = _value(option, values.get(name), resolve)
        if found:
            del inputs[name]
            problems += told(name, found)
    return inputs, problems


def handed_on(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the inputs that playbooks and roles take from the look."""
    return {name: inputs[name] for name in HANDED_ON}


def _value(option: Mapping[str, Any], given: Any, resolve: Resolve) -> Read:
    try:
        loaded = resolve(given)
        misread = [] if option.get("no_log") else list(as_written.problems(loaded))
        if misread:
            return None, misread
        value = _plain(loaded)
        if value is None:
            value = _plain(resolve(option.get("default")))
    except AnsibleError as error:
        return None, [((), f"its template can't be resolved: {str(error).splitlines()[0]}")]
    except (TypeError, ValueError) as error:  # ValueError: it holds itself
        return None, [((), f"is nothing that JSON could say: {error}")]
    return (None, missing(option)) if value is None else read(option, value)


def _plain(value: Any) -> Any:
    """By way of JSON, since Ansible's own types of text and numbers carry more than their value; dates become texts."""
    return json.loads(json.dumps(value, default=str))
