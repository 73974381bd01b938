# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The canonical form of ECS's documents, and the way back to what a user would write.

``canonical`` takes a document of the AWS API, ``specification`` gives the shortest one of a user (snake_case) that
means the same. In between, defaults are filled in, lists without order are dictionaries or sorted, and what is empty
is absent. ``answered`` takes one of AWS's answers, in which there may be more than anybody here has heard of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ....engine.compare import UNKNOWN, contains_unknown
from . import rules
from .members import MEMBERS
from .shapes import Shape, members, snake

Document = dict[str, Any]
Keeps = Callable[[str, str], bool]

_EMPTY: tuple[Any, ...] = (None, "", [], {})


def canonical(shape: Shape, document: Mapping[str, Any], keeps: Keeps = lambda shape, member: True) -> Document:
    """A structure of the AWS API; members that the shape doesn't have (an answer has more than a request), and those
    that are not kept, are left out. Our defaults are there even of members that the shape of an older botocore lacks,
    so that a task definition has one digest everywhere.
    """
    defaults = rules.DEFAULTS.get(shape.name, {})
    given = {**defaults, **{k: v for k, v in document.items() if v not in _EMPTY}}
    form = {snake(name): value for name, value in defaults.items() if name not in shape.members and value != {}}
    for name, member in shape.members.items():
        if name in given and keeps(shape.name, name):
            value = _canonical_member(shape, name, member, given[name], keeps)
            if value not in _EMPTY:
                form[snake(name)] = value
    complete = _COMPLETIONS.get(shape.name)
    if complete:
        complete(form)
    return form


def answered(shape: Shape, document: Mapping[str, Any], wanted: Any = None) -> Document:
    """The same of an answer: without the members that are neither known to this collection nor in ``wanted``, the
    canonical document of who asks.
    """
    asked = set(_members_in(shape, wanted))
    return canonical(shape, document, lambda *member: member[1] in MEMBERS.get(member[0], ()) or member in asked)


def _members_in(shape: Shape, form: Any) -> Iterator[tuple[str, str]]:
    """The members of a canonical document, each with the name of its shape."""
    if _is_structure(shape) and isinstance(form, Mapping):
        for name, member in shape.members.items():
            if snake(name) in form:
                yield shape.name, name
                yield from _members_in(member, form[snake(name)])
    elif shape.type_name == "list":
        for item in form.values() if isinstance(form, Mapping) else form:
            yield from _members_in(shape.member, item)


def _canonical_member(shape: Shape, name: str, member: Shape, value: Any, keeps: Keeps) -> Any:
    where = (shape.name, name)
    value = _canonical_value(member, value, keeps)
    if isinstance(value, list) and where in rules.KEYED:
        return _keyed(rules.KEYED[where], member.member, value)
    if isinstance(value, list) and where in rules.SETS:
        return sorted(value, key=_order)
    return _SCALARS[where](value) if where in _SCALARS else value


def _canonical_value(shape: Shape, value: Any, keeps: Keeps) -> Any:
    if _is_structure(shape) and isinstance(value, Mapping):
        return canonical(shape, value, keeps)
    if shape.type_name == "list" and isinstance(value, (list, tuple)):
        return [_canonical_value(shape.member, item, keeps) for item in value]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return dict(value)
    return float(value) if shape.type_name == "double" and value != UNKNOWN else value


def _is_structure(shape: Shape) -> bool:
    return bool(shape.type_name == "structure") and not getattr(shape, "is_document_type", False)


def _keyed(key: rules.Key, shape: Shape, items: list[Any]) -> Any:
    if not all(isinstance(item, Mapping) for item in items):
        return items
    found = {}
    for item in items:
        label = key_of(key, item)
        found[label] = item.get(snake(key.value), "") if key.value else item
    return found


def key_of(key: rules.Key, item: Mapping[str, Any]) -> str:
    """What tells an item of a keyed list from the others, as ``8080/tcp``."""
    parts = [item[snake(name)] for name in key.names if item.get(snake(name)) not in _EMPTY]
    return "/".join(",".join(map(str, part)) if isinstance(part, list) else str(part) for part in parts)


