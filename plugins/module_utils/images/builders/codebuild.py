# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Builds images by CodeBuild: no Docker engine is needed here, and a build goes on when this process ends."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from ...engine.clients import Clients, error_code
from ...engine.errors import FarflowError
from ...engine.waiting import NotYet, wait_for
from ..build_context import archive, with_base
from . import codebuild_calls, codebuild_documents
from .builder import Build, Report

_LINES = 30
_IN_MEMORY = 64 << 20  # bytes of a packed context; a larger one goes to a temporary file
_ALLOWED_AFTER = 120
_TURN_AFTER = 3600  # seconds until the account has room for one more build


@dataclass(frozen=True)
class Place:
    """Where builds run: the project, the bucket of its contexts, and the image that ARM64 builds run in."""

    project: str
    bucket: str
    arm_image: str


class CodeBuildBuilder:
    """One CodeBuild project. What it builds already is waited for, whoever started it."""

    def __init__(self, clients: Clients, place: Place, report: Report) -> None:
        self._clients = clients
        self._place = place
        self._report = report
        self._latest = codebuild_documents.by_image(codebuild_calls.latest(clients, place.project))

    def build_and_push(self, build: Build) -> None:
        """See ImageBuilder."""
        what = f"the role of CodeBuild to be allowed what image {build} needs"
        ended = wait_for(lambda: self._ended(build), _ALLOWED_AFTER, what)
        if ended["buildStatus"] != codebuild_documents.SUCCEEDED:
            tail = "".join(f"\n  {line}" for line in self._tail(ended))
            raise FarflowError(
                f"could not build image {build} from {build.context.path}: {codebuild_documents.failure(ended)}{tail}"
            )

    def _ended(self, build: Build) -> Mapping[str, Any] | NotYet:
        """A build that was begun here, or before, at its end. AWS knows what a new role may a little late."""
        before = self._latest.get(_name(build), {})
        running = before.get("buildStatus") == codebuild_documents.IN_PROGRESS
        started = before if running else self._start(build, str(before.get("id", "")))
        self._report(f"{'waiting for' if running else 'started'} {started['id']}, which builds {build}")
        what = f"image {build}, which CodeBuild build {started['id']} makes"
        ended = wait_for(lambda: self._end(started["id"]), codebuild_documents.limit(started), what)
        self._latest[_name(build)] = ended
        return (
            NotYet(codebuild_documents.failure(ended)) if codebuild_documents.was_not_allowed_to_begin(ended) else ended
        )

    def _start(self, build: Build, after: str) -> Mapping[str, Any]:
        place, context = self._place, build.context
        key = codebuild_documents.object_key(build.address.partition("/")[2], build.tags[0])
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as packed:
            _pack(build, packed)
            packed.seek(0)
            codebuild_calls.put_context(self._clients, place.bucket, key, packed)
        told = with_base(context, build.base) if build.base else context
        options = [*(["--no-cache"] if build.again else []), *(["--pull"] if build.pull else [])]
        spec = codebuild_documents.buildspec(told, f"s3://{place.bucket}/{key}", build.address, build.tags, options)
        request = codebuild_documents.start_request(
            place.project, _name(build), spec, context.platform, place.arm_image, after
        )
        return wait_for(lambda: self._started(request), _TURN_AFTER, f"the turn of image {build} in CodeBuild")

    def _started(self, request: Mapping[str, Any]) -> Mapping[str, Any] | NotYet:
        try:
            return codebuild_calls.start(self._clients, request)
        except FarflowError as error:
            cause = error.__cause__
            if isinstance(cause, Exception) and error_code(cause) == "AccountLimitExceededException":
                return NotYet(str(error))
            raise

    def _end(self, build_id: str) -> Mapping[str, Any] | NotYet:
        build = codebuild_calls.get(self._clients, build_id)
        return (
            NotYet(codebuild_documents.progress(build))
            if build["buildStatus"] == codebuild_documents.IN_PROGRESS
            else build
        )

    def _tail(self, ended: Mapping[str, Any]) -> list[str]:
        try:
            return codebuild_calls.last_lines(self._clients, ended, _LINES) or ["(it has no log)"]
        except FarflowError as error:
            return [f"(its log: {error})"]


def _name(build: Build) -> str:
    """The same wherever the registry is."""
    return f"{build.address.partition('/')[2]}:{build.tags[0]}"


def _pack(build: Build, packed: IO[bytes]) -> None:
    """Without times, so that equal contexts are equal objects."""
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed:
        for chunk in archive(build.context, build.build_ca_bundle):
            compressed.write(chunk)
