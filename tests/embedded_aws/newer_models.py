"""What AWS adds to its answers, and a botocore that is new enough to know of it.

botocore drops from an answer what its model lacks, so that what AWS adds reaches a user with the user's next botocore.
`write` makes models in which every structure has one member more; `grown` puts it into an answer.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import botocore.session
from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader
from botocore.model import OperationModel, Shape

from . import behaviours
from .routing import MODEL_NAMES

#: The member that nobody here knows, a text.
MEMBER = "MadeLater"
VALUE = "ON"

_MODEL = "service-2"
_EXTRAS = f"{_MODEL}.sdk-extras"
# What is an error, or is no document with members of its own.
_NEVER = {"exception", "payload", "union", "eventstream"}


def write(folder: Path, services: Iterable[str]) -> None:
    """Extends the models of botocore's services for whoever has the folder as AWS_DATA_PATH."""
    loader = Loader()
    for service in services:
        version = loader.determine_latest_version(service, _MODEL)
        extras = _own_extras(loader, service, version)
        shapes = extras["merge"].setdefault("shapes", {})
        for name, shape in loader.load_service_model(service, _MODEL, version)["shapes"].items():
            if shape["type"] == "structure" and not _NEVER & shape.keys():
                shapes.setdefault(name, {}).setdefault("members", {})[MEMBER] = {"shape": MEMBER}
        shapes[MEMBER] = {"type": "string"}
        path = folder / service / version / f"{_EXTRAS}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(extras))


def _own_extras(loader: Loader, service: str, version: str) -> dict[str, Any]:
    """botocore's own extension of a model, which ours would hide."""
    try:
        return dict(loader.load_data(f"{service}/{version}/{_EXTRAS}"))
    except DataNotFoundError:
        return {"version": 1.0, "merge": {}}


def grows() -> bool:
    """Whether answers have something added to them."""
    return behaviours.UNKNOWN_MEMBERS.is_on or behaviours.UNKNOWN_VALUES.is_on


def grown(service: str, operation: str, content_type: str, body: bytes) -> bytes:
    """The body of an answer with what the behaviours `unknown_members` and `unknown_values` add to it."""
    model = _operation(service, operation)
    shape = model and model.output_shape
    if not shape or "payload" in shape.serialization:
        return body
    if "json" in content_type:
        return json.dumps(grow(shape, json.loads(body))).encode()
    if "xml" in content_type:
        root = ElementTree.fromstring(body)
        wrapper = shape.serialization.get("resultWrapper")
        inner = _child(root, wrapper) if wrapper else root
        if inner is not None:
            _grow_element(shape, inner)
        return ElementTree.tostring(root, xml_declaration=True, encoding="utf-8")
    return body


@functools.cache
def _operation(service: str, operation: str) -> OperationModel | None:
    model = botocore.session.get_session().get_service_model(MODEL_NAMES.get(service, service))
    return model.operation_model(operation) if operation in model.operation_names else None


def grow(shape: Shape, value: Any) -> Any:
    """An answer of the shape, as JSON has it or as botocore gives it, with what the behaviours add."""
    if shape.type_name == "structure" and isinstance(value, dict):
        document = {
            name: _replaced(shape, name, grow(shape.members[name], item)) if name in shape.members else item
            for name, item in value.items()
        }
        return {**document, MEMBER: VALUE} if _gets_more(shape) else document
    if shape.type_name == "list" and isinstance(value, list):
        return [grow(shape.member, item) for item in value]
    return value


def _gets_more(shape: Shape) -> bool:
    is_document = shape.type_name == "structure" and not _NEVER & shape.metadata.keys()
    return is_document and not getattr(shape, "is_document_type", False) and behaviours.UNKNOWN_MEMBERS.happens()


def _replaced(shape: Shape, name: str, value: Any) -> Any:
    if f"{shape.name}.{name}" not in behaviours.UNKNOWN_VALUES.value:
        return value
    behaviours.UNKNOWN_VALUES.strike()
    return VALUE


def _grow_element(shape: Shape, element: ElementTree.Element) -> None:
    """The same in XML."""
    if shape.type_name == "list":
        for item in element:
            _grow_element(shape.member, item)
    if shape.type_name != "structure":
        return
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        if member.type_name == "list" and member.serialization.get("flattened"):
            for item in _children(element, member.member.serialization.get("name", wire_name)):
                _grow_element(member.member, item)
        elif (child := _child(element, wire_name)) is not None:
            child.text = _replaced(shape, name, child.text)
            _grow_element(member, child)
    if _gets_more(shape):
        ElementTree.SubElement(element, MEMBER).text = VALUE


def _children(element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [child for child in element if child.tag.rpartition("}")[2] == name]


def _child(element: ElementTree.Element, name: str) -> ElementTree.Element | None:
    return next(iter(_children(element, name)), None)