def _order(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def specification(shape: Shape, form: Mapping[str, Any], found: Mapping[str, Any] | None = None) -> Document:
    """A canonical document as a user would write it, without what AWS would fill in itself.

    With ``found``, the canonical document that exists, what a user would write to change that one: defaults that it
    has not, and an empty list for each that it has too many, are written down. So it does not matter whether AWS
    replaces or merges.
    """
    defaults = rules.DEFAULTS.get(shape.name, {})
    names = {snake(name): name for name in members(shape).values()}
    written: Document = {}
    for key, value in form.items():
        if key not in names:
            continue  # a default of a member that the shape lacks
        name = names[key]
        filled = name in defaults and value == _default(shape.members[name], defaults[name])
        as_found = found is None or found.get(key) == value
        if not (filled and as_found and name not in shape.required_members):
            written[key] = _listed(shape, name, value, (found or {}).get(key))
    for key, name in names.items():
        required = name in shape.required_members
        if key not in written and shape.members[name].type_name == "list" and (required or (found or {}).get(key)):
            written[key] = []
    if shape.name == "PortMapping" and written.get("host_port") == written.get("container_port"):
        written.pop("host_port", None)
    return written


def _default(shape: Shape, value: Any) -> Any:
    return canonical(shape, value) if shape.type_name == "structure" else value


def _listed(shape: Shape, name: str, value: Any, found: Any) -> Any:
    member = shape.members[name]
    if isinstance(value, Mapping) and member.type_name == "list":
        key = rules.KEYED[shape.name, name]
        if key.value:
            label, rest = snake(key.names[0]), snake(key.value)
            return [{label: each, rest: text} for each, text in value.items()]
        value = list(value.values())
    if member.type_name == "list" and member.member.type_name == "structure" and isinstance(value, list):
        return [specification(member.member, item) if isinstance(item, Mapping) else item for item in value]
    if _is_structure(member) and isinstance(value, Mapping):
        # a structure of defaults only, where there might be none, is told from none by writing them down
        return specification(member, value, found) or specification(member, value, {})
    return value


def _cpu_units(value: Any) -> Any:
    """``1024``, ``"1 vCPU"``, ``".5 vcpu"``: CPU units."""
    return _amount(value, r"([\d.]+)\s*vcpu", 1024)


def _mebibytes(value: Any) -> Any:
    """``2048``, ``"2GB"``, ``"0.5 GB"``: MiB."""
    return _amount(value, r"([\d.]+)\s*gb", 1024)


def _amount(value: Any, pattern: str, factor: int) -> Any:
    text = str(value).strip()
    if contains_unknown(text):
        return value
    if re.fullmatch(r"\d+", text):
        return int(text)
    match = re.fullmatch(pattern, text, re.IGNORECASE)
    try:
        return int(float(match[1]) * factor) if match else value
    except ValueError:
        return value


def _short_task_definition(value: Any) -> Any:
    """``family:revision`` of an ARN; a family and a revision as they are."""
    return value.rsplit("/", 1)[-1] if isinstance(value, str) and not contains_unknown(value) else value


def _complete_port(form: Document) -> None:
    # with awsvpc, a port of the host is the port of the container
    if "container_port" in form and not form.get("host_port"):
        form["host_port"] = form["container_port"]


def _complete_deployment(form: Document) -> None:
    # what a strategy needs, and is not given, has the defaults of its shape
    for strategy, (name, defaults) in _OF_STRATEGIES.items():
        if form.get("strategy") == strategy:
            form.setdefault(name, dict(defaults))


def _complete_service_connect(form: Document) -> None:
    for service in (form.get("services") or {}).values():
        service.setdefault("discovery_name", service["port_name"])


def _complete_monitoring(form: Document) -> None:
    # a resolution of 60 s is what a service has without any
    configurations = (form.get("metric_configurations") or {}).items()
    kept = {name: each for name, each in configurations if each.get("resolution_seconds") != 60}
    form.clear()
    if kept:
        form["metric_configurations"] = kept


def _complete_service(form: Document) -> None:
    if form.get("capacity_provider_strategy"):
        form.pop("launch_type", None)
    if form.get("cluster"):
        form["cluster"] = form["cluster"].rsplit("/", 1)[-1]


_OF_STRATEGIES: dict[str, tuple[str, Document]] = {
    strategy: (name, {snake(member): value for member, value in rules.DEFAULTS[shape].items()})
    for strategy, name, shape in (
        ("LINEAR", "linear_configuration", "LinearConfiguration"),
        ("CANARY", "canary_configuration", "CanaryConfiguration"),
    )
}

_COMPLETIONS: dict[str, Callable[[Document], None]] = {
    "DeploymentConfiguration": _complete_deployment,
    "PortMapping": _complete_port,
    "ServiceConnectConfiguration": _complete_service_connect,
    "MonitoringConfiguration": _complete_monitoring,
    rules.SERVICE: _complete_service,
}

_SCALARS: dict[tuple[str, str], Callable[[Any], Any]] = {
    (rules.TASK_DEFINITION, "cpu"): _cpu_units,
    (rules.TASK_DEFINITION, "memory"): _mebibytes,
    (rules.SERVICE, "taskDefinition"): _short_task_definition,
}
