# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is wrong with inputs as only a look at AWS can tell: they name what is not there or in the way, or ask for what
AWS does not do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from ..engine import immutable
from ..engine.actions import CHANGE, CREATE, DELETE, Action, Resource
from ..engine.known import Existing
from ..kinds.ec2.network import documents as ec2_network
from ..kinds.ec2.route_table import documents as ec2_route_tables
from ..kinds.ec2.security_group import documents as ec2_security_groups
from ..kinds.ec2.vpc_endpoint import documents as ec2_vpc_endpoints
from ..kinds.ecr_repository import documents as ecr_repositories
from ..kinds.ecs.task_definition import documents as ecs_task_definitions
from ..kinds.efs import documents as efs
from ..kinds.iam_role import documents as iam_roles
from ..kinds.load_balancer import documents as network_load_balancer
from ..kinds.secret import documents as secrets
from ..kinds.service_discovery import documents as service_discovery
from ..project import task_folders as dag_tasks_folder
from ..project.task_folders import DagTask
from . import airflow_service, components, dag_tasks, names, network, policies
from . import database as rds
from . import database_offers as rds_offers
from . import secrets as values
from .images import Image, Prebuilt
from .named_things import documents as named_things

Inputs = Mapping[str, Any]


def refusals(inputs: Inputs, known: Existing, layers: Collection[str]) -> list[str]:
    """All of them together, a line each, for the layers of these names."""
    found = [*elsewhere(inputs, known), *_families_of_others(inputs, known), *_zones_left_out(inputs, known)]
    if network.ROLE in layers:
        found += _zones(inputs, known)
    if rds.ROLE in layers:
        found += [*rds.refusals(inputs, known), *rds_offers.refusals(inputs, known)]
    if dag_tasks.ROLE in layers:
        found += _secrets(inputs, known)
    found += [each for image in _images(inputs, layers) for each in image.refusal(known)]
    return found + named_things.refusals(inputs, known, layers)


def warnings(inputs: Inputs, known: Existing, layers: Collection[str]) -> list[str]:
    """What could not be looked up, a line each, for the layers of these names."""
    found = named_things.warnings(inputs, known, layers)
    if rds.ROLE in layers:
        found += rds_offers.warnings(inputs, known)
    return [*found, *(each for one in _images(inputs, layers) for each in one.warning(known))]


def left_to_people(inputs: Inputs, known: Existing, layers: Collection[str], today: date) -> list[str]:
    """What somebody has to do by and by, and no deploy does unasked; a line each, told by looks at the whole alone."""
    return rds.warnings(inputs, known, today) if {network.ROLE, rds.ROLE} <= set(layers) else []


#: Of every kind what AWS fixes when it makes one, with what helps.
IMMUTABLE: immutable.Advice = {
    **ec2_network.IMMUTABLE,
    **ec2_route_tables.IMMUTABLE,
    **ec2_security_groups.IMMUTABLE,
    **ec2_vpc_endpoints.IMMUTABLE,
    **ecr_repositories.IMMUTABLE,
    **efs.IMMUTABLE,
    **iam_roles.IMMUTABLE,
    **network_load_balancer.IMMUTABLE,
    **service_discovery.IMMUTABLE,
}


def unchangeable(inputs: Inputs, actions: Iterable[Action]) -> list[str]:
    """What AWS would refuse to change in place. The blocks of subnets follow from that of their VPC."""
    changes = {
        (each.resource.type, each.resource.name): each for each in actions if each.kind == CHANGE and each.before
    }
    moved = _block_of_vpc(inputs, changes.get((ec2_network.VPC, names.environment(inputs))))
    of_block = {ec2_network.VPC, ec2_network.SUBNET} if moved else set()
    return moved + [
        problem
        for (type_, _unused), each in changes.items()
        if type_ not in of_block and each.before
        for problem in immutable.problems(each.resource, each.before, IMMUTABLE)
    ]


def _block_of_vpc(inputs: Inputs, change: Action | None) -> list[str]:
    before = change.before.properties["cidr"] if change and change.before else inputs["network_cidr"]
    if before == inputs["network_cidr"]:
        return []
    return [
        f"network_cidr: is {inputs['network_cidr']!r}, while the environment's VPC has {before!r}, allowed: that "
        "one, since a VPC keeps its block. For another one tear the environment down, with snapshot and shared_volume "
        "in farflow_teardown_keep, and deploy it again"
    ]


def too_large(actions: Iterable[Action]) -> list[str]:
    """Roles that are to be made or changed and have more policies than AWS takes."""
    roles = [action.resource for action in actions if action.kind != DELETE and action.resource.type == iam_roles.TYPE]
    cure = (
        "name fewer secrets and resources, in task.yml files, in airflow_service_secrets, in airflow_service_policy or "
        "in the policy of a pool"
    )
    return [f"{problem}; {cure}" for role in roles if (problem := iam_roles.size_problem(role))]


