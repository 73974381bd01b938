from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.images import build_context, dockerignore
from docker.utils.build import exclude_paths
from hypothesis import assume, given, settings
from hypothesis import strategies as st


def ignored(text, path):
    """Whether a path is left out when its folders are visited first, as a walk does."""
    rules = dockerignore.parse(text)
    parts = path.split("/")
    answer, matched = False, ()
    for depth in range(1, len(parts) + 1):
        answer, matched = rules.ignored("/".join(parts[:depth]), matched)
    return answer


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("*.py", "a.py", True),
        ("*.py", "lib/a.py", False),
        ("*.PY", "a.py", False),  # letter case matters
        ("**/*.py", "lib/deep/a.py", True),
        ("**/*.py", "a.py", True),
        ("lib", "lib/a.py", True),
        ("/lib/", "lib/a.py", True),
        ("lib/**", "lib", False),
        ("lib/**", "lib/deep/a.py", True),
        ("lib/../a.py", "a.py", True),
        ("**", "anything/at/all", True),
        ("**/lib", "xlib", False),
        ("**lib", "xlib", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a[b-d]e", "ace", True),
        ("a[^b-d]e", "ace", False),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        ("a(b).|$+{c}", "a(b).|$+{c}", True),
        ("# a comment", "# a comment", False),
        (" # no comment", "# no comment", True),
        ("\ufeffa", "a", True),
        (".", "a", False),
        ("*\n!keep.txt", "keep.txt", False),
        ("!keep.txt\n*", "keep.txt", True),
        ("lib\n!lib/keep", "lib/keep", False),
        ("lib\n!lib/keep\nlib/keep", "lib/keep", True),
        ("lib\n!lib/deep/keep\nlib/deep", "lib/deep/keep", False),  # odd, and so it is in Docker
        ("*.txt\n! keep.txt", "keep.txt", False),
        ("**\n!lib", "lib/deep/a.py", False),
    ],
)
def test_what_is_left_out(text, path, expected):
    assert ignored(text, path) is expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("\\d*", "1a", True),  # a digit to Go's regular expressions, whatever Docker documents
        ("\\d*", "da", False),
        ("a|b*", "bx", True),
        ("a|b", "a", False),  # without a wildcard it is compared as it is
        ("a|b", "a|b", True),
        ("a{2}*", "aa", True),
        ("*.{js,ts}", "a.js", False),
        ("*.{js,ts}", "a.{js,ts}", True),
        ("{{name}}/*", "{{name}}/a", True),
        ("a^b*", "a^bc", False),
        ("a^b", "a^b", True),
        ("[*]", "*", False),
        ("[[:alpha:]]", "a", True),
        ("[[:alpha:]]", "a]", False),
        ("a\\_b", "a_b", True),
        ("a\\x41*", "aAb", True),
        ("a\\Q*", "a[^/]*$", True),
        ("[a\\-z]", "-", True),
        ("[a\\-z]", "b", False),
        ("[^a]", "\n", True),
        ("**\\*.db", "deep/*.db", True),
        ("**\\*.db", "deep/a.db", False),
        ("a*[/*", "ab[", True),
        ("a*\\", "ab$", True),
        ("lib**", "library/a", True),
        ("lib/***", "lib/deep/a", True),
        ("**/", "a/b", True),
        ("a/**/b", "a/x\ny/b", False),  # a line feed is no "any character" to Go
        ("//a", "a", True),
        ("/ a", "a", True),
        ("./!a\nb", "a", False),
        ("*\n/!a", "a", False),  # cleaned, it begins with an exclamation mark
        ("/", "a", False),
        ("..", "a", False),
        ("foo\rbar", "foo\rbar", True),
        ("foo\rbar", "foo", False),
        ("foo\r\nbar\r\n", "foo", True),
        ("foo\x0bbar\x85baz\u2028end", "foo", False),
        ("a\x1c", "a", False),
        ("a\x1c", "a\x1c", True),
        ("\xa0a\u2003", "a", True),
        ("caf\udce9", "caf\udce9", True),
        ("caf\udce9", "caf\xe9", False),
        ("caf\udce9*", "caf\udce9s", True),
        ("caf\udce9*", "caf\udcffs", True),  # to Go any byte is as good as another that is no UTF-8
        ("caf[^\ufffd]", "caf\udce9", False),
        ("caf?", "caf\udce9", True),
    ],
)
def test_matches_as_the_engine_does(text, path, expected):
    """What Docker's own matcher answered (github.com/moby/patternmatcher of 2026-03-24)."""
    assert ignored(text, path) is expected


