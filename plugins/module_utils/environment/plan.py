# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One look at an environment: everything of it is read at once, and compared with what is desired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ..engine.actions import DELETE, Action, Resource, plan
from ..engine.clients import Clients
from ..engine.compare import contains_unknown, differences
from ..engine.known import Existing
from ..engine.parallel import in_parallel
from ..engine.references import AFTER, Key
from ..engine.tags import ROLE
from ..kinds.ecs.service import documents as ecs_services
from . import unconverged
from .reader import Reader, in_stages
from .removals import removal

Inputs = Mapping[str, Any]
Planner = Callable[[Clients, list[Resource], list[Resource]], list[Action]]
Recognise = Callable[[Clients, Inputs, list[Resource]], list[Resource]]

#: The states of what AWS has begun to make, or to change.
_COMING = {"pending", "provisioning", "creating", "updating"}

#: How often an action is done in one run. What has other reasons each time is changed by somebody else, too.
_OFTEN = 5


@dataclass(frozen=True)
class Layer:
    """What one role makes. ``readers`` read what exists; ``recognise`` then looks for resources that were not found
    because somebody changed their tags. ``types`` are the resource types that carry no tag and are this role's alone;
    ``makes`` tells whether this role has made a resource that is not desired any more, or not known to be; ``needs``
    names the layers whose resources it refers to; ``planners`` plan those types of which the readers alone do not say
    everything; types that ``kept_until_teardown`` names are deleted, with their parts, by a teardown alone;
    ``replaces_id`` tells of a change whether its resource will have another id; ``in_use`` tells of a resource that
    nobody wants any more whether something still needs it, and it is left for that long.
    """

    name: str
    desired: Callable[[Inputs, Existing], list[Resource]]
    readers: Sequence[Reader]
    needs: Sequence[str] = ()
    types: frozenset[str] = frozenset()
    kept_until_teardown: frozenset[str] = frozenset()
    planners: Mapping[str, Planner] = field(default_factory=dict)
    replaces_id: Callable[[Action], bool] = lambda change: False
    recognise: Recognise = lambda clients, inputs, resources: resources
    makes: Callable[[Inputs, Resource], bool] = lambda inputs, resource: False
    in_use: Callable[[Inputs, Existing, Resource], bool] = lambda inputs, known, resource: False

    def owns(self, resource: Resource) -> bool:
        """Whether an existing resource says that it belongs to this layer: by its tag, else by its type."""
        role = (resource.properties.get("tags") or {}).get(ROLE)
        return role == self.name if role else resource.type in self.types


@dataclass(frozen=True)
class Look:
    """What one look saw: the existing resources, the actions of each layer that was asked for, what a teardown leaves,
    and the existing resources of each of these layers; the inputs that it looked with; and which of the layers have
    actions, or refer to what such a layer makes: after the actions, these have to be looked at again.
    """

    known: Existing
    actions: Mapping[str, list[Action]]
    kept: Sequence[Resource] = ()
    owned: Mapping[str, list[Resource]] = field(default_factory=dict)
    inputs: Inputs = field(default_factory=dict)
    affected: Sequence[str] = ()


def look(
    clients: Clients,
    inputs: Inputs,
    layers: Mapping[str, Layer],
    wanted: Iterable[str],
    kept: Callable[[Resource], bool] | None = None,
) -> Look:
    """Reads the wanted layers and those they need, and plans the wanted ones.

    With ``kept`` the plan is to leave nothing but the resources for which it answers True.
    """
    names = list(wanted)
    asked = [layers[each] for name in names for each in (name, *layers[name].needs)]
    resources = read(clients, inputs, asked)
    known, desired = _desired(resources, inputs, layers)
    if not kept and len(known.all()) < len(resources):
        known, desired = _desired(_prefer_kept_duplicates(resources, desired), inputs, layers)
    owned = _owned(resources, inputs, layers, desired)
    if not kept:
        owned = {name: [one for one in some if not _in_use(one, inputs, layers, known)] for name, some in owned.items()}
    owned = {name: owned[name] for name in names}
    if kept:
        left = [one for some in owned.values() for one in some if kept(one)]
        actions = {name: plan([], [one for one in owned[name] if one not in left]) for name in names}
        return Look(known, actions, left, owned, inputs, _affected(actions, layers))
    actions = {name: _layer_actions(clients, layers[name], inputs, known, owned[name], desired[name]) for name in names}
    return Look(known, actions, owned=owned, inputs=inputs, affected=_affected(actions, layers))


