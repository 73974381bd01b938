# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A build context: what a builder is sent, and the digest of all that decides what comes out.

One listing serves both, so an image's tag and its content can't drift apart. Owners, times and permissions other than
"executable" are not part of it: two checkouts of one commit are one context.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import stat
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..engine.errors import FarflowError
from ..validation import text_files
from . import dockerignore
from .dockerignore import Dockerignore, Matched

DOCKERFILE = "Dockerfile"
DOCKERIGNORE = ".dockerignore"

#: The Dockerfile as it is sent where an ignore file of its own takes the place of .dockerignore.
_SENT_DOCKERFILE = ".farflow.Dockerfile"

#: The certificate authority of a TLS-inspecting proxy, for the build alone: sent, never digested.
BUILD_CA = ".build-ca.pem"

#: The build argument by which a Dockerfile is told the image that it shall begin with.
BASE_IMAGE = "BASE_IMAGE"

#: Fargate's words for an architecture, and Docker's.
PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}

FILE, EXECUTABLE, FOLDER, LINK = "file", "executable", "folder", "link"

#: What no image can hold, such as a pipe; never sent, so that it is nowhere but in ``everything``.
SPECIAL = "special"

# Bound to the digest, so that a new rule never takes an old image for its own.
_FORMAT = "farflow build context 1"

# Not before 1980: zip files, and so Python wheels, know no earlier time.
_MODIFIED = 315619200
_CHUNK = 1 << 20


@dataclass(frozen=True)
class BuildContext:
    """All that a build depends on, besides the images that its Dockerfile names.

    ``additional_files`` maps a path in the context to a file or folder (Path) or to a text; they replace what lies
    there. ``dockerfile`` is relative to ``path``, and may lie outside of it. ``exclude`` are further lines of
    .dockerignore. ``platform`` is Docker's, as ``linux/arm64``. What lies at the ``undigested`` paths is sent, and is
    no part of the digest.
    """

    path: Path
    dockerfile: str = DOCKERFILE
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    platform: str = "linux/amd64"
    exclude: tuple[str, ...] = ()
    additional_files: Mapping[str, Path | str] = field(default_factory=dict)
    undigested: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A file, folder or symbolic link of a context. ``path`` has slashes; ``source`` is where a file's bytes are or
    the bytes themselves, ``size`` their number; ``target`` is a link's, of what is special it says what that is.
    """

    path: str
    kind: str
    source: Path | bytes = b""
    size: int = 0
    target: str = ""

    def chunks(self) -> Iterator[bytes]:
        """A file's content."""
        if isinstance(self.source, bytes):
            yield self.source
            return
        with _reading(self.source), self.source.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                yield chunk


def entries(context: BuildContext) -> list[Entry]:
    """What ``COPY . .`` would copy, sorted by path.

    Raises: FarflowError for a context that can't be read or a .dockerignore that Docker would refuse.
    """
    return [entry for entry in everything(context) if entry.kind != SPECIAL]


def everything(context: BuildContext) -> list[Entry]:
    """The same, with what no image can hold."""
    if not context.path.is_dir():
        raise FarflowError(f"build context {context.path} is not a folder")
    found = {entry.path: entry for entry in _walk(context.path, "", _ignore_rules(context), ())}
    found.pop(BUILD_CA, None)
    if _is_sent_apart(context):
        found.pop(DOCKERIGNORE, None)  # what is sent in its place has to hide the Dockerfile, and itself
    for path, source in context.additional_files.items():
        inside = _inside(context, "additional file", path)
        found.update({entry.path: entry for entry in _additional(inside, source)})
    return sorted(found.values(), key=lambda entry: entry.path)


def ignore_file(context: BuildContext) -> str:
    """The path in the context of the file that says what is left out, whether there is one or not: with BuildKit that
    is ``<Dockerfile>.dockerignore``, which takes the place of .dockerignore. Other builders do not know it, so what is
    sent is such that they need not.
    """
    own = f"{_dockerfile_path(context)}{DOCKERIGNORE}"
    return own if os.path.lexists(located(context, own)) else DOCKERIGNORE


