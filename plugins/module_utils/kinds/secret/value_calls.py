# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The values of secrets, for those that need one inside this process."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...engine.clients import Clients, doing, unless


@dataclass(frozen=True)
class SecretValue:
    """A value and the id of the version that it is. The value does not show when this is printed."""

    value: str = field(repr=False)
    version: str


def read(clients: Clients, secret: str) -> SecretValue | None:
    """The current value of a secret, by name or ARN; None when there is no such secret or it has no value."""
    client = clients("secretsmanager")
    with doing("read", "secret", secret):
        answer = unless({"ResourceNotFoundException"}, lambda: client.get_secret_value(SecretId=secret))
    if not answer or "SecretString" not in answer:
        return None
    return SecretValue(answer["SecretString"], answer["VersionId"])


def current_version(clients: Clients, secret: str) -> str | None:
    """Id of the version that is in force, by name or ARN, without reading its value; None when there is none."""
    client = clients("secretsmanager")
    with doing("describe", "secret", secret):
        answer = unless({"ResourceNotFoundException"}, lambda: client.describe_secret(SecretId=secret))
    stages = (answer or {}).get("VersionIdsToStages") or {}
    return next((version for version, labels in stages.items() if "AWSCURRENT" in labels), None)
