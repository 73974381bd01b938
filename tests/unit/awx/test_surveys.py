"""Surveys from argument specs."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.awx.surveys import question, survey

OPTIONS = {
    "size": {"type": "int", "default": 1, "description": "How many. Really."},
    "secret": {"type": "str", "no_log": True, "description": "A secret."},
}


@pytest.mark.parametrize(
    ("option", "kind", "choices"),
    [
        ({"type": "str"}, "text", []),
        ({"type": "path"}, "text", []),
        ({"type": "int"}, "integer", []),
        ({"type": "int", "choices": [256, 512]}, "multiplechoice", ["256", "512"]),
        ({"type": "bool"}, "multiplechoice", ["true", "false"]),
        ({"type": "str", "choices": ["one", "two"]}, "multiplechoice", ["one", "two"]),
        ({"type": "list", "elements": "str", "choices": ["one", "two"]}, "multiselect", ["one", "two"]),
        ({"type": "list", "elements": "str"}, "text", []),  # separated by commas, as Ansible takes a list
        ({"type": "str", "no_log": True}, "password", []),
    ],
)
def test_the_type_of_a_question_is_that_of_the_variable(option, kind, choices):
    made = question("name", {"description": "A name.", **option}, required=False)
    assert (made["type"], made["choices"]) == (kind, choices)


@pytest.mark.parametrize("option", [{"type": "dict"}, {"type": "list", "elements": "dict"}])
def test_what_a_survey_cannot_ask_for_is_an_error(option):
    with pytest.raises(ValueError, match="name: a survey can't ask for a"):
        question("name", {"description": "A name.", **option}, required=False)


def test_no_default_beats_the_inventory():
    made = survey(["size", "secret"], OPTIONS)
    assert [each["default"] for each in made["spec"]] == ["", ""]
    assert [each["required"] for each in made["spec"]] == [False, False]


def test_a_text_that_is_left_empty_is_not_passed_on():
    made = question("name", {"type": "str", "description": "A name."}, required=False)
    assert made["min"] == 1


def test_the_words_are_those_of_the_argument_spec():
    made = question("size", OPTIONS["size"], required=False)
    assert made["question_name"] == "How many"
    assert made["question_description"].startswith("size, for this run alone.")
    assert made["question_description"].endswith("or else 1.")


@pytest.mark.parametrize("default", ["", []])
def test_a_default_that_is_empty_is_not_spoken_of(default):
    option = {"type": "list", "elements": "str", "default": default, "description": "Names."}
    said = question("names", option, required=False)["question_description"]
    assert said.endswith("it is what the inventory says.")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("While O(rds_multi_az) is V(true). Else not.", "While rds_multi_az is true"),
        (["As C({a&#58; b}).", "More."], "As {a: b}"),
    ],
)
def test_markup_is_left_out(text, name):
    assert question("x", {"type": "str", "description": text}, required=False)["question_name"] == name
