# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Private DNS namespaces of AWS Cloud Map, and the services in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ...engine.actions import Resource
from ...engine.changing import operations
from ...engine.clients import Clients, pages, tag_dict, tag_list, unless
from ...engine.errors import FarflowError
from ...engine.immutable import refuse_changes
from ...engine.kind import Begun, Document, Kind
from ...engine.ownership import unless_closed
from ...engine.parallel import in_parallel
from ...engine.reading import listed, read_listed
from ...engine.reconcile import Outcome, reconcile
from ...engine.tags import NOTHING, PrefetchedTags
from ...engine.waiting import NotYet
from . import documents

_SERVICE = "servicediscovery"


class _OfCloudMap(Kind):
    """Cloud Map makes and changes most things by operations that go on after the call."""

    patience = 300
    immutable = documents.IMMUTABLE

    def name(self, document: Document) -> str:
        return str(document["Name"])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        return tag_dict(clients(_SERVICE).list_tags_for_resource(ResourceARN=document["Arn"])["Tags"])

    def prefetched_tags(self, document: Document, prefetched: PrefetchedTags) -> Mapping[str, str] | None:
        return prefetched.get(document["Arn"])

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients(_SERVICE).tag_resource(ResourceARN=found.attributes["arn"], Tags=tag_list(dict(tags)))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients(_SERVICE).untag_resource(ResourceARN=found.attributes["arn"], TagKeys=keys)


class Namespace(_OfCloudMap):
    """A private DNS namespace. AWS refuses a second one of a name in a VPC, so no run makes a double."""

    type = documents.NAMESPACE
    title, titles = "private DNS namespace", "private DNS namespaces"
    gone = frozenset({"NamespaceNotFound", "ResourceNotFoundException"})
    exists = frozenset({"NamespaceAlreadyExists"})
    #: A service that was deleted, or the operation of a run that was killed, may hold one for a moment.
    busy = frozenset({"ResourceInUse", "DuplicateRequest"})

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        private = [{"Name": "TYPE", "Values": ["DNS_PRIVATE"], "Condition": "EQ"}]
        found = pages(clients(_SERVICE), "list_namespaces", "Namespaces", Filters=private)
        ours = [namespace for namespace in found if namespace["Type"] == "DNS_PRIVATE"]
        return [namespace for namespace in ours if self.name(namespace).startswith(prefix)]

    def look_up(self, clients: Clients, name: str) -> Document | None:
        return next((namespace for namespace in self.list(clients, name) if self.name(namespace) == name), None)

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        """Cloud Map does not tell in which VPCs the hosted zone of one is seen."""
        zone = documents.hosted_zone_id(document)
        gone = {"NoSuchHostedZone"}
        answer = unless(gone, lambda: clients("route53").get_hosted_zone(Id=zone), {}) if zone else {}
        return documents.canonical_namespace(document, [vpc["VPCId"] for vpc in answer.get("VPCs") or []], tags)

    def create(self, clients: Clients, wanted: Resource) -> str | Begun | None:
        properties = wanted.properties
        answer = clients(_SERVICE).create_private_dns_namespace(
            Name=wanted.name,
            Vpc=properties["vpc_id"],
            Properties=documents.soa(properties),
            Tags=tag_list(properties["tags"]),
            **documents.described(properties["description"]),
        )
        return _begun(clients, answer)

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> Begun | None:
        words = documents.described(wanted.properties["description"], found.properties["description"])
        namespace = {**words, "Properties": documents.soa(wanted.properties)}
        return _begun(clients, clients(_SERVICE).update_private_dns_namespace(Id=found.id, Namespace=namespace))

    def delete(self, clients: Clients, found: Resource) -> Begun | None:
        return _begun(clients, clients(_SERVICE).delete_namespace(Id=found.id))


