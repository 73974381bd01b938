# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What of the database RDS may not have in its offer: parameters of a family, and classes of instance. It is asked only
where something of that is yet to be made or changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.known import Existing
from ..kinds.rds.engine_version import documents as rds_engine_versions
from ..kinds.rds.instance import documents as rds_instances
from ..kinds.rds.offer import family_parameters as rds_parameters
from ..kinds.rds.offer import instance_classes as rds_classes
from ..kinds.rds.parameter_group import documents as rds_parameter_groups
from ..validation.value_checks import nearest
from . import database as rds
from . import names

Inputs = Mapping[str, Any]

#: A list of values may have hundreds, such as that of time zones.
_LONGEST_SHOWN = 120


def family_to_look_up(inputs: Inputs, known: Existing) -> str | None:
    """The family whose parameters have to be asked for; None where none are given, or where the group that is there
    tells of all of them.
    """
    given, group = _given(inputs), _group(inputs, known)
    if not given or (group and given.keys() <= _definitions_of(group).keys()):
        return None
    return str(rds.parameter_group(inputs)["family"])


def class_to_look_up(inputs: Inputs, known: Existing) -> rds_classes.Wanted | None:
    """The class of an instance that is to be made or to get another one, where its version is one that AWS has."""
    name, found = inputs["rds_instance_class"], known.get(rds_instances.TYPE, names.database(inputs))
    wanted = str(inputs["rds_engine_version"])
    if not found:
        there = [each.name for each in known.of_type(rds_engine_versions.TYPE)]
        newest = rds_engine_versions.newest(there, wanted)
        return rds_classes.Wanted(name, wanted, newest) if newest else None
    if found.properties["instance_class"] == name:
        return None
    version = found.attributes[rds_instances.VERSION]
    if found.properties["engine_version"] != wanted:
        known_version = known.get(rds_engine_versions.TYPE, version)
        targets = known_version.attributes[rds_engine_versions.TARGETS] if known_version else []
        version = rds_engine_versions.newest(targets, wanted)
    return rds_classes.Wanted(name, version, version) if version else None


def refusals(inputs: Inputs, known: Existing) -> list[str]:
    """What AWS would refuse in the middle of a deploy; a line each."""
    return [*_parameters(inputs, known), *_class(inputs, known)]


def warnings(inputs: Inputs, known: Existing) -> list[str]:
    """What could not be looked up; a line each."""
    family = known.get(rds_parameters.TYPE, rds.parameter_group(inputs)["family"])
    of_class = known.get(rds_classes.TYPE, inputs["rds_instance_class"])
    doubts = (
        ("rds_parameters: whether they exist", family and family.attributes.get(rds_parameters.DENIED)),
        ("rds_instance_class: whether it exists", of_class and of_class.attributes.get(rds_classes.DENIED)),
    )
    return [f"{what} was not seen: {words}" for what, words in doubts if words]


def _given(inputs: Inputs) -> Mapping[str, str]:
    """The parameters that are not our own, with their values in AWS's words."""
    group = rds_parameter_groups.desired(rds.parameter_group(inputs))
    ours = rds_parameter_groups.desired(rds.parameter_group({**inputs, "rds_parameters": {}}))
    parameters: Mapping[str, str] = group.properties["parameters"]
    return {name: value for name, value in parameters.items() if name not in ours.properties["parameters"]}


def _group(inputs: Inputs, known: Existing) -> Resource | None:
    return known.get(rds_parameter_groups.TYPE, rds.parameter_group(inputs)["name"])


def _definitions_of(resource: Resource | None) -> Mapping[str, Mapping[str, Any]]:
    return resource.attributes.get(rds_parameters.DEFINITIONS, {}) if resource else {}


def _parameters(inputs: Inputs, known: Existing) -> Iterator[str]:
    family, group = rds.parameter_group(inputs)["family"], _group(inputs, known)
    of_family = _definitions_of(known.get(rds_parameters.TYPE, family))
    definitions = {**of_family, **_definitions_of(group)}
    if not group and not of_family:
        return
    there = group.properties["parameters"] if group else {}
    for name, value in _given(inputs).items():
        place = f"rds_parameters.{name}"
        if name not in definitions:
            yield (
                f"{place}: is no parameter of {family}{nearest(name, of_family)}; allowed: those that aws rds "
                f"describe-engine-default-parameters --db-parameter-group-family {family} lists"
            )
        elif there.get(name) != value:
            yield from (f"{place}: {problem}" for problem in _value(definitions[name], value, family))


def _value(definition: Mapping[str, Any], value: str, family: str) -> Iterator[str]:
    if not rds_parameters.can_be_set(definition):
        yield f"is set by RDS alone in {family}, allowed: to leave it out"
    elif not rds_parameters.is_allowed(definition, value):
        allowed = definition["AllowedValues"]
        shown = f"{allowed[:_LONGEST_SHOWN]}..." if len(allowed) > _LONGEST_SHOWN else allowed
        yield f"is {value!r}{nearest(value, allowed.split(','))}; allowed in {family}: {shown}"


def _class(inputs: Inputs, known: Existing) -> Iterator[str]:
    name = inputs["rds_instance_class"]
    found = known.get(rds_classes.TYPE, name)
    if found and rds_classes.OTHERS in found.attributes:
        yield (
            f"rds_instance_class: is {name!r}, allowed: a class in which RDS has Postgres "
            f"{found.attributes[rds_classes.VERSION]} in {inputs['farflow_region']}, such as "
            f"{', '.join(found.attributes[rds_classes.OTHERS])}"
        )