@pytest.mark.parametrize(
    "pattern",
    ["!", "!/", "! /", "!//", "[", "a[", "[]a]", "[a-]", "[^", "[^]", "[b-a]", "[-a]", "[^-a]", "[a-c-e]", "a\\"]
    + ["node_modules\\p", "a\\", "!bad\\p", "x\\y", "\\8", "\\1", "\\\xe9", "*\\E", "[\\y]", "[\udce9]", "?*["]
    + ["*{2}", "**/?*{2}", "a{2}{3}*", "a{1001}*", "a{3,2}*", "|{2}*", "[[:letter:]]", "\\x{110000}", "x" * 65536],
)
def test_what_docker_refuses_is_refused_with_its_line(pattern):
    with pytest.raises(FarflowError, match=r"^\.dockerignore:2: .* is not a pattern that Docker understands$"):
        dockerignore.parse(f"fine\n{pattern}\n")


@given(st.text(st.sampled_from("ab[]^-*?!\\/.|{}2,:$()+dDpQEx \r\n#\udce9\ufffd\u00e9"), max_size=14))
def test_any_text_is_read_or_refused_by_its_lines(text):
    try:
        rules = dockerignore.parse(text)
    except FarflowError as error:
        assert {line.split(":")[0] for line in str(error).split("\n")} == {".dockerignore"}
    else:
        assert rules.ignored("a")[0] in (True, False)


def test_every_bad_line_is_told():
    with pytest.raises(FarflowError) as error:
        dockerignore.parse("[\nfine\n!")
    assert [line.split(": ")[0] for line in str(error.value).splitlines()] == [".dockerignore:1", ".dockerignore:3"]


def make(root, files):
    for file in files:
        path = Path(root, file)
        if not path.is_dir() and not any(parent.is_file() for parent in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


def kept(root, patterns):
    Path(root, ".dockerignore").write_text("\n".join(patterns))
    found = {entry.path for entry in build_context.entries(build_context.BuildContext(Path(root)))}
    return found - {".dockerignore"}


def kept_by_the_sdk(root, patterns):
    return exclude_paths(root, list(patterns), dockerfile="no Dockerfile") - {".dockerignore"}


# Where the SDK is not Docker it is left out: capital letters, negated classes, **x, exceptions with wildcards.
NAMES = st.sampled_from(["a", "b", "ab", "a.c", ".b"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
TREES = st.lists(PATHS, min_size=1, max_size=12)
WILDCARDS = st.lists(NAMES | st.sampled_from(["*", "?", "a*", "*.c", "[ab]", "**"]), min_size=1, max_size=3)
LITERALS = st.tuples(st.sampled_from(["", "!"]), PATHS).map("".join)


@settings(max_examples=200, deadline=None)
@given(TREES, st.lists(WILDCARDS.map("/".join), max_size=4))
def test_keeps_what_the_docker_sdk_keeps(files, patterns):
    with TemporaryDirectory() as root:
        make(root, files)
        assert kept(root, patterns) == kept_by_the_sdk(root, patterns)


@settings(max_examples=200, deadline=None)
@given(TREES, st.lists(LITERALS, max_size=5))
def test_keeps_exceptions_as_the_docker_sdk_does(files, patterns):
    # Where an exception and another pattern name a folder and what is in it, the SDK is not like Docker: see the tests
    # below.
    assume(not any(_is_exception_above(each, other) for each in patterns for other in patterns))
    assume(not any(_is_exception_below(each, other) for i, each in enumerate(patterns) for other in patterns[i:]))
    with TemporaryDirectory() as root:
        make(root, files)
        assert kept(root, patterns) == kept_by_the_sdk(root, patterns)


def _is_exception_above(pattern, other):
    return pattern.startswith("!") and other.lstrip("!").startswith(f"{pattern[1:]}/")


def _is_exception_below(pattern, later):
    return pattern.startswith("!") and pattern[1:].startswith(f"{later}/")


def test_a_folder_that_is_ignored_already_is_not_ignored_once_more(tmp_path):
    make(tmp_path, ["a/a", "a/b"])
    assert kept(tmp_path, ["a", "!a/a", "a"]) == {"a/a"}


def test_an_exception_for_a_folder_that_was_not_ignored_says_nothing_of_what_is_in_it(tmp_path):
    make(tmp_path, ["a/a"])
    assert kept(tmp_path, ["a/a", "!a"]) == {"a"}


def test_an_exception_with_a_wildcard_is_found_in_an_ignored_folder(tmp_path):
    make(tmp_path, ["lib/deep/keep.txt", "lib/other.txt"])
    assert kept(tmp_path, ["lib", "!**/keep.txt"]) == {"lib/deep/keep.txt"}


def test_an_ignored_folder_is_not_even_opened(tmp_path, monkeypatch):
    make(tmp_path, ["node_modules/a/b/c", "src/a"])
    opened = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: opened.append(Path(path).name) or scandir(path))
    kept(tmp_path, ["node_modules", "!src/a"])
    assert sorted(opened) == sorted([tmp_path.name, "src"])