class Service(_OfCloudMap):
    """A service in a namespace; its name is that of DNS, ``<service>.<namespace>``."""

    type = documents.SERVICE
    title, titles = "service", "services"
    gone = frozenset({"ServiceNotFound", "ResourceNotFoundException"})
    exists = frozenset({"ServiceAlreadyExists"})
    #: Instances are registered in it until the ECS service is gone. One may be on its way out already.
    busy = frozenset({"ResourceInUse", "DuplicateRequest"})

    def __init__(self, namespaces: Mapping[str, str | None]) -> None:
        """``namespaces`` are the ids by name."""
        self._namespaces = namespaces

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        """Those of the namespace of that name."""
        of_namespace = [{"Name": "NAMESPACE_ID", "Values": [self._namespaces[prefix]], "Condition": "EQ"}]
        found = pages(clients(_SERVICE), "list_services", "Services", Filters=of_namespace)
        return [{**service, "Name": f"{service['Name']}.{prefix}"} for service in found]

    def look_up(self, clients: Clients, name: str) -> Document | None:
        found = self.list(clients, documents.split(name)[1])
        return next((service for service in found if self.name(service) == name), None)

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        instances = pages(clients(_SERVICE), "list_instances", "Instances", ServiceId=document["Id"])
        return documents.canonical_service(document, instances, tags)

    def create(self, clients: Clients, wanted: Resource) -> str | Begun | None:
        name, namespace = documents.split(wanted.name)
        answer = clients(_SERVICE).create_service(
            Name=name, NamespaceId=self._namespaces[namespace], **documents.create_request(wanted)
        )
        return str(answer["Service"]["Id"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> Begun | None:
        client = clients(_SERVICE)
        others = found.properties["instances_of_others"] if "instances_of_others" in differs else ()
        answers = [_deregister(client, found, instance) for instance in others]
        if not {"description", "dns_records"}.isdisjoint(differs):
            words = documents.described(wanted.properties["description"], found.properties["description"])
            service = {**words, "DnsConfig": {"DnsRecords": documents.dns_records(wanted.properties)}}
            answers.append(client.update_service(Id=found.id, Service=service))
        return _all([_begun(clients, answer) for answer in answers if answer])

    def delete(self, clients: Clients, found: Resource) -> None:
        clients(_SERVICE).delete_service(Id=found.id)


NAMESPACE = Namespace()


def _deregister(client: Any, service: Resource, instance: str) -> Mapping[str, Any] | None:
    """Begins to take an instance off, unless it is gone already."""
    call = partial(client.deregister_instance, ServiceId=service.id, InstanceId=instance)
    answer: Mapping[str, Any] | None = unless({"InstanceNotFound"}, call)
    return answer


def _all(begun: Sequence[Begun]) -> Begun:
    """What is done when all of these are."""

    def progress() -> bool | NotYet:
        return next((state for one in begun if (state := one.progress()) is not True), True)

    return Begun(progress)


def _begun(clients: Clients, answer: Mapping[str, Any]) -> Begun:
    """The operation that a call has begun. One that fails raises FarflowError with Cloud Map's reason."""
    operation_id = answer["OperationId"]

    def progress() -> bool | NotYet:
        operation = clients(_SERVICE).get_operation(OperationId=operation_id)["Operation"]
        if operation["Status"] == "FAIL":
            reason = operation.get("ErrorMessage") or operation.get("ErrorCode")
            raise FarflowError(f"Cloud Map could not {operation['Type'].lower().replace('_', ' ')}: {reason}")
        return operation["Status"] == "SUCCESS" or NotYet(operation["Status"])

    return Begun(progress)


def find(
    clients: Clients,
    environment: str,
    names: Collection[str] = (),
    expected: Collection[str] = (),
    prefetched: PrefetchedTags = NOTHING,
) -> list[Resource]:
    """An environment's namespaces, ``<environment>.<anything>``, and their services, whoever made them. Other accounts
    may share theirs with this one: whose tags we may not read is theirs, unless it has one of the ``names`` or its id
    is ``expected``.
    """
    namespaces, services = _look(
        clients, lambda name: name.startswith(f"{environment}."), {*names, *expected}, prefetched
    )
    return [*namespaces, *services]


def read(clients: Clients, wanted: Iterable[Resource]) -> tuple[list[Resource], list[Resource]]:
    """The wanted namespaces, with the namespaces of wanted services, and the wanted services that exist."""
    names = {one.name for one in wanted}
    needed = {documents.split(one.name)[1] for one in wanted if one.type == documents.SERVICE}
    namespaces, services = _look(clients, lambda name: name in names or name in needed, {*names, *needed})
    return namespaces, [service for service in services if service.name in names]


def _look(
    clients: Clients, is_ours: Callable[[str], bool], expected: Collection[str], prefetched: PrefetchedTags = NOTHING
) -> tuple[list[Resource], list[Resource]]:
    """One list of namespaces; for each of ours its tags, its VPC and its services; a call for a service's tags."""
    ours = [document for document in listed(NAMESPACE, clients) if is_ours(NAMESPACE.name(document))]
    found = in_parallel(lambda document: _namespace(clients, document, expected, prefetched), ours)
    namespaces = [namespace for namespace in found if namespace]
    kind = Service({namespace.name: namespace.id for namespace in namespaces})
    in_them = in_parallel(lambda namespace: listed(kind, clients, namespace.name), namespaces)
    services = in_parallel(
        lambda document: read_listed(kind, clients, document, prefetched),
        [service for some in in_them for service in some],
    )
    return namespaces, [service for service in services if service]


def _namespace(
    clients: Clients, document: Document, expected: Collection[str], prefetched: PrefetchedTags
) -> Resource | None:
    is_expected = not {document["Name"], document["Id"]}.isdisjoint(expected)
    return unless_closed(lambda: read_listed(NAMESPACE, clients, document, prefetched), is_expected)


def converge(
    clients: Clients, namespaces: Sequence[Resource], services: Sequence[Resource], present: bool, check_mode: bool
) -> tuple[list[Outcome], list[Outcome]]:
    """What became of the namespaces and of the services, which are made after them and deleted before them."""
    found, found_services = read(clients, [*namespaces, *services])
    names = {namespace.name for namespace in namespaces}
    found_namespaces = [namespace for namespace in found if namespace.name in names]
    of_namespaces = operations(NAMESPACE, clients)
    if not present:
        deleted = reconcile([], found_services, operations(Service({}), clients), check_mode)
        return reconcile([], found_namespaces, of_namespaces, check_mode), deleted
    there = {one.name: one for one in found}
    namespaces = [documents.seen_from(namespace, there.get(namespace.name)) for namespace in namespaces]
    refuse_changes([*namespaces, *services], [*found, *found_services], documents.IMMUTABLE)
    homeless = sorted({documents.split(one.name)[1] for one in services} - names - set(there))
    if homeless:
        raise FarflowError(f"there is no private DNS namespace {', '.join(homeless)}")
    outcomes = reconcile(namespaces, found_namespaces, of_namespaces, check_mode)
    ids = {one.name: one.id for one in found} | {outcome.name: outcome.id for outcome in outcomes}
    return outcomes, reconcile(services, found_services, operations(Service(ids), clients), check_mode)
