# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Private DNS namespaces and their services, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from ...engine.actions import Resource
from ...engine.clients import Clients, caused_by
from ...engine.errors import FarflowError
from ...engine.immutable import refuse_changes
from ...engine.ownership import tags_unless_closed
from ...engine.parallel import in_parallel
from ...engine.patience import retry_while
from ...engine.reconcile import Operations, Outcome, reconcile
from ...engine.tags import NOTHING, PrefetchedTags
from ...engine.waiting import NotYet, wait_for
from . import calls as api
from . import documents as pure

_DONE_AFTER = 300
_EMPTY_AFTER = 180


def find(
    clients: Clients,
    environment: str,
    names: Collection[str] = (),
    expected: Collection[str] = (),
    told: PrefetchedTags = NOTHING,
) -> list[Resource]:
    """An environment's namespaces, ``<environment>.<anything>``, and their services, whoever made them. Other accounts
    may share theirs with this one: whose tags we may not read is theirs, unless it has one of the ``names`` or its id
    is ``expected``.
    """
    known = {*names, *expected}
    return [
        one for some in _look(clients, lambda name: name.startswith(f"{environment}."), known, told) for one in some
    ]


def read(clients: Clients, wanted: Iterable[Resource]) -> tuple[list[Resource], list[Resource]]:
    """The wanted namespaces, with the namespaces of wanted services, and the wanted services that exist."""
    names = {one.name for one in wanted}
    needed = {pure.split(one.name)[1] for one in wanted if one.type == pure.SERVICE}
    namespaces, services = _look(clients, lambda name: name in names or name in needed, {*names, *needed})
    return namespaces, [service for service in services if service.name in names]


def _look(
    clients: Clients, is_ours: Callable[[str], bool], expected: Collection[str], told: PrefetchedTags = NOTHING
) -> tuple[list[Resource], list[Resource]]:
    """One list of namespaces; for each of ours its tags, its VPC and its services; a call for a service's tags."""
    documents = [found for found in api.namespaces(clients) if is_ours(found["Name"])]
    tags = in_parallel(lambda found: _namespace_tags(clients, found, expected, told), documents)
    readable = [(found, some) for found, some in zip(documents, tags, strict=True) if some is not None]
    namespaces = in_parallel(lambda pair: _namespace(clients, *pair), readable)
    services = in_parallel(lambda pair: _services(clients, pair[0], told), readable)
    return namespaces, [service for some in services for service in some]


def _namespace_tags(
    clients: Clients, document: Mapping[str, Any], expected: Collection[str], told: PrefetchedTags
) -> Mapping[str, str] | None:
    is_expected = document["Name"] in expected or document["Id"] in expected
    return tags_unless_closed(lambda: _tags(clients, document["Arn"], told), is_expected)


def _namespace(clients: Clients, document: Mapping[str, Any], tags: Mapping[str, str]) -> Resource:
    zone = pure.hosted_zone_id(document)
    return pure.canonical_namespace(document, api.vpcs(clients, zone) if zone else [], tags)


def _services(clients: Clients, namespace: Mapping[str, Any], told: PrefetchedTags) -> list[Resource]:
    documents = api.services(clients, namespace["Id"])
    tags = in_parallel(lambda found: _tags(clients, found["Arn"], told), documents)
    return [
        pure.canonical_service(namespace["Name"], found, some)
        for found, some in zip(documents, tags, strict=True)
        if some is not None
    ]


def _tags(clients: Clients, arn: str, told: PrefetchedTags) -> Mapping[str, str] | None:
    """What is listed after its deletion has none."""
    return told.get(arn) or api.tags(clients, arn)


