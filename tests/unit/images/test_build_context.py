from __future__ import annotations

import io
import os
import socket
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.images import build_context, dockerignore
from ansible_collections.farflow.airflow.plugins.module_utils.images.build_context import BuildContext
from docker.utils.build import tar as sdk_tar
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def project(root):
    (root / "lib").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    (root / "main.py").write_text("print('hello')\n")
    (root / "lib" / "run.sh").write_text("#!/bin/sh\n")
    (root / "lib" / "run.sh").chmod(0o755)
    (root / "latest").symlink_to("lib/run.sh")
    (root / "notes.md").write_text("not for the image\n")
    (root / ".dockerignore").write_text("*.md\n")
    return BuildContext(root)


@pytest.fixture
def context(tmp_path):
    return project(tmp_path / "context")


def unpacked(stream):
    return tarfile.open(fileobj=io.BytesIO(b"".join(stream)))


def described(archive):
    return {
        member.name: (member.type, member.linkname, archive.extractfile(member).read() if member.isreg() else b"")
        for member in archive
    }


def seen_by_the_classic_builder(files, dockerfile):
    """Which files COPY finds: those two are taken away where .dockerignore ignores them."""
    rules = dockerignore.parse(files.get(".dockerignore", ""))
    return {path for path in files if path not in (".dockerignore", dockerfile) or not rules.ignored(path)[0]}


def seen_by_buildkit(files, dockerfile):
    """It leaves out what the Dockerfile's own ignore file says, and asks .dockerignore only where there is none."""
    rules = dockerignore.parse(files.get(f"{dockerfile}.dockerignore", files.get(".dockerignore", "")))
    return {path for path in files if not rules.ignored(path)[0]}


def change_file(root):
    (root / "main.py").write_text("print('bye')\n")


def add_empty_folder(root):
    (root / "another").mkdir()


def change_ignore_file(root):
    (root / ".dockerignore").write_text("*.md\n*.txt\n")


@pytest.mark.parametrize(
    "change",
    [
        change_file,
        add_empty_folder,
        change_ignore_file,
        lambda root: (root / "main.py").rename(root / "other.py"),
        lambda root: (root / "main.py").chmod(0o755),
        lambda root: (root / "lib" / "run.sh").chmod(0o644),
        lambda root: (root / "new.txt").touch(),
        lambda root: (root / "empty").rmdir(),
        lambda root: (root / "Dockerfile").write_text("FROM scratch\n"),
        lambda root: ((root / "latest").unlink(), (root / "latest").symlink_to("main.py")),
        lambda root: ((root / "latest").unlink(), (root / "latest").write_text("#!/bin/sh\n")),
    ],
)
def test_digest_changes_with_what_is_built(context, change):
    before = build_context.digest(context)
    change(context.path)
    assert build_context.digest(context) != before


@pytest.mark.parametrize(
    "other",
    [
        {"build_args": {"VERSION": "1"}},
        {"target": "test"},
        {"platform": "linux/arm64"},
        {"exclude": ("main.py",)},
        {"additional_files": {"extra.txt": "more"}},
        {"dockerfile": "main.py"},
    ],
)
def test_digest_changes_with_how_it_is_built(context, other):
    assert build_context.digest(replace(context, **other)) != build_context.digest(context)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: os.utime(root / "main.py", (0, 0)),
        lambda root: (root / "main.py").chmod(0o600),
        lambda root: (root / "lib").chmod(0o700),
        lambda root: (root / "notes.md").write_text("quite another text\n"),
        lambda root: (root / ".build-ca.pem").write_text("a certificate\n"),
        lambda root: (root / "main.py").write_bytes((root / "main.py").read_bytes()),
    ],
)
def test_digest_does_not_change_with_anything_else(context, change):
    before = build_context.digest(context)
    change(context.path)
    assert build_context.digest(context) == before