def names_taken(known: Existing, actions: Iterable[Action]) -> list[str]:
    """Roles that are to be made, while another path has one of that name: a name is used once in an account, and
    environment ``dev`` with a folder ``task-report`` may ask for one of environment ``dev-task``. And those whose name
    differs in letter case alone from one that exists, which IAM does not tell apart.
    """
    made = [action.resource for action in actions if action.kind == CREATE and action.resource.type == iam_roles.TYPE]
    there = {
        role.name.lower(): role for type_ in (iam_roles.TYPE, iam_roles.ELSEWHERE) for role in known.of_type(type_)
    }
    return [_taken(role.name, there[role.name.lower()]) for role in made if role.name.lower() in there]


def _taken(name: str, role: Resource) -> str:
    if role.name != name:
        return (
            f"IAM role {role.name} exists as {role.id}, and IAM does not tell it from {name}, which has other letters "
            "only: delete it, or choose another farflow_environment; of a DAG task whose folder has got other letters, "
            "deploy once without that folder"
        )
    owner = role.attributes[iam_roles.PATH].rstrip("/").rpartition("/")[2]
    whose = f"is that of environment {owner!r}" if role.name.startswith(f"{owner}-") else "is not of this environment"
    return (
        f"IAM role {role.name} exists as {role.id}, {whose}, and an account has one of a name: give the folder of the "
        "DAG task another name, here or there, or choose another farflow_environment"
    )


def in_use(actions: Iterable[Action]) -> list[str]:
    """Roles that are to be deleted, and that AWS would not delete, since they are in somebody's instance profile."""
    deleted = [one.resource for one in actions if one.kind == DELETE and one.resource.type == iam_roles.TYPE]
    return [
        f"IAM role {role.name} is in the instance profile {profile}, and AWS deletes no role that is in one: take it "
        f"out, by aws iam remove-role-from-instance-profile --instance-profile-name {profile} --role-name {role.name}"
        for role in deleted
        for profile in role.attributes[iam_roles.INSTANCE_PROFILES]
    ]


def elsewhere(inputs: Inputs, known: Existing) -> list[str]:
    """IAM roles are of the whole account, and stay in their path: an environment of this name in another region, or
    below another path, would share them.
    """
    return [*_in_another_region(inputs, known), *_in_another_path(inputs, known)]


def _in_another_region(inputs: Inputs, known: Existing) -> Iterator[str]:
    region = inputs["farflow_region"]
    theirs = {each for role in known.of_type(iam_roles.TYPE) for each in policies.regions_of_trust(role)}
    if theirs and region not in theirs:
        yield (
            f"farflow_region: is {region!r}, while environment {names.environment(inputs)!r} of this account is in "
            f"{', '.join(sorted(theirs))}: its IAM roles are the account's; allowed: that region, or another "
            "farflow_environment"
        )


def _in_another_path(inputs: Inputs, known: Existing) -> Iterator[str]:
    environment = names.environment(inputs)
    ours = {
        *(names.component_role(inputs, one.name) for one in components.components(inputs)),
        *(names.execution_role(inputs, of) for of in ("airflow", "tasks")),
        names.plain_task_role(inputs),
    }
    paths = {one.attributes[iam_roles.PATH] for one in known.of_type(iam_roles.ELSEWHERE) if one.name in ours}
    for path in sorted(each for each in paths if each.endswith(f"/{environment}/")):
        there = path.removesuffix(f"{environment}/")
        yield (
            f"farflow_iam_path: is {inputs['farflow_iam_path']!r}, while the IAM roles of environment {environment!r} "
            f"are below {there!r}, and AWS moves no role: allowed: {there!r}; or tear the environment down with that, "
            "and deploy it again, or choose another farflow_environment"
        )


def _families_of_others(inputs: Inputs, known: Existing) -> Iterator[str]:
    """Environment ``dev`` with a folder ``x-report``, and ``dev-x`` with ``report``: each would take the other's."""
    for family in known.of_type(ecs_task_definitions.TYPE):
        owner = family.attributes.get(ecs_task_definitions.OWNER)
        if owner and owner != names.environment(inputs):
            yield (
                f"task definition {family.name} is that of environment {owner!r}, and would be this one's too: give "
                "the folder of the DAG task another name, here or there, or choose another farflow_environment"
            )


def _zones(inputs: Inputs, known: Existing) -> Iterator[str]:
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


def _zones_left_out(inputs: Inputs, known: Existing) -> Iterator[str]:
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


def _images(inputs: Inputs, layers: Collection[str]) -> list[Image | Prebuilt]:
    """Those that the layers run."""
    images = list(inputs["task_images"].values()) if dag_tasks.ROLE in layers else []
    return [*images, *(inputs["airflow_images"].values() if airflow_service.ROLE in layers else [])]


def _secrets(inputs: Inputs, known: Existing) -> Iterator[str]:
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
