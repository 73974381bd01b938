"""Every leaf of an operation's input, from botocore's service model, with documents in which it has either of two
valid values.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

from botocore.loaders import Loader
from botocore.model import ServiceModel

MAP_KEY = "any-key"
MODEL = ServiceModel(Loader().load_service_model("ecs", "service-2"), "ecs")


@dataclass(frozen=True)
class Leaf:
    """``path`` has member names, 0 for the item of a list and MAP_KEY for that of a map; ``parents`` the structures it
    goes through, outermost first; ``shape`` is the leaf's own.
    """

    path: tuple
    parents: tuple
    shape: object

    def __str__(self):
        return ".".join(str(part) for part in self.path if part != 0)

    @property
    def names(self):
        """The member names of the path."""
        return [part for part in self.path if part not in (0, MAP_KEY)]

    @property
    def where(self):
        """The shape and the member that hold the leaf."""
        return self.parents[-1], self.names[-1]


def leaves(operation):
    return list(_leaves(MODEL.operation_model(operation).input_shape, (), ()))


def _leaves(shape, path, parents):
    if shape.type_name == "structure" and shape.members:
        for name, member in shape.members.items():
            yield from _leaves(member, (*path, name), (*parents, shape.name))
    elif shape.type_name == "list":
        yield from _leaves(shape.member, (*path, 0), parents)
    elif shape.type_name == "map":
        yield from _leaves(shape.value, (*path, MAP_KEY), parents)
    else:
        yield Leaf(path, parents, shape)


def with_leaf(operation, base, leaf, value, required):
    """The base document with the leaf set; the structures on the way get their required members from ``required``, by
    shape and member, or a plain value.
    """
    document = deepcopy(base)
    _set(MODEL.operation_model(operation).input_shape, document, leaf.path, value, required)
    return document


def _set(shape, container, path, value, required):
    key, rest = path[0], path[1:]
    member = {"structure": lambda: shape.members[key], "list": lambda: shape.member, "map": lambda: shape.value}[
        shape.type_name
    ]()
    if not rest:
        _put(container, key, value)
        return
    inner = _get(container, key)
    if inner is None:
        inner = [] if member.type_name == "list" else {}
    if member.type_name == "structure":
        inner = {**_filled(member, required), **inner}
    _put(container, key, inner)
    _set(member, inner, rest, value, required)


def _filled(shape, required):
    """The required members of a structure, and what else it needs to be valid."""
    given = {name: value for (owner, name), value in required.items() if owner == shape.name}
    for name in shape.required_members:
        given.setdefault(name, plain(shape.members[name], required))
    return deepcopy(given)


def plain(shape, required):
    """Some value of a shape."""
    if shape.type_name == "structure":
        return _filled(shape, required)
    if shape.type_name == "list":
        return [plain(shape.member, required)]
    if shape.type_name == "map":
        return {}
    return values(shape)[0]


def values(shape):
    """Two values of a leaf's shape, or one."""
    if shape.type_name == "string":
        return tuple(shape.enum[:2]) if shape.enum else ("one", "two")
    return {"boolean": (False, True), "double": (20.0, 25.0), "structure": ({"a": 1}, {"a": 2})}.get(
        shape.type_name, (40, 50)
    )


def _get(container, key):
    if isinstance(container, list):
        return container[key] if len(container) > key else None
    return container.get(key)


def _put(container, key, value):
    if isinstance(container, list) and len(container) <= key:
        container.append(value)
    else:
        container[key] = value


def leaf_of(document, path):
    """The value at the path; None where there is none."""
    for key in path:
        document = _get(document, key)
        if document is None:
            return None
    return document
