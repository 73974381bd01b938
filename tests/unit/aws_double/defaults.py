"""The defaults that AWS documents, read from what botocore's service model says of each member."""

from __future__ import annotations

import re

from .leaves import MODEL

_LITERAL = r"(?:<code>)?\"?(true|false|\d+(?:\.\d+)?|[A-Z][A-Z_]+|tcp)\b"
_SAID = re.compile(rf"[Dd]efault(?: value)?(?: for [\w ]+?)? (?:is|of)(?: that)?:? {_LITERAL}")
_NOT_ON_FARGATE = {("LinuxParameters", "swappiness")}
_CONVERT = {"boolean": lambda text: text == "true", "double": float, "string": str}


def documented(shape_name, member):
    """The default of a structure's member where its documentation names one, else None."""
    shape = MODEL.shape_for(shape_name).members[member]
    said = _SAID.search(shape.documentation)
    if (shape_name, member) in _NOT_ON_FARGATE or not said or shape.type_name in ("structure", "list", "map"):
        return None
    if said[1] not in (getattr(shape, "enum", None) or [said[1]]):
        return None
    return _CONVERT.get(shape.type_name, int)(said[1])


def filled(shape, value):
    """A document in which every structure that is there has its documented defaults, as AWS tells it back."""
    if shape.type_name == "list":
        return [filled(shape.member, item) for item in value]
    if shape.type_name != "structure" or getattr(shape, "is_document_type", False):
        return value
    found = filled_members(shape, value)
    for name in shape.members:
        default = None if name in found else documented(shape.name, name)
        if default is not None:
            found[name] = default
    return found


def filled_members(shape, value):
    """The same of all that is in a structure, but not of itself; it may have more members than the shape."""
    members = shape.members
    return {name: filled(members[name], item) if name in members else item for name, item in value.items()}
