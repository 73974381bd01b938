# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The project's DAG folder as a version: which files it has, what is wrong with it, and the archive of it.

The files are those that Airflow's image would get from the folder: the image's .dockerignore holds here too, and what
Python and editors leave behind is never part of it. So one version comes from two checkouts of one commit.
"""

from __future__ import annotations

import gzip
import io
import posixpath
import stat
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .. import dag_versions
from ..engine.errors import FarflowError
from ..images import build_context, context_checks
from ..images.build_context import BuildContext, Entry
from ..validation.value_checks import printable

#: The folder below ``airflow_service_path``.
NAME = "dags"

#: What Airflow passes over, in a folder of DAGs or of plugins.
AIRFLOWIGNORE = ".airflowignore"

#: The most that a version's files may have, unpacked. Every worker unpacks it, and keeps some of them side by side.
MOST_BYTES = 256 << 20
MOST_FILES = 20_000

_SHOWN = 5  # largest files
_MODIFIED = 315619200  # 1980-01-02, before which zip files know no time
_LEVEL = 1  # of gzip: a fourth of the time, a fifth more bytes

# Left behind by Python, editors and file managers.
_LITTER = ("**/__pycache__", "**/*.pyc", "**/.git", "**/.DS_Store", "**/*.swp", "**/.ipynb_checkpoints", "**/.*_cache")


@dataclass(frozen=True)
class DagFolder:
    """A folder in which nothing is wrong. ``files`` are as ``dag_versions.version_of`` takes them."""

    path: Path
    entries: tuple[Entry, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The version's name."""
        return dag_versions.version_of(self.files)


def read(airflow: Path) -> DagFolder:
    """The folder ``dags`` below the one of Airflow's image. Reads every file.

    Raises FarflowError, a line for each thing that is wrong.
    """
    listed = list_files(airflow)
    problems = _problems(airflow / NAME, listed)
    if problems:
        raise FarflowError("\n".join(problems))
    files = {entry.path: _content(entry) for entry in listed}
    return DagFolder(airflow / NAME, tuple(listed), files)


def problems(airflow: Path) -> list[str]:
    """What is wrong with the folder, by names and sizes, and with its .airflowignore files, which alone are opened.
    Nothing where the folder that it is in can't be read: that is told of the image's build context.
    """
    try:
        return _problems(airflow / NAME, list_files(airflow))
    except FarflowError as error:
        return str(error).splitlines()
    except OSError:
        return []


def ignore_file_problems(airflow: Path) -> list[str]:
    """What is wrong with the files by which Airflow passes over others, where it reads the folder from its image."""
    try:
        return [each for entry in list_files(airflow) for each in _ignore_file(airflow / NAME, entry)]
    except (FarflowError, OSError):
        return []


def list_files(airflow: Path) -> list[Entry]:
    """The files and links of the folder, their paths seen from it."""
    folder = airflow / NAME
    if folder.is_symlink() or not folder.is_dir():
        raise FarflowError(
            f"{printable(folder)}: is no folder, allowed: a folder with the DAG files; with airflow_service_dags: "
            "image, Airflow reads those that its image has"
        )
    prefix = f"{NAME}/"
    found = build_context.everything(BuildContext(airflow, exclude=_LITTER))
    return [
        Entry(one.path.removeprefix(prefix), one.kind, one.source, one.size, one.target)
        for one in found
        if one.path.startswith(prefix) and one.kind != build_context.FOLDER
    ]


