"""Each constraint of botocore's models is seen where a value does not satisfy it, and nowhere else."""

from __future__ import annotations

import re

import botocore.session
import pytest
from botocore.model import ShapeResolver
from hypothesis import given
from hypothesis import strategies as st

from tests.embedded_aws.authorization.requests import SERVICES
from tests.embedded_aws.routing import MODEL_NAMES
from tests.embedded_aws.validation.constraints import complaints
from tests.embedded_aws.validation.java_patterns import CATEGORIES, compiled

SHAPES = ShapeResolver(
    {
        "Name": {"type": "string", "min": 2, "max": 4, "pattern": "[a-z]+"},
        "Word": {"type": "string"},
        "Secret": {"type": "string", "max": 3, "sensitive": True},
        "Colour": {"type": "string", "enum": ["red", "blue"]},
        "Count": {"type": "integer", "min": 1, "max": 5},
        "Share": {"type": "double", "min": 0.5},
        "Flag": {"type": "boolean"},
        "Blob": {"type": "blob", "max": 2},
        "Names": {"type": "list", "member": {"shape": "Name"}, "min": 1, "max": 2},
        "Tags": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Colour"}, "max": 1},
        "Inner": {"type": "structure", "required": ["Word"], "members": {"Word": {"shape": "Word"}}},
        "Thing": {
            "type": "structure",
            "required": ["Name"],
            "members": {name: {"shape": name} for name in ("Name", "Count", "Names", "Tags", "Inner", "Secret")},
        },
        "Things": {"type": "list", "member": {"shape": "Thing"}},
    }
)


def found(shape, value):
    """Where, and what is demanded there."""
    resolved = SHAPES.get_shape_by_name(shape)
    return [(".".join(map(str, each.path)), each.demand) for each in complaints(resolved, value)]


@pytest.mark.parametrize(
    ("shape", "value", "expected"),
    [
        ("Name", "a", [("", "Member must have length greater than or equal to 2")]),
        ("Name", "abcde", [("", "Member must have length less than or equal to 4")]),
        ("Name", "ab1", [("", "Member must satisfy regular expression pattern: [a-z]+")]),
        ("Colour", "green", [("", "Member must satisfy enum value set: [red, blue]")]),
        ("Count", 0, [("", "Member must have value greater than or equal to 1")]),
        ("Count", 6, [("", "Member must have value less than or equal to 5")]),
        ("Share", 0.4, [("", "Member must have value greater than or equal to 0.5")]),
        ("Blob", b"abc", [("", "Member must have length less than or equal to 2")]),
        ("Names", [], [("", "Member must have length greater than or equal to 1")]),
        ("Names", ["ab", "A!"], [("2", "Member must satisfy regular expression pattern: [a-z]+")]),
        ("Tags", {"ab": "green"}, [("ab", "Member must satisfy enum value set: [red, blue]")]),
        ("Tags", {"a": "red"}, [("a", "Member must have length greater than or equal to 2")]),
        ("Tags", {"ab": "red", "cd": "red"}, [("", "Member must have length less than or equal to 1")]),
        ("Thing", {}, [("Name", "Member must not be null")]),
        ("Thing", {"Name": None}, [("Name", "Member must not be null")]),
        ("Thing", {"Name": "ab", "Inner": {}}, [("Inner.Word", "Member must not be null")]),
        ("Thing", {"Name": 7}, [("Name", "Member must be of type string")]),
        ("Thing", {"Name": "ab", "Names": "ab"}, [("Names", "Member must be of type list")]),
        ("Count", True, [("", "Member must be of type integer")]),
        ("Flag", "true", [("", "Member must be of type boolean")]),
        (
            "Things",
            [{"Name": "ab"}, {"Count": 9}],
            [("2.Name", "Member must not be null"), ("2.Count", "Member must have value less than or equal to 5")],
        ),
    ],
    ids=str,
)
def test_what_is_not_satisfied(shape, value, expected):
    assert found(shape, value) == expected


def test_what_is_a_secret_is_told():
    resolved = SHAPES.get_shape_by_name("Thing")
    (complaint,) = complaints(resolved, {"Name": "ab", "Secret": "abcd"})
    assert complaint.sensitive


def right(shape):
    """Values that satisfy a shape."""
    limits = shape.metadata
    sizes = {"min_size": limits.get("min", 0), "max_size": limits.get("max", 3)}
    match shape.type_name:
        case "string" if "enum" in limits:
            return st.sampled_from(limits["enum"])
        case "string":
            return st.text("abz", **sizes)
        case "integer" | "double":
            return st.integers(int(limits.get("min", -9)) + 1, limits.get("max", 9)).map(
                int if shape.type_name == "integer" else float
            )
        case "list":
            return st.lists(right(shape.member), **sizes)
        case "map":
            return st.dictionaries(right(shape.key), right(shape.value), **sizes)
        case "structure":
            members = {name: right(member) for name, member in shape.members.items()}
            needed = {name: members.pop(name) for name in shape.required_members}
            return st.fixed_dictionaries(needed, optional=members)
    raise AssertionError(shape.type_name)


@given(value=right(SHAPES.get_shape_by_name("Things")))
def test_what_satisfies_everything_is_not_complained_about(value):
    assert found("Things", value) == []


@given(value=right(SHAPES.get_shape_by_name("Things")).filter(bool), data=st.data())
def test_one_wrong_member_anywhere_is_the_only_complaint(value, data):
    number = data.draw(st.integers(0, len(value) - 1))
    wrong, demand = data.draw(
        st.sampled_from(
            [
                ({"Name": "abcde"}, "Member must have length less than or equal to 4"),
                ({"Count": 9}, "Member must have value less than or equal to 5"),
                ({"Inner": {}}, "Member must not be null"),
            ]
        )
    )
    value[number] = {**value[number], **wrong}
    ((path, told),) = found("Things", value)
    assert path.startswith(f"{number + 1}.{next(iter(wrong))}")
    assert told == demand


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "Zürich 1", True),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "(a)", False),
        (r"[\w-]+", "a_b-1", True),
        (r"[\w-]+", "ü", False),
        (r"\d+", "١", False),
        (r"\p{Print}+", "a b", True),
        (r"\p{Print}+", "é", False),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "a 😀", True),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "\x00", False),
        ("^a$", "a\n", False),
        ("a|b", "ab", False),
    ],
)
def test_a_pattern_means_what_it_means_in_java(pattern, text, fits):
    assert bool(compiled(pattern).fullmatch(text)) is fits


@pytest.mark.parametrize("service", sorted({*SERVICES, "sns"}))
def test_every_pattern_of_the_services_that_there_are_is_read(service):
    loader = botocore.session.get_session().get_component("data_loader")
    shapes = loader.load_service_model(MODEL_NAMES.get(service, service), "service-2")["shapes"]
    for name, shape in shapes.items():
        pattern = shape.get("pattern", "")
        assert compiled(pattern), name
        # Java's \w is of ASCII alone where \p{L} is not: we read a whole pattern one way or the other.
        assert not (CATEGORIES.search(pattern) and re.search(r"\\[dsw]", pattern)), name