def test_digest_is_that_of_any_checkout(context, tmp_path):
    assert build_context.digest(project(tmp_path / "elsewhere" / "other name")) == build_context.digest(context)


def test_digest_stays_what_it_was_in_earlier_versions(tmp_path):
    """Were it to change, every image of every user would be built anew."""
    (tmp_path / "Dockerfile").write_bytes(b"FROM scratch\n")
    expected = "bc420f56e8a71cc2f2d0232e6da7293a5d1f473ab907af5e4ac43ec4fc792dbd"
    assert build_context.digest(BuildContext(tmp_path)) == expected


def test_an_excluded_dockerfile_still_counts(context):
    (context.path / ".dockerignore").write_text("Dockerfile\n.dockerignore\n")
    before = build_context.digest(context)
    (context.path / "Dockerfile").write_text("FROM another\n")
    assert build_context.digest(context) != before


def test_archive_is_the_listing(context):
    archived = described(unpacked(build_context.archive(context)))
    assert sorted(archived) == sorted(entry.path for entry in build_context.entries(context))


def test_archive_is_what_the_docker_sdk_would_send(context):
    with tarfile.open(fileobj=sdk_tar(str(context.path), exclude=["*.md"])) as sent:
        assert described(unpacked(build_context.archive(context))) == described(sent)


def test_archive_is_the_same_bytes_for_any_checkout(context, tmp_path):
    other = project(tmp_path / "other")
    (other.path / "main.py").chmod(0o640)
    os.utime(other.path / "main.py", (0, 0))
    assert b"".join(build_context.archive(other)) == b"".join(build_context.archive(context))


def test_archive_holds_what_the_engine_needs_even_if_ignored(context):
    (context.path / ".dockerignore").write_text("*\n!main.py\n")
    assert set(described(unpacked(build_context.archive(context)))) == {"Dockerfile", ".dockerignore", "main.py"}


