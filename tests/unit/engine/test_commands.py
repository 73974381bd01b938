"""Commands of this machine."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.commands import run


def python(code):
    return run([sys.executable, "-c", code])


def test_the_exit_code_and_all_that_was_printed_in_its_order():
    code = (
        "import sys; print('out', flush=True); print('error', file=sys.stderr, flush=True); print('end'); sys.exit(3)"
    )
    assert python(code) == (3, "out\nerror\nend\n")


def test_what_is_no_text_is_told_as_well_as_it_can_be():
    assert python("import sys; sys.stdout.buffer.write(b'a\\xffb')") == (0, "a\ufffdb")


def test_nothing_is_waited_for_that_a_person_would_type():
    assert python("input()")[0] == 1


def test_many_at_once():
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(python, [f"print({number})" for number in range(8)])) == [
            (0, f"{number}\n") for number in range(8)
        ]


def test_a_command_that_does_not_exist():
    with pytest.raises(FileNotFoundError):
        run(["no-such-command"])