def packed(folder: DagFolder, below: str = "") -> bytes:
    """The archive. It holds nothing but the files: names sorted, times and owners always the same; and each ``below``
    that path.

    Raises FarflowError for a file that has changed since it was read.
    """
    archive = io.BytesIO()
    with (
        # The name of the file and the time would be part of a gzip header.
        gzip.GzipFile(filename="", mode="wb", fileobj=archive, compresslevel=_LEVEL, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        if below:  # it has to be there also when nothing is in it
            _add_folder(tar, below)
        for entry in folder.entries:
            _add(tar, entry, folder, below)
    return archive.getvalue()


def files_of(archive: bytes) -> dict[str, str]:
    """The files of an archive, as ``dag_versions.version_of`` takes them; none where it cannot be read."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            return {member.name: _member(tar, member) for member in tar.getmembers()}
    except (tarfile.TarError, OSError, EOFError, zlib.error):
        return {}


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    if member.issym():
        return dag_versions.linked(member.linkname)
    content = tar.extractfile(member)
    return dag_versions.held([content.read() if content else b""], bool(member.mode & stat.S_IXUSR))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What differs between two versions' files, a phrase each: ``reports/daily.py changed``."""
    words = []
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            word = "added" if path not in before else "removed" if path not in after else "changed"
            words.append(f"{printable(path)} {word}")
    return words


def _add_folder(tar: tarfile.TarFile, path: str) -> None:
    header = tarfile.TarInfo(path.rstrip("/"))
    header.type, header.mode, header.mtime = tarfile.DIRTYPE, 0o755, _MODIFIED
    tar.addfile(header)


def _add(tar: tarfile.TarFile, entry: Entry, folder: DagFolder, below: str) -> None:
    header = tarfile.TarInfo(below + entry.path)
    header.mtime = _MODIFIED
    header.mode = 0o755 if entry.kind == build_context.EXECUTABLE else 0o644
    if entry.kind == build_context.LINK:
        header.type, header.linkname = tarfile.SYMTYPE, entry.target
        tar.addfile(header)
        return
    content = b"".join(entry.chunks())
    if dag_versions.held([content], entry.kind == build_context.EXECUTABLE) != folder.files[entry.path]:
        raise FarflowError(f"{printable(folder.path / entry.path)} changed while it was being packed: run again")
    header.size = len(content)
    tar.addfile(header, io.BytesIO(content))


def _content(entry: Entry) -> str:
    if entry.kind == build_context.LINK:
        return dag_versions.linked(entry.target)
    return dag_versions.held(entry.chunks(), entry.kind == build_context.EXECUTABLE)


def _problems(folder: Path, listed: Iterable[Entry]) -> list[str]:
    listed = list(listed)
    paths = {entry.path for entry in listed}
    found = [problem for entry in listed for problem in _of_file(folder, entry, paths)]
    size, count = sum(entry.size for entry in listed), len(listed)
    if size > MOST_BYTES:
        found.append(
            f"{printable(folder)}: has {_mib(size)}, allowed: {_mib(MOST_BYTES)}, since every worker unpacks it; put "
            f"data into S3 or into the image. The largest files: {_largest(listed)}"
        )
    if count > MOST_FILES:
        found.append(f"{printable(folder)}: has {count} files, allowed: {MOST_FILES}")
    return found


def _of_file(folder: Path, entry: Entry, paths: Iterable[str]) -> list[str]:
    shown = printable(folder / entry.path)
    if entry.kind == build_context.SPECIAL:
        return [f"{shown}: is {entry.target}, allowed: files, and links to them"]
    try:
        entry.path.encode()
    except UnicodeEncodeError:
        return [f"{shown}: has a name that is not UTF-8, allowed: one that is"]
    if entry.kind != build_context.LINK:
        return _ignore_file(folder, entry)
    target = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), entry.target))
    if entry.target.startswith("/") or target.split("/", 1)[0] == "..":
        return [
            f"{shown}: is a link to {printable(entry.target)}, out of the DAG folder, allowed: links to what lies in "
            "it; copy what it points to"
        ]
    if target not in paths and not any(each.startswith(f"{target}/") for each in paths):
        return [
            f"{shown}: is a link to {printable(entry.target)}, which is no file or folder in the DAG folder, allowed: "
            "links to what is there"
        ]
    return []


def _ignore_file(folder: Path, entry: Entry) -> list[str]:
    """One that Airflow cannot read keeps it from every DAG of the folder."""
    is_one = entry.kind in (build_context.FILE, build_context.EXECUTABLE) and Path(entry.path).name == AIRFLOWIGNORE
    return context_checks.read_text(folder / entry.path)[0] if is_one else []


def _largest(listed: Iterable[Entry]) -> str:
    largest = sorted(listed, key=lambda entry: (-entry.size, entry.path))[:_SHOWN]
    return ", ".join(f"{printable(entry.path)} ({_mib(entry.size)})" for entry in largest)


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"
