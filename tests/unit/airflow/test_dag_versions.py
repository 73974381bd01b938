"""The contract between the deploy, which puts versions of the DAGs, and the image, which reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils import dag_versions

ROOT = Path(__file__).parents[3]
POINTER = {
    "number": 3,
    "version": "0123456789abcdef",
    "previous": None,
    "when": "2026-11-29T12:00:00Z",
    "by": "arn:aws:iam::123456789012:user/ada",
    "commit": "9e5f54b+",
    "files": 2,
    "size": 512,
    "sha256": "0" * 64,
    "etag": '"0"',
}


def altered(**changes):
    """The pointer's object with changes by hand."""
    return json.dumps({**json.loads(dag_versions.written(POINTER)), **changes}).encode()


def test_it_lies_in_both_places_byte_for_byte():
    name = "dag_versions.py"
    in_image = ROOT / "airflow" / "plugins" / "farflow" / name
    assert in_image.read_bytes() == (ROOT / "plugins" / "module_utils" / name).read_bytes()


def test_a_version_does_not_hang_on_the_order_of_files():
    assert dag_versions.version_of({"a": "1", "b": "2"}) == dag_versions.version_of({"b": "2", "a": "1"})
    assert dag_versions.VERSION.fullmatch(dag_versions.version_of({}))


def test_names_of_versions_stay_what_they_are():
    """Else every environment would get a new version of the same files by an upgrade of the collection."""
    assert dag_versions.version_of({"a.py": dag_versions.held([b"A = 1\n"], False)}) == "67ed6ebb4bd467e9"


def test_a_pointer_is_read_as_it_was_written():
    assert dag_versions.read(dag_versions.written(POINTER)) == POINTER


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "it is no JSON"),
        (b"\xff\xfe", "it is no JSON"),
        (b"[]", "it is no JSON object"),
        (b"{}", "it has no format"),
        (altered(version=1), "its version is 1"),
        (altered(version="0123456789abcdee"), "it was edited by hand"),
        (altered(more=1), "it was edited by hand"),
        (altered(seal=None), "it was edited by hand"),
        (altered(format=2), "its format is 2, and this image knows 1: build a newer one"),
        (altered(number=True), "its number is True"),
        (dag_versions.written({**POINTER, "version": "../../x"}), "its version is '../../x'"),
    ],
)
def test_a_pointer_that_somebody_has_edited_is_refused(content, says):
    with pytest.raises(ValueError, match=".") as error:
        dag_versions.read(content)
    assert str(error.value).startswith(says)