def located(context: BuildContext, path: str) -> Path:
    """Where a path that is relative to a context is, without following links on the way out of it."""
    return Path(os.path.normpath(context.path / path))


def sent_dockerfile(context: BuildContext) -> str:
    """The Dockerfile's path in the archive."""
    return _SENT_DOCKERFILE if _is_sent_apart(context) else _dockerfile_path(context)


def _is_sent_apart(context: BuildContext) -> bool:
    """Whether the Dockerfile is sent under a name of its own, with a .dockerignore that hides these two alone."""
    return _leads_out(_dockerfile_path(context)) or ignore_file(context) != DOCKERIGNORE


def digest(context: BuildContext) -> str:
    """The SHA-256, in hexadecimal digits, of everything that decides what is built."""
    whole = hashlib.sha256()
    for record in _records(context):
        whole.update(json.dumps(record, sort_keys=True).encode() + b"\n")
    return whole.hexdigest()


def size(context: BuildContext) -> int:
    """Bytes in the files that a builder is sent."""
    return sum(entry.size for entry in entries(context))


def with_base(context: BuildContext, image: str) -> BuildContext:
    """The same, told the image that it shall begin with."""
    return replace(context, build_args={**context.build_args, BASE_IMAGE: image})


def links_out(context: BuildContext) -> list[Entry]:
    """The symbolic links whose targets no builder can see: absolute ones, and those that climb out."""
    return leading_out(entries(context))


def leading_out(found: list[Entry]) -> list[Entry]:
    """Those of the entries that are such links."""
    return [
        entry
        for entry in found
        if entry.kind == LINK
        and _leads_out(posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), entry.target)))
    ]


def archive(context: BuildContext, build_ca_bundle: Path | None = None) -> Iterator[bytes]:
    """The context as a tar stream for ``POST /build``: the listing, and what the engine itself needs of it.

    ``build_ca_bundle`` is sent as ``.build-ca.pem``; without one, a file of that name in the context is.
    """
    listed = entries(context)
    sent = {entry.path: entry for entry in listed}
    for name in (DOCKERIGNORE, BUILD_CA):
        source = context.path / name
        if name not in sent and source.is_file():
            sent[name] = _file(name, source)
    dockerfile = _dockerfile(context, listed)
    path = sent_dockerfile(context)
    if _is_sent_apart(context):
        sent[DOCKERIGNORE] = _text(DOCKERIGNORE, f"{DOCKERIGNORE}\n{path}\n")
        sent[path] = replace(dockerfile, path=path)
    else:  # the engine hides it from COPY where .dockerignore ignores it
        sent.setdefault(path, dockerfile)
    if build_ca_bundle:
        sent[BUILD_CA] = _file(BUILD_CA, build_ca_bundle)
    for path in sorted(sent):
        yield from _archived(sent[path])
    yield tarfile.NUL * (2 * tarfile.BLOCKSIZE)


def _records(context: BuildContext) -> Iterator[object]:
    listed = entries(context)
    yield _FORMAT
    yield {"build_args": dict(context.build_args), "target": context.target, "platform": context.platform}
    dockerfile = _dockerfile(context, listed)
    yield [dockerfile.path, _content_digest(dockerfile)]
    if context.undigested:
        yield {"undigested": list(context.undigested)}
    for entry in listed:
        if any(f"{entry.path}/".startswith(f"{path}/") for path in context.undigested):
            continue
        content = "" if entry.kind in (FOLDER, LINK) else _content_digest(entry)
        yield [entry.path, entry.kind, content, entry.target]


def _dockerfile(context: BuildContext, listed: list[Entry]) -> Entry:
    dockerfile = _dockerfile_path(context)
    for entry in listed:
        if entry.path == dockerfile and entry.kind in (FILE, EXECUTABLE):
            return entry
    path = located(context, dockerfile)
    if not path.is_file():
        raise FarflowError(f"{context.path} has no {dockerfile}")
    return _file(dockerfile, path)