def _affected(actions: Mapping[str, list[Action]], layers: Mapping[str, Layer]) -> list[str]:
    found = {name for name, some in actions.items() if some}
    while more := {name for name in actions.keys() - found if found.intersection(layers[name].needs)}:
        found |= more
    return [name for name in actions if name in found]


def _desired(
    resources: Iterable[Resource], inputs: Inputs, layers: Mapping[str, Layer]
) -> tuple[Existing, dict[str, list[Resource]]]:
    """The resources as an ``Existing``, and what each layer desires where these exist."""
    known = Existing(resources)
    return known, {name: layer.desired(inputs, known) for name, layer in layers.items()}


def _owned(
    resources: Iterable[Resource], inputs: Inputs, layers: Mapping[str, Layer], desired: Mapping[str, list[Resource]]
) -> dict[str, list[Resource]]:
    """The existing resources of each layer. What a layer desires is its own, whatever the tags say that somebody has
    left on it; only of what nobody desires the tags tell. A part of what is nobody's is nobody's.
    """
    resources = list(resources)
    makers = {(one.type, one.name): name for name, some in desired.items() for one in some}
    known = Existing(resources)
    found = [makers.get((one.type, one.name)) or _maker(one, inputs, layers, known) for one in resources]
    strangers = {(one.type, one.name) for one, maker in zip(resources, found, strict=True) if not maker}
    owned: dict[str, list[Resource]] = {name: [] for name in layers}
    for one, maker in zip(resources, found, strict=True):
        if maker and _whole(one) not in strangers:
            owned[maker].append(one)
    return owned


def _maker(resource: Resource, inputs: Inputs, layers: Mapping[str, Layer], known: Existing) -> str | None:
    if not is_own(resource, inputs, layers, known):
        return None
    by_name = (name for name, layer in layers.items() if layer.makes(inputs, resource))
    by_tag = (name for name, layer in layers.items() if layer.owns(resource))
    maker = next(by_name, None) or next(by_tag, None)
    # A type that a layer keeps until teardown is that layer's, whatever role somebody wrote into its tag.
    guards = [name for name, layer in layers.items() if resource.type in layer.kept_until_teardown]
    return guards[0] if maker and guards and maker not in guards else maker


def _in_use(resource: Resource, inputs: Inputs, layers: Mapping[str, Layer], known: Existing) -> bool:
    return any(layer.in_use(inputs, known, resource) for layer in layers.values())


def is_own(resource: Resource, inputs: Inputs, layers: Mapping[str, Layer], known: Existing) -> bool:
    """Whether no reader denies that it bears a name of this environment: if one does, no tag makes it a layer's."""
    tests = (reader.own.get(resource.type) for layer in layers.values() for reader in layer.readers)
    return all(test(inputs, known, resource) for test in tests if test)


def _prefer_kept_duplicates(resources: list[Resource], desired: Mapping[str, list[Resource]]) -> list[Resource]:
    """The resources. Where several have one name, as after a create call whose answer was lost, the one that a plan
    keeps comes first, so that references point to the one that stays.
    """
    times = Counter((one.type, one.name) for one in resources)
    wished = {(one.type, one.name): one for some in desired.values() for one in some}

    def differing(one: Resource) -> int:
        wanted = wished.get((one.type, one.name))
        return len(differences(wanted.properties, one.properties)) if wanted else 0

    doubled = [one for one in resources if times[one.type, one.name] > 1]
    return [*sorted(doubled, key=differing), *(one for one in resources if times[one.type, one.name] == 1)]


