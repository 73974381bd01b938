"""The tables that scripts/readme.py writes."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
SCRIPT = ROOT / "scripts" / "readme.py"


@pytest.fixture
def readme(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    return importlib.import_module("readme")


def test_the_tables_are_up_to_date():
    done = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_check_names_the_file_that_differs_and_leaves_it(readme, monkeypatch, tmp_path, capsys):
    old, same = tmp_path / "README.md", tmp_path / "same.md"
    old.write_text("old")
    same.write_text("same")
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    monkeypatch.setattr(readme, "documents", lambda: {old: "new", same: "same"})
    monkeypatch.setattr(sys, "argv", ["readme.py", "--check"])
    assert readme.main() == 1
    assert capsys.readouterr().out == "README.md differs from the argument specs: run make generate\n"
    assert old.read_text() == "old"


def test_writes_the_file_that_differs(readme, monkeypatch, tmp_path):
    old = tmp_path / "README.md"
    old.write_text("old")
    monkeypatch.setattr(readme, "documents", lambda: {old: "new"})
    monkeypatch.setattr(sys, "argv", ["readme.py"])
    assert readme.main() == 0
    assert old.read_text() == "new"


@pytest.mark.parametrize(
    ("option", "row"),
    [
        ({"type": "str", "required": True, "description": "A name."}, "| `x` | str | required | A name. |"),
        ({"type": "str", "description": "A name."}, "| `x` | str |  | A name. |"),
        ({"type": "str", "default": "17", "description": "A."}, "| `x` | str | `'17'` | A. |"),
        ({"type": "str", "default": "", "description": "A."}, "| `x` | str | `''` | A. |"),
        ({"type": "bool", "default": False, "description": "A."}, "| `x` | bool | `false` | A. |"),
        ({"type": "dict", "default": {}, "description": "A."}, "| `x` | dict | `{}` | A. |"),
        ({"type": "str", "description": ["One.", "Two."]}, "| `x` | str |  | One. Two. |"),
        ({"type": "str", "description": "This | that."}, "| `x` | str |  | This \\| that. |"),
        (
            {"type": "str", "choices": ["single", "per_az"], "default": "single", "description": "A."},
            "| `x` | str | `single` | A. One of `single`, `per_az`. |",
        ),
        (
            {"type": "list", "elements": "str", "choices": ["a", "b"], "default": ["a"], "description": "A."},
            "| `x` | list of str | `[a]` | A. Any of `a`, `b`. |",
        ),
        (
            {"type": "dict", "options": {"count": {"type": "int", "default": 1}}, "description": "A."},
            "| `x` | dict |  | A. A key that is left out is as in `{count: 1}`. |",
        ),
    ],
)
def test_a_row_says_all_of_an_option(readme, option, row):
    assert readme.table({"x": option}).splitlines()[2:] == [row]


def test_a_group_holds_the_options_of_its_role_alone(readme):
    options = {
        "farflow_region": {"type": "str", "required": True, "description": "AWS region."},
        "rds_multi_az": {"type": "bool", "default": False, "description": "A standby."},
    }
    headings = [line for line in readme.grouped(options, {"rds": "The database"}).splitlines() if line[:1] in "#T|"]
    header = ["| Name | Type | Default | Description |", "| --- | --- | --- | --- |"]
    assert [line for line in headings if line] == [
        "## The environment",
        *header,
        "| `farflow_region` | str | required | AWS region. |",
        "## [rds](../roles/rds/README.md)",
        "The database.",
        *header,
        "| `rds_multi_az` | bool | `false` | A standby. |",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("While O(rds_multi_az) is C(true)", "While `rds_multi_az` is `true`"),
        ("as C({section&#58; {key&#58; value}})", "as `{section: {key: value}}`"),
        ("VPC (the network)", "VPC (the network)"),
    ],
)
def test_markup_of_ansible_becomes_markdown(readme, text, shown):
    assert readme.plain(text) == shown


def test_only_what_stands_between_the_comments_is_replaced(readme):
    before = f"above\n{readme.BEGIN}\nold\n{readme.END}\nbelow\n"
    after = readme.with_table(before, "new")
    assert after == f"above\n{readme.BEGIN}\n\nnew\n\n{readme.END}\nbelow\n"
    assert readme.with_table(after, "new") == after


@pytest.mark.parametrize("text", ["nothing", "only {BEGIN}", "only {END}", "{END} before {BEGIN}"])
def test_a_readme_without_a_place_for_the_table_is_an_error(readme, text):
    with pytest.raises(ValueError, match="are missing"):
        readme.with_table(text.format(BEGIN=readme.BEGIN, END=readme.END), "new")
