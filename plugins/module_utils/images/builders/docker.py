# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Builds images by the Docker engine's API, and pushes them."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ...engine.errors import FarflowError
from .. import dockerfiles
from ..build_context import BuildContext, archive, located, sent_dockerfile, with_base
from ..context_checks import read_dockerfile
from .builder import Build, Credentials, Report

try:
    import docker
    from docker.errors import APIError, DockerException, ImageNotFound
    from requests.exceptions import RequestException
except ImportError:  # engine() says what is missing
    docker = None
    APIError = DockerException = ImageNotFound = RequestException = Exception  # type: ignore[misc, assignment]

_ADVICE = (
    "start Docker on this machine, or set DOCKER_HOST to an engine elsewhere (`docker context inspect` shows the one "
    "that your command line uses)"
)
_SILENCE = 900  # seconds that a registry may take over the end of a large layer
_LINES = 20
_PUSH_ATTEMPTS = 4
_BUILD_ATTEMPTS = 3
_CONFLICT = 409

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STEP = re.compile(r"Step \d+/\d+ : .*")
_FROM = re.compile(r"Step \d+/\d+ : FROM ", re.IGNORECASE)
_MADE = re.compile(r" ---> ([0-9a-f]{12,64})")
_ENGINE = re.compile(r" ---> |Removing intermediate container ")
_HOPELESS = re.compile(r"denied|unauthorized|no basic auth credentials|not authorized", re.IGNORECASE)
#: A layer that the build had from the engine's cache. Another run has removed it with its own former image.
_LAYER_GONE = re.compile(r'(unable to find image|No such image:) "?sha256:')
_TAG_TAKEN = re.compile(r"immutable", re.IGNORECASE)


def engine() -> Any:
    """A client of the Docker engine that DOCKER_HOST names, or of this machine's own.

    Raises: FarflowError with what to do when none answers.
    """
    if docker is None:
        raise FarflowError("the Python that runs this has no Docker SDK: install the package docker for it")
    try:
        return docker.from_env(timeout=_SILENCE).api
    except DockerException as error:
        where = os.environ.get("DOCKER_HOST", "this machine's own socket")
        raise FarflowError(
            f"images are to be built, and no Docker engine answers at {where}: {error}; {_ADVICE}"
        ) from (error)


