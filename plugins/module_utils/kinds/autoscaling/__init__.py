# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The scaling of ECS services, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ...engine.actions import Resource
from ...engine.clients import Clients, caused_by
from ...engine.errors import FarflowError
from ...engine.parallel import in_parallel
from ...engine.patience import patient, patiently
from ...engine.reconcile import Hands, Outcome, reconcile
from ...engine.tags import ENVIRONMENT
from . import calls as api
from . import documents as pure

_KNOWN_AFTER = 120

#: What a target that was just made, a service-linked role that is new, or two policies at once are refused with.
_NOT_NOW = {"ObjectNotFoundException", "FailedResourceAccessException", "ConcurrentUpdateException"}
_PASSING_WORDS = ("ECS service doesn't exist", "Unable to assume IAM role")


def _may_pass(error: FarflowError) -> bool:
    words = caused_by(error, {"ValidationException"}) and any(each in str(error) for each in _PASSING_WORDS)
    return words or caused_by(error, _NOT_NOW)


def find(clients: Clients, environment: str) -> list[Resource]:
    """The scaling of every service in the environment's clusters: those tagged as its own, and a cluster of its name.

    Three lists, and a call for the tags of each target; an environment scales few services.
    """
    clusters = (f"{environment}/", f"{environment}-")
    found = _look(clients, lambda name: name.startswith(clusters))
    ours = {
        one.name
        for one in found
        if one.type == pure.TARGET
        and (one.properties["tags"].get(ENVIRONMENT) == environment or one.name.startswith(clusters[0]))
    }
    return [one for one in found if one.name in ours or _target_of(one) in ours]


def read(clients: Clients, wanted: Sequence[Resource]) -> list[Resource]:
    """The scaling of the services that are wanted to scale, with policies and scheduled actions that are not, too."""
    names = {one.name for one in wanted if one.type == pure.TARGET}
    return _look(clients, names.__contains__)


def _look(clients: Clients, is_ours: Callable[[str], bool]) -> list[Resource]:
    found = [pure.canonical_target(target, {}) for target in api.targets(clients, pure.NAMESPACE) if _scales(target)]
    targets = [target for target in found if is_ours(target.name)]
    if not targets:
        return []
    listed = patiently(
        lambda: api.policies(clients, pure.NAMESPACE), _may_pass, _KNOWN_AFTER, "AWS to show the scaling policies"
    )
    timed = api.scheduled_actions(clients, pure.NAMESPACE)
    parts = [pure.canonical_policy(one) for one in listed if _scales(one)]
    parts += [pure.canonical_scheduled_action(one) for one in timed if _scales(one)]
    names = {target.name for target in targets}
    return [
        *in_parallel(lambda target: _with_tags(clients, target), targets),
        *(part for part in parts if _target_of(part) in names),
    ]


def _scales(document: dict[str, str]) -> bool:
    return document["ScalableDimension"] == pure.DIMENSION


def _with_tags(clients: Clients, target: Resource) -> Resource:
    tags = api.tags(clients, target.id) if target.id else {}
    return replace(target, properties={**target.properties, "tags": tags})


def _target_of(resource: Resource) -> str:
    return resource.name if resource.type == pure.TARGET else pure.split(resource.name)[0]


def _key(target: str) -> dict[str, str]:
    return {
        "ServiceNamespace": pure.NAMESPACE,
        "ResourceId": f"service/{target}",
        "ScalableDimension": pure.DIMENSION,
    }


def converge(
    clients: Clients, desired: Sequence[Resource], actual: Sequence[Resource], check_mode: bool
) -> list[Outcome]:
    """Targets before their policies when they are made, after them when they are deleted. Scheduled actions go first:
    one may change the bounds at any moment.
    """

    def step(type_: str, wanted: Sequence[Resource], hands: Hands) -> list[Outcome]:
        found = [one for one in actual if one.type == type_]
        return reconcile([one for one in wanted if one.type == type_], found, hands, check_mode)

    targets = target_hands(clients), pure.TARGET
    policies = policy_hands(clients), pure.POLICY
    timed = scheduled_action_hands(clients), pure.SCHEDULED_ACTION
    order = (timed, targets, policies) if desired else (timed, policies, targets)
    return [outcome for hands, type_ in order for outcome in step(type_, desired, hands)]


def target_hands(clients: Clients) -> Hands:
    """What registers, changes and deregisters a scalable target."""

    def register(wanted: Resource, tags: dict[str, str] | None) -> None:
        properties = wanted.properties
        bounds = properties["min_capacity"], properties["max_capacity"]
        api.register(clients, _key(wanted.name), bounds, pure.suspended_state(properties), tags)

    def create(wanted: Resource) -> str | None:
        register(wanted, wanted.properties["tags"])
        return next((one.id for one in read(clients, [wanted]) if one.type == pure.TARGET), None)

    def change(wanted: Resource, found: Resource) -> None:
        tags, before = wanted.properties["tags"], found.properties["tags"]
        if {**wanted.properties, "tags": before} != found.properties:
            register(wanted, None)
        if tags != before:
            api.set_tags(clients, str(found.id), tags, sorted(set(before) - set(tags)))

    hands = Hands(create, change, lambda found: api.deregister(clients, _key(found.name)))
    return patient(hands, "scalable target", _KNOWN_AFTER, _may_pass)


def policy_hands(clients: Clients) -> Hands:
    """What puts and deletes a scaling policy. One of another type cannot become target tracking: it is made anew."""

    def put(wanted: Resource) -> str:
        target, name = pure.split(wanted.name)
        return api.put_target_tracking(clients, _key(target), name, pure.target_tracking(wanted.properties))

    def change(wanted: Resource, found: Resource) -> None:
        if found.properties["policy_type"] != pure.TARGET_TRACKING:
            delete(found)
        put(wanted)

    def delete(found: Resource) -> None:
        target, name = pure.split(found.name)
        api.delete_policy(clients, _key(target), name)

    return patient(Hands(put, change, delete), "scaling policy", _KNOWN_AFTER, _may_pass)


def scheduled_action_hands(clients: Clients) -> Hands:
    """What deletes a scheduled action; none is made."""

    def delete(found: Resource) -> None:
        target, name = pure.split(found.name)
        api.delete_scheduled_action(clients, _key(target), name)

    def make(wanted: Resource, found: Resource | None = None) -> str | None:
        raise FarflowError(f"scheduled action {wanted.name} is not made here")

    return patient(Hands(make, make, delete), "scheduled action", _KNOWN_AFTER, _may_pass)
