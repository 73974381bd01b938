# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is wrong with inputs as only a look at AWS can tell: they name what is not there or in the way, or ask for what
AWS does not do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from ...core.actions import DELETE, Action, Resource
from ...core.known import Known
from .. import dag_tasks_folder, ec2_network, ecs_task_definitions, iam_roles, secrets
from ..dag_tasks_folder import DagTask
from . import airflow_service, dag_tasks, named_things, names, network, policies, rds, values
from .images import Prebuilt

Inputs = Mapping[str, Any]


def refusals(inputs: Inputs, known: Known, layers: Collection[str]) -> list[str]:
    """All of them together, a line each, for the layers of these names."""
    found = [*elsewhere(inputs, known), *_families_of_others(known), *_zones_left_out(inputs, known)]
    if network.ROLE in layers:
        found += _zones(inputs, known)
    if rds.ROLE in layers:
        found += rds.refusals(inputs, known)
    if dag_tasks.ROLE in layers:
        found += _secrets(inputs, known)
    found += [each for image in _given_images(inputs, layers) for each in image.refusal(known)]
    return found + named_things.refusals(inputs, known, layers)


def warnings(inputs: Inputs, known: Known, layers: Collection[str]) -> list[str]:
    """What could not be looked up, a line each, for the layers of these names."""
    images = _given_images(inputs, layers)
    return [*named_things.warnings(inputs, known, layers), *(each for one in images for each in one.warning(known))]


def left_to_people(inputs: Inputs, known: Known, layers: Collection[str], today: date) -> list[str]:
    """What somebody has to do by and by, and no deploy does unasked; a line each, told by looks at the whole alone."""
    return rds.warnings(inputs, known, today) if {network.ROLE, rds.ROLE} <= set(layers) else []


def too_large(actions: Iterable[Action]) -> list[str]:
    """Roles that are to be made or changed and have more policies than AWS takes."""
    roles = [action.resource for action in actions if action.kind != DELETE and action.resource.type == iam_roles.TYPE]
    cure = (
        "name fewer secrets and resources, in task.yml files or in airflow_service_secrets and airflow_service_policy"
    )
    return [f"{problem}; {cure}" for role in roles if (problem := iam_roles.size_problem(role))]


def elsewhere(inputs: Inputs, known: Known) -> list[str]:
    """IAM roles are of the whole account: an environment of this name in another region would share them."""
    region = inputs["farflow_region"]
    theirs = {each for role in known.of_type(iam_roles.TYPE) for each in policies.regions_of_trust(role)}
    if not theirs or region in theirs:
        return []
    return [
        f"farflow_region: is {region!r}, while environment {names.environment(inputs)!r} of this account is in "
        f"{', '.join(sorted(theirs))}: its IAM roles are the account's; allowed: that region, or another "
        "farflow_environment"
    ]


def _families_of_others(known: Known) -> Iterator[str]:
    """Environment ``dev`` with a folder ``x-report``, and ``dev-x`` with ``report``: each would take the other's."""
    for family in known.of_type(ecs_task_definitions.TYPE):
        if owner := family.attributes.get(ecs_task_definitions.OWNER):
            yield (
                f"task definition {family.name} is that of environment {owner!r}, and would be this one's too: give "
                "the folder of the DAG task another name, here or there, or choose another farflow_environment"
            )


def _zones(inputs: Inputs, known: Known) -> Iterator[str]:
    region, there = inputs["farflow_region"], sorted(zone.name for zone in known.of_type(ec2_network.ZONE))
    for index, zone in enumerate(inputs["network_availability_zones"]):
        if zone not in there:
            yield f"network_availability_zones.{index}: is {zone!r}, allowed: zones that you have, {', '.join(there)}"
    count = inputs["network_availability_zone_count"]
    usable = network.usable_zones(known)
    if not inputs["network_availability_zones"] and len(usable) < count:
        yield (
            f"network_availability_zone_count: is {count}, allowed: up to {len(usable)}, as {region} has "
            f"{', '.join(usable)} with all that is needed; or name others by network_availability_zones"
        )


def _zones_left_out(inputs: Inputs, known: Known) -> Iterator[str]:
    """Of every layer: each has something in the subnets."""
    left_out = network.zones_left_out(inputs, known)
    named = bool(inputs["network_availability_zones"])
    variable = "network_availability_zones" if named else "network_availability_zone_count"
    if left_out:
        yield (
            f"{variable}: leaves out {', '.join(left_out)}, allowed: to add zones. The database, the load balancer and "
            "what runs are in the subnets there. For fewer or other zones tear the environment down, with snapshot "
            "and shared_volume in farflow_teardown_keep, and deploy it again"
        )


def _given_images(inputs: Inputs, layers: Collection[str]) -> list[Prebuilt]:
    """Those that others have built."""
    images = list(inputs["task_images"].values()) if dag_tasks.ROLE in layers else []
    images += [inputs["airflow_image"]] if airflow_service.ROLE in layers else []
    return [image for image in images if isinstance(image, Prebuilt)]


def _secrets(inputs: Inputs, known: Known) -> Iterator[str]:
    ours = {one.name for one in (values.database_password(inputs), *values.desired(inputs, known))}
    tasks: list[DagTask] = inputs["dag_tasks"]
    for task in tasks:
        for variable, reference in task.secrets.items():
            name = names.secret(inputs, reference)
            if reference.startswith("arn:") or name in ours:
                continue
            if problem := _absence(name, known.get(secrets.TYPE, name)):
                yield f"{dag_tasks_folder.place_of_secret(task, variable)}: {problem}"


def _absence(name: str, found: Resource | None) -> str:
    if not found:
        return f"secret {name} does not exist: create it in Secrets Manager, or give the ARN of another one"
    if found.properties["state"] != "present":
        return f"secret {name} is to be deleted soon: restore it (aws secretsmanager restore-secret --secret-id {name})"
    return ""
