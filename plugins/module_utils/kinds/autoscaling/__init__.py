# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The scaling of ECS services: scalable targets with their policies, and the scheduled actions that are not wanted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import ClassVar

from ...engine.actions import Resource
from ...engine.changing import operations
from ...engine.clients import Clients, caused_by, pages, unless
from ...engine.errors import FarflowError
from ...engine.kind import Document, Kind
from ...engine.parallel import in_parallel
from ...engine.reading import listed, read_listed
from ...engine.reconcile import Outcome, reconcile
from ...engine.tags import ENVIRONMENT
from . import documents

_SERVICE = "application-autoscaling"
_PASSING_WORDS = ("ECS service doesn't exist", "Unable to assume IAM role")


class _OfService(Kind):
    """What there is of the scaling of an ECS service. AWS lists all of a region's by one operation, under one key."""

    gone = frozenset({"ObjectNotFoundException"})
    #: What a target that was just made, a service-linked role that is new, or two policies at once are refused with.
    busy = frozenset({"ObjectNotFoundException", "FailedResourceAccessException", "ConcurrentUpdateException"})
    operation: ClassVar[str]
    key: ClassVar[str]

    def is_busy(self, error: FarflowError) -> bool:
        words = any(each in str(error) for each in _PASSING_WORDS)
        return super().is_busy(error) or (words and caused_by(error, {"ValidationException"}))

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        found = pages(clients(_SERVICE), self.operation, self.key, ServiceNamespace=documents.NAMESPACE)
        ours = [document for document in found if document["ScalableDimension"] == documents.DIMENSION]
        return [document for document in ours if self.name(document).startswith(prefix)]

    def look_up(self, clients: Clients, name: str) -> Document | None:
        return next((document for document in self.list(clients, name) if self.name(document) == name), None)

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        """None but those of a target."""
        return {}


class ScalableTarget(_OfService):
    """The desired count of a service, between its bounds."""

    type = documents.TARGET
    title, titles = "scalable target", "scalable targets"
    operation, key = "describe_scalable_targets", "ScalableTargets"

    def name(self, document: Document) -> str:
        return documents.target_of(document)

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        arn, gone = document.get("ScalableTargetARN"), {"ResourceNotFoundException"}
        answer = unless(gone, lambda: clients(_SERVICE).list_tags_for_resource(ResourceARN=arn), {}) if arn else {}
        return dict(answer.get("Tags") or {})

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return documents.canonical_target(document, tags)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        tags = wanted.properties["tags"]
        request = {**documents.register_request(wanted), **({"Tags": tags} if tags else {})}
        arn: str | None = clients(_SERVICE).register_scalable_target(**request).get("ScalableTargetARN")
        return arn

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        clients(_SERVICE).register_scalable_target(**documents.register_request(wanted))

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients(_SERVICE).tag_resource(ResourceARN=found.id, Tags=dict(tags))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients(_SERVICE).untag_resource(ResourceARN=found.id, TagKeys=keys)

    def delete(self, clients: Clients, found: Resource) -> None:
        """The service keeps the count that it has."""
        clients(_SERVICE).deregister_scalable_target(**documents.key(found.name))


class ScalingPolicy(_OfService):
    """A policy of a target. One of another type than is wanted is made anew."""

    type = documents.POLICY
    title, titles = "scaling policy", "scaling policies"
    operation, key = "describe_scaling_policies", "ScalingPolicies"

    def name(self, document: Document) -> str:
        return f"{documents.target_of(document)}/{document['PolicyName']}"

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return documents.canonical_policy(document)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        return str(clients(_SERVICE).put_scaling_policy(**documents.policy_request(wanted))["PolicyARN"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        if "policy_type" in differs:
            unless(set(self.gone), lambda: self.delete(clients, found))
        self.create(clients, wanted)

    def delete(self, clients: Clients, found: Resource) -> None:
        target, name = documents.split(found.name)
        clients(_SERVICE).delete_scaling_policy(**documents.key(target), PolicyName=name)


class ScheduledAction(_OfService):
    """What sets the bounds of a target by the clock. None is made here."""

    type = documents.SCHEDULED_ACTION
    title, titles = "scheduled action", "scheduled actions"
    operation, key = "describe_scheduled_actions", "ScheduledActions"

    def name(self, document: Document) -> str:
        return f"{documents.target_of(document)}/{document['ScheduledActionName']}"

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return documents.canonical_scheduled_action(document)

    def delete(self, clients: Clients, found: Resource) -> None:
        target, name = documents.split(found.name)
        clients(_SERVICE).delete_scheduled_action(**documents.key(target), ScheduledActionName=name)


TARGET, POLICY, SCHEDULED_ACTION = ScalableTarget(), ScalingPolicy(), ScheduledAction()


def find(clients: Clients, environment: str) -> list[Resource]:
    """The scaling of every service in the environment's clusters: those tagged as its own, and a cluster of its name.

    Three lists, and a call for the tags of each target; an environment scales few services.
    """
    of_its_cluster = f"{environment}/"
    found = _look(clients, lambda name: name.startswith((of_its_cluster, f"{environment}-")))
    ours = {
        one.name
        for one in found
        if one.type == documents.TARGET
        and (one.name.startswith(of_its_cluster) or one.properties["tags"].get(ENVIRONMENT) == environment)
    }
    return [one for one in found if _target_of(one) in ours]


def read(clients: Clients, wanted: Sequence[Resource]) -> list[Resource]:
    """The scaling of the services that are wanted to scale, with policies and scheduled actions that are not, too."""
    names = {one.name for one in wanted if one.type == documents.TARGET}
    return _look(clients, names.__contains__)


def _look(clients: Clients, is_ours: Callable[[str], bool]) -> list[Resource]:
    targets = [document for document in listed(TARGET, clients) if is_ours(documents.target_of(document))]
    if not targets:
        return []
    names = {documents.target_of(document) for document in targets}
    of_kind: list[tuple[Kind, Document]] = [(TARGET, document) for document in targets]
    of_kind += [(kind, document) for kind in (POLICY, SCHEDULED_ACTION) for document in listed(kind, clients)]
    ours = [(kind, document) for kind, document in of_kind if documents.target_of(document) in names]
    found = in_parallel(lambda one: read_listed(one[0], clients, one[1]), ours)
    return [resource for resource in found if resource]


def _target_of(resource: Resource) -> str:
    return resource.name if resource.type == documents.TARGET else documents.split(resource.name)[0]


def converge(
    clients: Clients, desired: Sequence[Resource], actual: Sequence[Resource], check_mode: bool
) -> list[Outcome]:
    """Targets before their policies when they are made, after them when they are deleted. Scheduled actions go first:
    one may change the bounds at any moment.
    """

    def step(kind: Kind) -> list[Outcome]:
        wanted, found = ([one for one in side if one.type == kind.type] for side in (desired, actual))
        return reconcile(wanted, found, operations(kind, clients), check_mode)

    order = (SCHEDULED_ACTION, TARGET, POLICY) if desired else (SCHEDULED_ACTION, POLICY, TARGET)
    return [outcome for kind in order for outcome in step(kind)]