class DockerBuilder:
    """The engine's own ("classic") builder, which every engine has.

    A build leaves its image and those of its earlier stages behind, named after what they are for: the engine's cache
    for the next build. Those that were there before are removed, and so is the name that a push needs. The base of an
    image is named after it, too, so that no builder asks a registry for it.
    """

    def __init__(self, engine: Any, credentials: Credentials, report: Report) -> None:
        """``engine`` is the Docker SDK's low-level client."""
        self._engine = engine
        self._auth = {"username": credentials.username, "password": credentials.password}
        self._report = report
        self._pulling = threading.Lock()

    def build_and_push(self, build: Build) -> None:
        """See ImageBuilder."""
        with _docker_errors(_failure(build)):
            self._make(self._with_base(build), build.tags)
        for tag in build.tags:
            with _docker_errors(f"could not push image {build.address}:{tag}"):
                self._push(build.address, tag)
                self._engine.remove_image(f"{build.address}:{tag}", noprune=True)

    def build(self, build: Build) -> str:
        """Builds without pushing; the image's id."""
        with _docker_errors(_failure(build)):
            return self._make(build)

    def _with_base(self, build: Build) -> Build:
        """The build with its base in the engine, and told by the build argument."""
        if not build.base:
            return build
        name = f"{build.cache}.base"
        with self._pulling:  # several may have the same base, whose own name goes again
            self._report(f"pulling {build.base}, the base of {build}")
            was_there = self._find(build.base) is not None
            is_ours = build.base.startswith(f"{build.address.partition('/')[0]}/")
            for message in self._engine.pull(
                build.base, stream=True, decode=True, auth_config=self._auth if is_ours else None
            ):
                if "error" in message:
                    raise FarflowError(f"{_failure(build)}: could not pull its base {build.base}: {message['error']}")
            self._keep_for_cache(name, self._engine.inspect_image(build.base)["Id"])
            if not was_there:
                self._engine.remove_image(build.base, noprune=True)
        return replace(build, context=with_base(build.context, name))

    def _make(self, build: Build, tags: Sequence[str] = ()) -> str:
        """The id of the image, which the engine has then, under these tags of the build's address. It has them before
        it is the cache's: another run that builds for the same may take that name, and remove what has no other.
        """
        for attempt in range(1, _BUILD_ATTEMPTS + 1):
            try:
                *stages, image = self._make_once(build, tags)
                break
            except FarflowError as error:
                if attempt == _BUILD_ATTEMPTS or not _LAYER_GONE.search(str(error)):
                    raise
        self._keep_for_cache(build.cache, image)
        for number, stage in enumerate(stages, 1):
            self._keep_for_cache(f"{build.cache}.stage{number}", stage)
        return image

    def _make_once(self, build: Build, tags: Sequence[str]) -> list[str]:
        """The ids of the stages' images; the last one is the image, with its tags."""
        with _advice(build.context), _docker_errors(_failure(build)):
            *stages, image = self._build(build)
            self._require_platform(build, image)
            self._tag(build, image, tags)
        return [*stages, image]

    def _build(self, build: Build) -> list[str]:
        """The ids of the stages' images; the last one is the image."""
        self._report(f"building {build}")
        context = build.context
        messages = self._engine.build(
            fileobj=archive(context, build.build_ca_bundle),
            custom_context=True,
            dockerfile=sent_dockerfile(context),
            buildargs=dict(context.build_args),
            labels=build.labels,
            target=context.target,
            platform=context.platform,
            use_config_proxy=True,
            nocache=build.again,
            pull=build.pull and not build.base,
            rm=True,
            forcerm=True,
            decode=True,
        )
        return _stages(messages, _failure(build))

    def _require_platform(self, build: Build, image: str) -> None:
        """The engine takes a base image that it has for another processor without a word."""
        found, wanted = self._engine.inspect_image(image), build.context.platform
        platform = f"{found['Os']}/{found['Architecture']}"
        if platform != wanted:
            self._remove_unnamed(image)
            raise FarflowError(
                f"{_failure(build)} for {wanted}: the engine's base image is for "
                f"{platform}; remove that one, and build on such a processor or where the engine can emulate it"
            )

    def _tag(self, build: Build, image: str, tags: Sequence[str]) -> None:
        for tag in tags:
            self._engine.tag(image, build.address, tag, force=True)

    def _keep_for_cache(self, name: str, image: str) -> None:
        before = self._find(name)
        repository, _unused, tag = name.rpartition(":")
        self._engine.tag(image, repository, tag, force=True)
        if before and before["Id"] != image:
            self._remove_unnamed(before["Id"])

    def _remove_unnamed(self, image: str) -> None:
        found = self._find(image)
        if not found or found["RepoTags"]:
            return
        try:
            self._engine.remove_image(image)
        except APIError as error:
            if error.status_code != _CONFLICT:  # a container still runs from it: it stays
                raise

    def _find(self, image: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = self._engine.inspect_image(image)
        except ImageNotFound:
            return None
        return found

    def _push(self, address: str, tag: str) -> None:
        """Pushes until it is in; a tag that has been pushed meanwhile, and can't be moved, holds the same context."""
        for attempt in range(1, _PUSH_ATTEMPTS + 1):
            self._report(f"pushing {address}:{tag}" + (f", attempt {attempt}" if attempt > 1 else ""))
            error = self._push_once(address, tag)
            if not error or _TAG_TAKEN.search(error):
                return
            if attempt == _PUSH_ATTEMPTS or _HOPELESS.search(error):
                raise FarflowError(f"could not push image {address}:{tag}: {error}")
            time.sleep(2 ** (attempt - 1))

    def _push_once(self, address: str, tag: str) -> str | None:
        """What went wrong, or None."""
        try:
            for message in self._engine.push(address, tag=tag, stream=True, decode=True, auth_config=self._auth):
                if "error" in message:
                    return str(message["error"])
        except (DockerException, RequestException) as error:
            return str(error)
        return None


def _stages(messages: Iterable[Mapping[str, Any]], failure: str) -> list[str]:
    """Follows a build to its end: the ids of its stages' images, the last one of which was asked for."""
    step, latest, image = "", "", ""
    stages: list[str] = []
    tail: deque[str] = deque(maxlen=_LINES)
    for message in messages:
        if "error" in message:
            where = f" at {step}" if step else ""
            output = "".join(f"\n  {line}" for line in tail)
            raise FarflowError(f"{failure}{where}: {_plain(message['error']).strip()}{output}")
        for line in _plain(message.get("stream", "")).splitlines():
            if _STEP.match(line):
                stages += [latest] if latest and _FROM.match(line) else []
                step = line
                tail.clear()
            elif made := _MADE.fullmatch(line):
                latest = made[1]
            elif line.strip() and not _ENGINE.match(line):
                tail.append(line)
        image = (message.get("aux") or {}).get("ID") or image
    if not image:
        raise FarflowError(f"{failure}: the Docker engine ended without an image")
    return [*stages, image]


def _failure(build: Build) -> str:
    return f"could not build image {build} from {build.context.path}"


def _plain(text: str) -> str:
    return _COLOUR.sub("", text)


@contextmanager
def _advice(context: BuildContext) -> Iterator[None]:
    """Adds to an error of the engine's own builder what to do when it lacks BuildKit."""
    try:
        yield
    except FarflowError as error:
        _unused, dockerfile = read_dockerfile(located(context, context.dockerfile))
        if advice := dockerfiles.advice(str(error), dockerfile):
            raise FarflowError(f"{error}; {advice}") from error
        raise


@contextmanager
def _docker_errors(failure: str) -> Iterator[None]:
    """Turns what the SDK raises into an error that says what was being done."""
    try:
        yield
    except (DockerException, RequestException) as error:
        raise FarflowError(f"{failure}: {getattr(error, 'explanation', None) or error}") from error
