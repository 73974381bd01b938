# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Builds images by ``docker buildx``, where the CLI has it: with BuildKit's cache, and for other processors."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ...engine.commands import run
from ...engine.errors import FarflowError
from ..build_context import archive, sent_dockerfile
from .builder import Build
from .docker import DockerBuilder

#: The secret by which a Dockerfile can mount the certificate authorities: ``RUN --mount=type=secret,id=build-ca``.
_SECRET = "build-ca"
_LINES = 30


def is_there() -> bool:
    """Whether the Docker CLI is here and has buildx; DOCKER_BUILDKIT=0 says that it is not to be used."""
    if os.environ.get("DOCKER_BUILDKIT") == "0":
        return False
    try:
        return run(["docker", "buildx", "version"])[0] == 0
    except OSError:
        return False


class BuildxBuilder(DockerBuilder):
    """Only makes images otherwise than a DockerBuilder: the engine has them then, and pushes them. BuildKit keeps its
    cache itself.
    """

    def _make(self, build: Build, tags: Sequence[str] = ()) -> str:
        self._report(f"building {build}")
        with tempfile.TemporaryDirectory(prefix="farflow-") as folder:
            context, image = Path(folder, "context"), Path(folder, "image")
            _unpack(build, context)
            command = ["docker", "buildx", "build", *_options(build, context), "--iidfile", str(image), str(context)]
            code, output = run(command)
            if code:
                tail = "".join(f"\n  {line}" for line in output.splitlines()[-_LINES:])
                raise FarflowError(f"could not build image {build} from {build.context.path}:{tail}")
            made = image.read_text().strip()
        self._require_platform(build, made)
        self._tag(build, made, tags)
        return made


def _options(build: Build, folder: Path) -> list[str]:
    context = build.context
    options = ["--platform", context.platform, "--file", str(folder / sent_dockerfile(context))]
    # An image that the engine has, and not an index with a statement beside it, is what ECS and the digest rely on.
    options += ["--load", "--provenance=false", "--progress=plain"]
    for name, value in context.build_args.items():
        options += ["--build-arg", f"{name}={value}"]
    if context.target:
        options += ["--target", context.target]
    for name, value in build.labels.items():
        options += ["--label", f"{name}={value}"]
    if build.again:
        options += ["--no-cache"]
    if build.base:
        options += ["--builder", "default"]  # which is the engine's own, and so sees the images that the engine has
    elif build.pull:
        options += ["--pull"]
    if build.build_ca_bundle:
        options += ["--secret", f"id={_SECRET},src={build.build_ca_bundle}"]
    return options


def _unpack(build: Build, folder: Path) -> None:
    """Lays the context out as any other builder gets it."""
    with tempfile.TemporaryFile() as packed:
        for chunk in archive(build.context, build.build_ca_bundle):
            packed.write(chunk)
        packed.seek(0)
        with tarfile.open(fileobj=packed) as opened:
            opened.extraction_filter = getattr(tarfile, "fully_trusted_filter", None)  # we have just made it
            opened.extractall(folder)