def _dockerfile_path(context: BuildContext) -> str:
    path = posixpath.normpath(context.dockerfile)
    if path.startswith("/") or path == ".":
        raise FarflowError(f"Dockerfile {context.dockerfile!r} of {context.path} is no path relative to that folder")
    return path


def _inside(context: BuildContext, what: str, path: str) -> str:
    normal = posixpath.normpath(path)
    if normal == "." or _leads_out(normal):
        raise FarflowError(f"{what} {path!r} does not lie in the build context {context.path}")
    return normal


def _leads_out(path: str) -> bool:
    return path.startswith("/") or path.split("/", 1)[0] == ".."


def _content_digest(entry: Entry) -> str:
    content = hashlib.sha256()
    for chunk in entry.chunks():
        content.update(chunk)
    return content.hexdigest()


def _ignore_rules(context: BuildContext) -> Dockerignore:
    path = located(context, ignore_file(context))
    text = ""
    if os.path.lexists(path):
        if not path.is_file():
            raise FarflowError(f"{path}: is no file that can be read, allowed: a text file")
        with _reading(path):
            content = path.read_bytes()
        if problem := text_files.problem(content):
            raise FarflowError(f"{path}:{problem}")
        text = content.decode(errors="surrogateescape")
    return dockerignore.also(dockerignore.parse(text, str(path)), context.exclude)


def _walk(root: Path, folder: str, rules: Dockerignore, parent: Matched) -> Iterator[Entry]:
    with _reading(root / folder):
        found = list(os.scandir(root / folder))
    for item in found:
        path = f"{folder}/{item.name}" if folder else item.name
        ignored, matched = rules.ignored(path, parent)
        is_folder = item.is_dir(follow_symlinks=False)
        if not ignored and (entry := _entry(path, item)):
            yield entry
        if is_folder and (not ignored or rules.may_keep_below(path)):
            yield from _walk(root, path, rules, matched)


def _entry(path: str, item: os.DirEntry[str]) -> Entry | None:
    """None for a socket, which Docker passes over as well."""
    if item.is_symlink():
        return Entry(path, LINK, target=str(Path(item.path).readlink()))
    if item.is_dir():
        return Entry(path, FOLDER)
    if item.is_file():
        return _file(path, Path(item.path))
    mode = item.stat().st_mode
    return None if stat.S_ISSOCK(mode) else Entry(path, SPECIAL, target="a pipe" if stat.S_ISFIFO(mode) else "a device")


def _additional(path: str, source: Path | str) -> Iterator[Entry]:
    if isinstance(source, str):
        yield _text(path, source)
    elif source.is_dir():
        yield Entry(path, FOLDER)
        rules = dockerignore.parse("**/__pycache__")
        for entry in _walk(source, "", rules, ()):
            yield Entry(f"{path}/{entry.path}", entry.kind, entry.source, entry.size, entry.target)
    else:
        yield _file(path, source)


def _text(path: str, text: str) -> Entry:
    content = text.encode()
    return Entry(path, FILE, content, len(content))


def _file(path: str, source: Path) -> Entry:
    with _reading(source):
        status = source.stat()
    return Entry(path, EXECUTABLE if status.st_mode & stat.S_IXUSR else FILE, source, status.st_size)


def _archived(entry: Entry) -> Iterator[bytes]:
    header = tarfile.TarInfo(entry.path)
    header.mtime = _MODIFIED
    header.mode = 0o644 if entry.kind == FILE else 0o755
    if entry.kind == FOLDER:
        header.type = tarfile.DIRTYPE
    elif entry.kind == LINK:
        header.type, header.linkname = tarfile.SYMTYPE, entry.target
    else:
        header.size = entry.size
    yield header.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    sent = 0
    for chunk in entry.chunks() if header.isreg() else ():
        sent += len(chunk)
        yield chunk
    if sent != header.size:
        raise FarflowError(f"{entry.source!s} changed while it was being sent to the builder: run again")
    yield tarfile.NUL * (-sent % tarfile.BLOCKSIZE)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns an error of the operating system into one that names the path."""
    try:
        yield
    except OSError as error:
        raise FarflowError(f"could not read {path}: {error.strerror}") from error