def test_build_ca_is_sent_and_not_digested(context, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificates\n")
    assert "build-ca" not in str([entry.path for entry in build_context.entries(context)])
    archived = described(unpacked(build_context.archive(context, bundle)))
    assert archived[".build-ca.pem"][2] == b"certificates\n"


def test_a_build_ca_in_the_context_is_sent(context):
    (context.path / ".build-ca.pem").write_text("mine\n")
    assert described(unpacked(build_context.archive(context)))[".build-ca.pem"][2] == b"mine\n"


def test_additional_files_replace_what_lies_there(context, tmp_path):
    folder = tmp_path / "plugins"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__pycache__" / "a.pyc").touch()
    (folder / "a.py").write_text("a\n")
    more = replace(context, additional_files={"main.py": "replaced\n", "plugins/ours": folder})
    archived = described(unpacked(build_context.archive(more)))
    assert archived["main.py"][2] == b"replaced\n"
    assert archived["plugins/ours/a.py"][2] == b"a\n"
    assert not [path for path in archived if "__pycache__" in path]


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside", "a/../../outside", "."])
def test_additional_files_stay_inside(context, path):
    with pytest.raises(FarflowError, match="does not lie in the build context"):
        build_context.digest(replace(context, additional_files={path: "text"}))


@pytest.mark.parametrize("dockerfile", [".", "lib/..", "/etc/Dockerfile"])
def test_the_dockerfile_is_relative_to_the_context(context, dockerfile):
    with pytest.raises(FarflowError, match="Dockerfile .* is no path relative to that folder"):
        build_context.digest(replace(context, dockerfile=dockerfile))


@pytest.mark.parametrize("seen", [seen_by_the_classic_builder, seen_by_buildkit])
@pytest.mark.parametrize(
    ("general", "own", "expected"),
    [(None, None, {"a", "b"}), ("a\n", None, {"b"}), ("*\n", "a\n", {"b"})],
)
def test_a_dockerfile_may_lie_outside(tmp_path, seen, general, own, expected):
    (tmp_path / "context").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    files = {"context/a": "", "context/b": "", "context/.dockerignore": general, "Dockerfile.dockerignore": own}
    for name, content in files.items():
        if content is not None:
            (tmp_path / name).write_text(content)
    context = BuildContext(tmp_path / "context", dockerfile="../Dockerfile")
    assert {entry.path for entry in build_context.entries(context)} == expected
    archived = described(unpacked(build_context.archive(context)))
    dockerfile = build_context.sent_dockerfile(context)
    assert archived[dockerfile][2] == b"FROM scratch\n"
    assert (
        seen({name: content.decode() for name, (_unused, _unused, content) in archived.items()}, dockerfile) == expected
    )
    before = build_context.digest(context)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    assert build_context.digest(context) != before


def test_a_dockerfile_may_lie_deeper(context):
    (context.path / "lib" / "Dockerfile").write_text("FROM other\n")
    one, other = (replace(context, dockerfile=path) for path in ("lib/Dockerfile", "./lib/Dockerfile"))
    assert build_context.digest(one) == build_context.digest(other) != build_context.digest(context)


@pytest.mark.parametrize(
    ("target", "leads_out"),
    [
        ("main.py", False),
        ("lib/../main.py", False),
        ("nowhere", False),
        ("..odd", False),
        ("../main.py", True),
        ("/etc/passwd", True),
        ("lib/../../main.py", True),
    ],
)
def test_links_that_lead_out(context, target, leads_out):
    (context.path / "link").symlink_to(target)
    assert [entry.path for entry in build_context.links_out(context)] == (["link"] if leads_out else [])


def test_a_link_is_judged_from_where_it_lies(context):
    (context.path / "lib" / "link").symlink_to("../main.py")
    assert build_context.links_out(context) == []


def test_an_ignored_link_is_nobodys_business(context):
    (context.path / "link.md").symlink_to("/etc/passwd")
    assert build_context.links_out(context) == []


def test_sockets_and_pipes_are_passed_over(context):
    before = build_context.digest(context)
    os.mkfifo(context.path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(context.path / "socket"))
        assert build_context.digest(context) == before
        assert "pipe" not in described(unpacked(build_context.archive(context)))


def test_a_missing_context_is_named(tmp_path):
    with pytest.raises(FarflowError, match="nowhere is not a folder"):
        build_context.digest(BuildContext(tmp_path / "nowhere"))


def test_a_missing_dockerfile_is_named(tmp_path):
    with pytest.raises(FarflowError, match="has no Dockerfile"):
        build_context.digest(BuildContext(tmp_path))


@pytest.mark.parametrize("seen", [seen_by_the_classic_builder, seen_by_buildkit])
@pytest.mark.parametrize(
    ("general", "own", "expected"),
    [
        (None, None, {"a", "b", "Dockerfile"}),
        ("a\n", None, {"b", "Dockerfile", ".dockerignore"}),
        ("*\n!b\n", None, {"b"}),
        (None, "a\n", {"b", "Dockerfile", "Dockerfile.dockerignore"}),
        (None, "Dockerfile*\n", {"a", "b"}),
        ("a\n", "b\n", {"a", "Dockerfile", "Dockerfile.dockerignore"}),
        ("*\n", "*\n!b\n", {"b"}),
        ("*\n", "", {"a", "b", "Dockerfile", "Dockerfile.dockerignore"}),
        ("[\n", "a\n", {"b", "Dockerfile", "Dockerfile.dockerignore"}),  # nobody reads it
    ],
)
def test_every_builder_copies_what_the_digest_covers(tmp_path, seen, general, own, expected):
    files = {"a": "", "b": "", "Dockerfile": "FROM scratch\n", ".dockerignore": general, "Dockerfile.dockerignore": own}
    for name, content in files.items():
        if content is not None:
            (tmp_path / name).write_text(content)
    context = BuildContext(tmp_path)
    assert {entry.path for entry in build_context.entries(context)} == expected
    archived = described(unpacked(build_context.archive(context)))
    dockerfile = build_context.sent_dockerfile(context)
    assert archived[dockerfile][2] == b"FROM scratch\n"
    assert (
        seen({name: content.decode() for name, (_unused, _unused, content) in archived.items()}, dockerfile) == expected
    )


def test_the_ignore_file_is_the_one_beside_the_dockerfile(context):
    (context.path / "lib" / "Dockerfile").write_text("FROM scratch\n")
    (context.path / "lib" / "Dockerfile.dockerignore").write_text("*\n!lib/run.sh\n")
    deeper = replace(context, dockerfile="lib/Dockerfile")
    assert [entry.path for entry in build_context.entries(deeper)] == ["lib/run.sh"]
    assert "notes.md" not in [entry.path for entry in build_context.entries(context)]


def test_what_its_own_ignore_file_leaves_out_does_not_count(context):
    (context.path / "Dockerfile.dockerignore").write_text("main.py\n")
    before = build_context.digest(context)
    (context.path / "main.py").write_text("another\n")
    (context.path / ".dockerignore").write_text("lib\n")
    assert build_context.digest(context) == before
    (context.path / "notes.md").write_text("now it is for the image\n")
    assert build_context.digest(context) != before


@pytest.mark.parametrize("name", [".dockerignore", "Dockerfile.dockerignore"])
def test_an_ignore_file_may_hold_any_bytes(context, name):
    (context.path / os.fsdecode(b"caf\xe9")).touch()
    (context.path / "foo\rbar").touch()
    (context.path / name).write_bytes(b"# caf\xe9\ncaf\xe9\nfoo\rbar\r\n")
    assert not {os.fsdecode(b"caf\xe9"), "foo\rbar"} & {entry.path for entry in build_context.entries(context)}


def test_an_unreadable_file_is_named(context, monkeypatch):
    real = Path.open

    def refuse(self, *arguments, **more):
        if self.name == "main.py":
            raise PermissionError(13, "Permission denied")
        return real(self, *arguments, **more)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FarflowError, match=r"could not read .*main\.py: Permission denied"):
        build_context.digest(context)


