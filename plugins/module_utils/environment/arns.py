# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ARNs of what is not made yet but whose name is known. Policies need them before the resources exist."""

from __future__ import annotations

from dataclasses import dataclass

from ..engine.known import Existing

IDENTITY = "identity"


@dataclass(frozen=True)
class Account:
    """Where the environment lives."""

    partition: str
    region: str
    id: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """The ARN of a resource that has no region."""
        return f"arn:{self.partition}:{service}::{self.id}:{resource}"

    def bucket(self, name: str) -> str:
        return f"arn:{self.partition}:s3:::{name}"


def account(known: Existing, region: str) -> Account:
    """The account in which the credentials act, as every look reads it."""
    partition = str(known.attribute(IDENTITY, IDENTITY, "partition"))
    return Account(partition, region, known.id(IDENTITY, IDENTITY))
