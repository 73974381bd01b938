# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one place that knows who builds images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...engine.clients import Clients
from .. import calls as ecr_images
from .builder import Credentials, ImageBuilder, Report

if TYPE_CHECKING:
    from .docker import DockerBuilder

#: Makes a builder that is ready, or raises FarflowError with what to do when there is none.
Connect = Callable[[Clients, Report], ImageBuilder]

_NOT_SIGNED_IN = Credentials("", "")


def builder(codebuild: Mapping[str, str] | None) -> Connect:
    """CodeBuild, when it is said where (``{project, bucket, arm_image}``); else Docker, with buildx where it is."""
    if not codebuild:
        return _docker

    def connect(clients: Clients, report: Report) -> ImageBuilder:
        from .codebuild import CodeBuildBuilder, Place

        return CodeBuildBuilder(clients, Place(**codebuild), report)

    return connect


def on_engine(report: Report, credentials: Credentials = _NOT_SIGNED_IN) -> tuple[Any, DockerBuilder]:
    """A client of the Docker engine and what builds on it: buildx, where it is. For what is pushed: ``credentials``.

    Raises FarflowError with what to do when no engine answers.
    """
    # Here: the Docker SDK takes a tenth of a second to load, and mostly nothing is built.
    from . import buildx as buildx_builder
    from . import docker as docker_builder

    engine = docker_builder.engine()
    make = buildx_builder.BuildxBuilder if buildx_builder.is_there() else docker_builder.DockerBuilder
    return engine, make(engine, credentials, report)


def _docker(clients: Clients, report: Report) -> ImageBuilder:
    _engine, made = on_engine(report, Credentials(*ecr_images.credentials(clients)))
    return made