def read(clients: Clients, inputs: Inputs, layers: Sequence[Layer]) -> list[Resource]:
    """What exists of the layers, by each of their readers once."""
    resources: list[Resource] = []
    for stage in in_stages(reader for layer in layers for reader in layer.readers):
        found = in_parallel(partial(_ask, clients, inputs, Existing(resources)), stage)
        resources += [resource for some in found for resource in some]
    for layer in {layer.name: layer for layer in layers}.values():
        resources = layer.recognise(clients, inputs, resources)
    return resources


def _ask(clients: Clients, inputs: Inputs, known: Existing, reader: Reader) -> list[Resource]:
    return reader(clients, inputs, known)


def _layer_actions(
    clients: Clients, layer: Layer, inputs: Inputs, known: Existing, owned: list[Resource], desired: list[Resource]
) -> list[Action]:
    """A layer's actions. What refers to a resource that a change gives a new id is planned with that id unknown."""
    actions = _plan(clients, layer, desired, owned)
    renewed = {(each.resource.type, each.resource.name) for each in actions if each.before and layer.replaces_id(each)}
    if not renewed:
        return actions
    return _plan(clients, layer, layer.desired(inputs, known.without_ids(renewed)), owned)


def _plan(clients: Clients, layer: Layer, desired: list[Resource], owned: list[Resource]) -> list[Action]:
    """The actions of each type by its planner, if it has one, in the order in which the resources are desired."""
    wished = {(one.type, one.name) for one in desired}
    actual = [one for one in owned if _whole(one)[0] not in layer.kept_until_teardown or _whole(one) in wished]
    actions = plan(*([one for one in side if one.type not in layer.planners] for side in (desired, actual)))
    for type_, planner in layer.planners.items():
        actions += planner(clients, *([one for one in side if one.type == type_] for side in (desired, actual)))
    order = {(resource.type, resource.name): index for index, resource in enumerate(desired)}
    last = len(order)
    return sorted(actions, key=lambda action: order.get((action.resource.type, action.resource.name), last))


def _whole(resource: Resource) -> tuple[str, str]:
    """Type and name of what a resource is a part of, or else of itself."""
    return resource.part_of or (resource.type, resource.name)


def without_failed(seen: Look, started: Mapping[str, str]) -> Look:
    """The look without what there is to do to services whose deployment, ``started`` by this run, has failed: to start
    it once more would not help, and the wait at the run's end tells why it failed.
    """

    def is_left(action: Action) -> bool:
        name = action.resource.name
        found = seen.known.get(ecs_services.TYPE, name) if action.resource.type == ecs_services.TYPE else None
        return not (found and name in started and ecs_services.has_failed(found, started[name]))

    actions = {layer: [each for each in some if is_left(each)] for layer, some in seen.actions.items()}
    return replace(seen, actions=actions)


def as_result(seen: Look, under_way: Collection[str] = ()) -> dict[str, Any]:
    """The look as the module returns it: per layer the actions, and for the modules what to make and what to delete.
    Resources of a type that is ``under_way`` in the background are not given to the modules again.
    """
    removed = partial(removal, seen.inputs, seen.known)
    possible = _possible(seen, under_way)
    layers = {name: _layer_result(actions, removed, possible) for name, actions in seen.actions.items()}
    pending = sum(len(actions) for actions in seen.actions.values())
    return {
        "changed": False,
        "pending": pending,
        "waits": any(each.blocked or id(each) not in possible for some in seen.actions.values() for each in some),
        "layers": layers,
        "affected": list(seen.affected),
        "in_progress": [name for name, some in seen.owned.items() if any(map(_is_coming, some))],
        "diff": {"prepared": _prepared(seen)},
    }


def _possible(seen: Look, under_way: Collection[str]) -> set[int]:
    """Python's id() of the actions that can be done now, one after another. The roles make the layers in their order,
    so what needs an id that a later one makes is done after the next look. Nothing is deleted while another of its type
    is still to come in its place.
    """
    possible: set[int] = set()
    made: set[Key] = set()
    for actions in seen.actions.values():
        left = [each for each in actions if each.resource.type not in under_way]
        able = _in_turn(left, made)
        coming = {each.resource.type for each in actions if each.kind != DELETE and id(each) not in able}
        possible |= {
            id(each) for each in left if id(each) in able and not (_goes(each) and each.resource.type in coming)
        }
    return possible


