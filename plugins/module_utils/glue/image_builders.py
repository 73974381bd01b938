# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one place that knows who builds images: today the Docker engine; others come to stand beside it."""

from __future__ import annotations

from .image_builder import Credentials, ImageBuilder, Report


def connect(credentials: Credentials, report: Report) -> ImageBuilder:
    """A builder that is ready.

    Raises: FarflowError with what to do when there is none.
    """
    from . import docker_builder  # here: the Docker SDK takes a tenth of a second to load, and mostly nothing is built

    return docker_builder.DockerBuilder(docker_builder.engine(), credentials, report)