def test_a_file_that_grows_while_it_is_sent_is_an_error(context):
    stream = build_context.archive(context)
    next(stream)
    (context.path / "main.py").write_text("much longer than it was\n" * 9)
    with pytest.raises(FarflowError, match="changed while it was being sent"):
        list(stream)


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40).filter(
    lambda name: (
        name not in (".", "..", ".dockerignore", "Dockerfile.dockerignore", ".build-ca.pem")
        and len(name.encode()) < 200
    )
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(NAMES, st.binary(max_size=1500), max_size=6))
def test_any_file_survives_the_archive(tmp_path_factory, files):
    root = tmp_path_factory.mktemp("context")
    for name, content in {**files, "Dockerfile": b"FROM scratch\n"}.items():
        (root / name).write_bytes(content)
    archived = described(unpacked(build_context.archive(BuildContext(root))))
    assert {name: content for name, (_unused, _unused, content) in archived.items()} == {
        **files,
        "Dockerfile": b"FROM scratch\n",
    }
    assert build_context.digest(BuildContext(root)) == build_context.digest(BuildContext(root))


def test_what_is_undigested_is_sent_and_names_nothing(tmp_path):
    """But that it is so is part of the digest: an image that is named by all of it is another."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags-of-others").touch()
    (tmp_path / "dags" / "a.py").write_text("1")
    some = BuildContext(tmp_path, undigested=("dags",))
    before, whole = build_context.digest(some), build_context.digest(BuildContext(tmp_path))
    (tmp_path / "dags" / "a.py").write_text("2")
    (tmp_path / "dags" / "b.py").touch()
    assert build_context.digest(some) == before != whole
    assert b"dags/b.py" in b"".join(build_context.archive(some))
    (tmp_path / "dags-of-others").write_text("2")
    assert build_context.digest(some) != before
