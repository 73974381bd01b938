# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS services, read as resources and brought to what is desired."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients
from ....engine.compare import contains_unknown
from ....engine.errors import FarflowError
from ....engine.parallel import in_parallel
from ....engine.reconcile import Operations
from ....engine.tags import ENVIRONMENT
from ....engine.waiting import NotYet, wait_for
from .. import task_calls as ecs_tasks
from ..patience import retry_while
from ..task_definition import calls as ecs_task_definitions
from . import calls as service_calls
from . import documents as service_documents

_CREATION_LIMIT = 300.0
_CHANGE_LIMIT = 300.0
_DELETION_LIMIT = 900.0


def find(clients: Clients, environment: str, clusters: Iterable[str], expected: Collection[str] = ()) -> list[Resource]:
    """Every service in the clusters of an environment, whoever made it; not those that say that they are another's,
    whose name can begin alike, unless that is ``expected``.
    """
    found = [each for cluster in clusters for each in read(clients, cluster, service_calls.names(clients, cluster))]
    return [
        each
        for each in found
        if each.name in expected or (each.properties.get("tags") or {}).get(ENVIRONMENT, environment) == environment
    ]


def read(
    clients: Clients, cluster: str, names: list[str], draining: bool = False, wanted: Sequence[Resource] = ()
) -> list[Resource]:
    """The named services that exist, as one who has ``wanted`` sees them; those that are being deleted only when
    ``draining``.
    """
    statuses = {"ACTIVE", "DRAINING"} if draining else {"ACTIVE"}
    documents = [each for each in service_calls.describe(clients, cluster, names) if each["status"] in statuses]
    current = {each["serviceName"]: _current_revision(each) for each in documents}
    revisions = service_calls.describe_revisions(clients, [arn for arn in current.values() if arn])
    asked = {each.name: each for each in wanted}
    return [
        service_documents.canonical(each, revisions.get(current[name] or ""), asked.get(name))
        for each in documents
        for name in [each["serviceName"]]
    ]


def _current_revision(document: Mapping[str, Any]) -> str | None:
    revisions: list[Mapping[str, Any]] = document.get("currentServiceRevisions") or []
    return next((each["arn"] for each in revisions), None)


def with_revisions(clients: Clients, desired: Sequence[Resource], check_mode: bool) -> list[Resource]:
    """The services with a task definition that is a family only replaced by its newest ACTIVE revision. In check mode
    the family need not exist yet.
    """
    families = sorted({each.properties["task_definition"] for each in desired if _names_a_family(each)})
    arns = in_parallel(lambda family: ecs_task_definitions.newest_arn(clients, family), families)
    newest = dict(zip(families, arns, strict=True))
    missing = [family for family, arn in newest.items() if arn is None]
    if missing and not check_mode:
        raise FarflowError(f"there is no ACTIVE task definition of {', '.join(missing)}: register it first")
    return [
        service_documents.with_task_definition(each, newest[each.properties["task_definition"]])
        if _names_a_family(each)
        else each
        for each in desired
    ]


def _names_a_family(resource: Resource) -> bool:
    reference = str(resource.properties["task_definition"])
    return ":" not in reference and not contains_unknown(reference)


def refuse_fixed(desired: Sequence[Resource], actual: Sequence[Resource]) -> None:
    """Raises FarflowError when a service differs in what AWS can't change in place."""
    existing = {resource.name: resource for resource in actual}
    problems = [
        f"AWS cannot change service {wanted.name} in place ({reason}): "
        "allow its replacement (replace: true), or give the new service another name"
        for wanted in desired
        if wanted.name in existing
        for reason in service_documents.fixed_differences(wanted, existing[wanted.name])
    ]
    if problems:
        raise FarflowError("\n".join(problems))


def operations(clients: Clients, started: dict[str, str] | None = None) -> Operations:
    """What creates, changes and deletes a service. A change that AWS can't make in place replaces it. ``started``
    takes up, by the service's name, the deployments that they start.
    """
    deployments: dict[str, str] = {} if started is None else started

    def create(wanted: Resource) -> str:
        request = service_documents.create_request(wanted)
        token = str(uuid.uuid4())
        what = f"the creation of service {wanted.name}"
        made = retry_while(lambda: service_calls.create(clients, request, token), _CREATION_LIMIT, what)
        deployments[wanted.name] = service_documents.primary(made).get("id", "")
        return str(made["serviceArn"])

    def change(wanted: Resource, found: Resource) -> None:
        if service_documents.fixed_differences(wanted, found):
            delete(found)
            create(wanted)
            return
        request = service_documents.update_request(wanted, found)
        if request:
            cluster, what = wanted.properties["cluster"], f"the change of service {wanted.name}"
            changed = retry_while(
                lambda: service_calls.update(clients, cluster, wanted.name, request), _CHANGE_LIMIT, what
            )
            deployments[wanted.name] = service_documents.primary(changed).get("id", "")
        tags, existing = (resource.properties.get("tags") or {} for resource in (wanted, found))
        if tags != existing:
            missing = {key: value for key, value in tags.items() if existing.get(key) != value}
            service_calls.tag(clients, str(found.id), missing, sorted(set(existing) - set(tags)))

    def delete(found: Resource) -> None:
        cluster = found.properties["cluster"]
        tasks = ecs_tasks.list_arns(clients, cluster, found.name, "RUNNING")
        service_calls.delete(clients, cluster, found.name)
        what = f"the end of service {found.name}"
        wait_for(lambda: _gone(clients, cluster, found.name, tasks), _DELETION_LIMIT, what)

    return Operations(create, change, delete)


def with_room(clients: Clients, wanted: Resource, found: Resource | None) -> Resource:
    """A service as it is wanted, or with more tasks, where those that it has protect themselves and a change makes ECS
    start others.
    """
    drains = found is not None and service_documents.DRAINS in wanted.attributes
    if found is None or not drains or not service_documents.starts_a_deployment(wanted, found):
        return wanted
    cluster = found.properties["cluster"]
    tasks = ecs_tasks.list_arns(clients, cluster, found.name, "RUNNING")
    protected = [each for each in ecs_tasks.protections(clients, cluster, tasks) if each["protectionEnabled"]]
    count = service_documents.with_room(wanted, len(protected))
    return replace(wanted, properties={**wanted.properties, "desired_count": count})


def set_count(clients: Clients, found: Resource, count: int) -> None:
    """Sets how many tasks a service shall have, and nothing else."""
    cluster, what = found.properties["cluster"], f"the change of service {found.name}"
    retry_while(
        lambda: service_calls.update(clients, cluster, found.name, {"desiredCount": count}), _CHANGE_LIMIT, what
    )


def _gone(clients: Clients, cluster: str, name: str, tasks: list[str]) -> bool | NotYet:
    status = next((each["status"] for each in service_calls.describe(clients, cluster, [name])), "INACTIVE")
    running = [each for each in ecs_tasks.describe(clients, cluster, tasks) if each["lastStatus"] != "STOPPED"]
    if status == "INACTIVE" and not running:
        return True
    return NotYet(f"the service is {status}, {len(running)} tasks have not stopped yet")