def converge(
    clients: Clients, namespaces: Sequence[Resource], services: Sequence[Resource], present: bool, check_mode: bool
) -> tuple[list[Outcome], list[Outcome]]:
    """What became of the namespaces and of the services, which are made after them and deleted before them."""
    found, found_services = read(clients, [*namespaces, *services])
    names = {namespace.name for namespace in namespaces}
    found_namespaces = [namespace for namespace in found if namespace.name in names]
    if not present:
        deleted = reconcile([], found_services, service_operations(clients, {}), check_mode)
        return reconcile([], found_namespaces, namespace_operations(clients), check_mode), deleted
    there = {one.name: one for one in found}
    namespaces = [pure.seen_from(namespace, there.get(namespace.name)) for namespace in namespaces]
    refuse_changes([*namespaces, *services], [*found, *found_services], pure.IMMUTABLE)
    homeless = sorted({pure.split(one.name)[1] for one in services} - names - set(there))
    if homeless:
        raise FarflowError(f"there is no private DNS namespace {', '.join(homeless)}")
    outcomes = reconcile(namespaces, found_namespaces, namespace_operations(clients), check_mode)
    ids = {one.name: one.id for one in found} | {outcome.name: outcome.id for outcome in outcomes}
    return outcomes, reconcile(services, found_services, service_operations(clients, ids), check_mode)


def namespace_operations(clients: Clients) -> Operations:
    """What creates, changes and deletes a namespace; each waits until Cloud Map has done it."""

    def create(wanted: Resource) -> str:
        _await(clients, api.create_namespace(clients, wanted.name, wanted.properties))
        return wait_for(
            lambda: _id_of(clients, wanted.name), _DONE_AFTER, f"private DNS namespace {wanted.name} to be listed"
        )

    def change(wanted: Resource, found: Resource) -> None:
        properties, before = wanted.properties, found.properties
        words, time = properties["description"], properties["soa_ttl"]
        if (words, time) != (before["description"], before["soa_ttl"]):
            _await(clients, api.update_namespace(clients, str(found.id), words, before["description"], time))
        _set_tags(clients, wanted, found)

    def delete(found: Resource) -> None:
        """A service that was deleted, or the operation of a run that was killed, may hold it for a moment."""
        operation_id = retry_while(
            lambda: api.delete_namespace(clients, str(found.id)),
            lambda error: caused_by(error, api.BUSY),
            _EMPTY_AFTER,
            f"private DNS namespace {found.name} to be empty",
        )
        _await(clients, operation_id)

    return Operations(create, change, delete)


def service_operations(clients: Clients, ids: Mapping[str, str | None]) -> Operations:
    """What creates, changes and deletes a service; ``ids`` are those of the namespaces, by name."""

    def create(wanted: Resource) -> str:
        name, namespace = pure.split(wanted.name)
        namespace_id = str(ids[namespace])
        api.create_service(clients, name, namespace_id, wanted.properties, pure.dns_records(wanted.properties))

        def check() -> str | None:
            return next((str(one["Id"]) for one in api.services(clients, namespace_id) if one["Name"] == name), None)

        return wait_for(check, _DONE_AFTER, f"service {wanted.name} to be listed")

    def change(wanted: Resource, found: Resource) -> None:
        properties, before = wanted.properties, found.properties
        words, records = properties["description"], pure.dns_records(properties)
        if (words, records) != (before["description"], pure.dns_records(before)):
            _await(clients, api.update_service(clients, str(found.id), words, before["description"], records))
        _set_tags(clients, wanted, found)

    def delete(found: Resource) -> None:
        wait_for(
            lambda: api.delete_service(clients, str(found.id)) or NotYet("instances are registered in it"),
            _EMPTY_AFTER,
            f"service {found.name} to be empty",
        )

    return Operations(create, change, delete)


def _id_of(clients: Clients, name: str) -> str | None:
    return next((str(one["Id"]) for one in api.namespaces(clients) if one["Name"] == name), None)


def _await(clients: Clients, operation_id: str | None) -> None:
    """Returns when Cloud Map has done an operation; raises FarflowError with its reason when it failed."""
    if operation_id is None:
        return

    def check() -> bool | NotYet:
        operation = api.operation(clients, operation_id)
        if operation["Status"] == "FAIL":
            reason = operation.get("ErrorMessage") or operation.get("ErrorCode")
            raise FarflowError(f"Cloud Map could not {operation['Type'].lower().replace('_', ' ')}: {reason}")
        return operation["Status"] == "SUCCESS" or NotYet(operation["Status"])

    wait_for(check, _DONE_AFTER, f"operation {operation_id} of Cloud Map")


def _set_tags(clients: Clients, wanted: Resource, found: Resource) -> None:
    tags, before = wanted.properties["tags"], found.properties["tags"]
    if tags != before:
        api.set_tags(clients, found.attributes["arn"], tags, sorted(set(before) - set(tags)))
