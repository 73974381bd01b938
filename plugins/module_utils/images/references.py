# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""References of images that others have built: which registry they are in, and what pins them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.actions import Resource
from ..validation.value_checks import Problem, wrong

TYPE = "prebuilt_image"
#: An attribute: AWS's words where it does not let us look.
DENIED = "denied"
ARCHITECTURES = "architectures"

_HOST = r"(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?|[A-Za-z0-9-]+:\d{1,5}|localhost)"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?:(?P<registry>{_HOST})/)?(?P<repository>(?=[^:@]{{2,256}}(?:[:@]|$)){_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
#: The domains of each partition, IPv4 alone and dual-stack. Source: botocore's data/partitions.json.
_OF_AWS = (
    *("amazonaws.com", "on.aws", "amazonaws.com.cn", "on.amazonwebservices.com.cn"),
    *("amazonaws.eu", "on.amazonwebservices.eu", "c2s.ic.gov", "sc2s.sgov.gov", "cloud.adc-e.uk", "csp.hci.ic.gov"),
)
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\."
    rf"(?:{'|'.join(map(re.escape, _OF_AWS))})"
)


@dataclass(frozen=True)
class Ecr:
    """Which ECR a call asks: that of a region, and the host that stands for it where AWS is emulated."""

    region: str
    emulated: str | None = None


@dataclass(frozen=True)
class Reference:
    """``registry`` is a host, or empty for the ECR of the account and region in use. Of ``tag`` and ``digest`` one is
    given.
    """

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.address}@{self.digest}" if self.digest else f"{self.address}:{self.tag}"

    @property
    def address(self) -> str:
        """Without tag and digest."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    def account(self, ecr: Ecr) -> str | None:
        """The account whose ECR has it, empty for the one in use; None when it is where that ECR can't tell."""
        if self.registry in ("", ecr.emulated):
            return ""
        found = _ECR.fullmatch(self.registry)
        return found["account"] if found and found["region"] == ecr.region else None

    def other_region(self, ecr: Ecr) -> str | None:
        """The region of the ECR that has it, if that is another one; else None."""
        found = _ECR.fullmatch(self.registry) if self.registry != ecr.emulated else None
        return found["region"] if found and found["region"] != ecr.region else None

    def arn(self, ecr: Ecr, own: str, partition: str) -> str | None:
        """Of its repository, when that is in any ECR; ``own`` is the id of the account in use."""
        if self.registry in ("", ecr.emulated):
            return f"arn:{partition}:ecr:{ecr.region}:{own}:repository/{self.repository}"
        found = _ECR.fullmatch(self.registry)
        return found and f"arn:{partition}:ecr:{found['region']}:{found['account']}:repository/{self.repository}"

    @property
    def image_id(self) -> dict[str, str]:
        """AWS's ImageIdentifier."""
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag}


def parse(text: str) -> Reference:
    """Of a text in which ``problems`` finds nothing wrong. A digest makes a tag beside it superfluous."""
    found = _REFERENCE.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no reference of an image")
    digest = found["digest"] or ""
    return Reference(found["registry"] or "", found["repository"], "" if digest else found["tag"] or "", digest)


def problems(value: Any) -> Iterator[Problem]:
    """What is wrong with a reference in itself."""
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if not found or not (found["tag"] or found["digest"]):
        yield wrong(value, "an image as <repository>:<tag>, or <registry>/<repository>@sha256:<64 digits>")


def unpinned(value: str, ecr: Ecr) -> Iterator[Problem]:
    """A reference in a registry that nobody can be asked about has to have a digest."""
    reference = parse(value)
    if not reference.digest and reference.account(ecr) is None:
        yield (
            (),
            f"is {value!r}, in a registry that is not asked, allowed: with a digest, {reference.address}@sha256:..., "
            f"or an image in ECR in region {ecr.region}",
        )


def denied(reference: Reference, address: str, words: str) -> Resource:
    """One that ECR does not tell of; it is taken for what its digest says, if it has one."""
    uri = {"uri": f"{address}@{reference.digest}"} if reference.digest else {}
    return Resource(TYPE, str(reference), {}, reference.digest or None, {DENIED: words, **uri})


def canonical(reference: Reference, address: str, document: Mapping[str, Any]) -> Resource:
    """A member of BatchGetImage's ``images`` as a resource called as the reference. Its ``id`` is the digest, its
    attribute ``uri`` pins it: ``<address>@<digest>``, and its attribute ``architectures`` has Docker's words for those
    that it is for, or is None where it is for one, which its manifest does not tell.
    """
    digest = document["imageId"]["imageDigest"]
    attributes = {"uri": f"{address}@{digest}", ARCHITECTURES: _architectures(document.get("imageManifest"))}
    return Resource(TYPE, str(reference), {}, digest, attributes)


def _architectures(manifest: str | None) -> list[str] | None:
    """Those of an index of images. Beside them it may have one for `unknown`, which holds attestations."""
    images = json.loads(manifest or "{}").get("manifests")
    if images is None:
        return None
    return sorted({image["platform"]["architecture"] for image in images if "platform" in image} - {"unknown"})