def _in_turn(actions: Iterable[Action], made: set[Key]) -> set[int]:
    """Python's id() of those actions that need nothing but ids of resources that are ``made``, or that others of them
    make: these are added.
    """
    waiting = [(each, needs) for each in actions if (needs := each.needs) is not None]
    found: set[int] = set()
    while ready := [each for each, needs in waiting if needs <= made]:
        found |= {id(each) for each in ready}
        waiting = [(each, needs) for each, needs in waiting if not needs <= made]
        made |= {(each.resource.type, each.resource.name) for each in ready if each.kind != DELETE}
    return found


def _goes(action: Action) -> bool:
    """Whether it deletes more than a part of what stays."""
    return action.kind == DELETE and not action.owner


def _layer_result(
    actions: list[Action], removed: Callable[[Resource], dict[str, Any]], possible: Collection[int]
) -> dict[str, Any]:
    """``possible`` holds Python's id() of each action that can be done now."""
    present: dict[str, list[dict[str, Any]]] = {}
    absent: dict[str, list[dict[str, Any]]] = {}
    for action in (each for each in actions if id(each) in possible):
        side, item = (absent, removed) if _goes(action) else (present, _wanted_item)
        side.setdefault(action.resource.type, []).append(item(action.owner or action.resource))
    return {
        "actions": [{**action.describe(), "blocked": id(action) not in possible} for action in actions],
        "possible": sum(id(action) in possible for action in actions),
        "present": present,
        "absent": absent,
    }


def _wanted_item(resource: Resource) -> dict[str, Any]:
    """The arguments for the module that makes a resource, and the ids that must exist before. The other fields of an
    existing resource are no arguments.
    """
    item = dict(resource.arguments) or {**resource.properties, "name": resource.name, "id": resource.id}
    after = [each for each in resource.after if contains_unknown(each)]
    return {**item, AFTER: after} if after else item


def _prepared(seen: Look) -> str:
    lines = []
    for name, actions in seen.actions.items():
        for action in actions:
            head = f"{name}: {action.kind} {action.resource.type} {action.resource.name}"
            lines += [f"{head}: {reason}" for reason in action.reasons] or [head]
    return "".join(f"{line}\n" for line in lines)


def _is_coming(resource: Resource) -> bool:
    return resource.attributes.get("state") in _COMING


def in_progress(seen: Look) -> list[str]:
    """What exists in the layers that were asked for and is still being made by AWS, with its state."""
    made = [one for some in seen.owned.values() for one in some if _is_coming(one)]
    return [f"{one.type} {one.name} is {one.attributes.get('status') or one.attributes['state']}" for one in made]


def unfinished(
    seen: Look, previous: Iterable[Mapping[str, Any]] = (), under_way: Collection[str] = (), converged: bool = False
) -> str:
    """What of the actions should have been done, in words; empty when nothing. That is an action that the modules were
    given a moment ago and that is still to be done for the same reasons, unless it is ``under_way``; and with
    ``converged`` any action at all.
    """
    actions = [action for some in seen.actions.values() for action in some]
    if converged and actions:
        return "did not converge, this is left to do:\n" + unconverged.sentences(actions, seen.known)
    given = [action for action in previous if not action["blocked"]]
    done, times = set(map(_key, given)), Counter(_key(action)[:3] for action in given)
    left = [action for action in actions if not action.blocked and action.resource.type not in under_way]
    stuck = [action for action in left if (key := _key(action.describe())) in done or times[key[:3]] >= _OFTEN]
    if stuck:
        return "did not converge, AWS does not show what was asked for:\n" + unconverged.sentences(stuck, seen.known)
    return ""


def _key(action: Mapping[str, Any]) -> tuple[Any, ...]:
    return action["kind"], action["type"], action["name"], tuple(action["reasons"])
