# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The silhouette of every module: an argument spec, one client factory, one try, one exit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from .changing import reconcile_kind
from .clients import Clients
from .errors import FarflowError
from .kind import Kind
from .parallel import in_parallel
from .reconcile import Outcome

Work = Callable[[dict[str, Any], Clients, bool], dict[str, Any]]

#: What every module takes; plugins/doc_fragments/tags.py documents it.
IGNORED_TAGS: dict[str, Any] = {"ignored_tags": {"type": "list", "elements": "str", "default": []}}

STATE: dict[str, Any] = {"type": "str", "choices": ["present", "absent"], "default": "present"}


def run(argument_spec: dict[str, Any], work: Work, **rules: Any) -> None:
    """Runs ``work(parameters, clients, check_mode)`` as an AWS module and exits with what it returns.

    ``rules`` go to AnsibleModule (``required_if`` and the like). A FarflowError becomes the module's ``msg``.
    """
    spec = {**argument_spec, **IGNORED_TAGS}
    module = AnsibleAWSModule(argument_spec=spec, supports_check_mode=True, **rules)
    try:
        clients = Clients(module.client, module.params["ignored_tags"])
        result = work(module.params, clients, module.check_mode)
    except FarflowError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


def batch(kind: Kind, key: str, parameters: Mapping[str, Any], clients: Clients, check_mode: bool) -> dict[str, Any]:
    """What a module does and returns that takes resources of one kind, each with a ``name``, as a list under ``key``,
    and whether they shall exist as ``state``.
    """
    given = parameters[key]
    desired = [kind.desired(each) for each in given] if parameters["state"] == "present" else []
    return as_result(key, reconcile_kind(kind, clients, [kind.named(each) for each in given], desired, check_mode))


def refuse(problems: Iterable[str]) -> None:
    """Raises FarflowError with all of them, if there are any."""
    told = list(problems)
    if told:
        raise FarflowError("\n".join(told))


def side_by_side(key: str, reconcile: Callable[..., dict[str, Any]], *arguments: Iterable[Any]) -> dict[str, Any]:
    """What a module does and returns whose resources wait for AWS each on its own, so that several are reconciled at
    once. ``reconcile`` is given one of each of the ``arguments``, and returns the resource's entry in the list ``key``,
    with ``changed``, ``reasons`` and beside that the ``diff``.
    """
    entries = in_parallel(lambda one: reconcile(*one), zip(*arguments, strict=True))
    lines = "".join(entry.pop("diff")["prepared"] for entry in entries)
    return {"changed": any(entry["changed"] for entry in entries), key: entries, "diff": {"prepared": lines}}


def as_result(key: str, outcomes: list[Outcome], id_name: str = "arn") -> dict[str, Any]:
    """Outcomes in the shape that every batch module returns, with a diff of one line a reason."""
    entries = [{id_name if key == "id" else key: value for key, value in asdict(one).items()} for one in outcomes]
    changed = [outcome for outcome in outcomes if outcome.changed]
    lines = "".join(f"{outcome.name}: {reason}\n" for outcome in changed for reason in outcome.reasons)
    return {"changed": bool(changed), key: entries, "diff": {"prepared": lines}}


def as_results(parts: Mapping[str, list[Outcome]], id_name: str) -> dict[str, Any]:
    """The outcomes of several kinds of resource, each under its key, in that shape."""
    results = [as_result(key, outcomes, id_name) for key, outcomes in parts.items()]
    entries = {key: result[key] for key, result in zip(parts, results, strict=True)}
    diff = {"prepared": "".join(result["diff"]["prepared"] for result in results)}
    return {**entries, "changed": any(result["changed"] for result in results), "diff": diff}
