# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What inputs name and others have made, asked for one by one: AWS's document, or None when there is none.

The caller turns AWS's errors into words.
"""

from __future__ import annotations

from typing import Any

from ...engine.clients import Clients, unless


def acm_certificate(clients: Clients, arn: str) -> dict[str, Any] | None:
    """DescribeCertificate's document."""
    client = clients("acm")
    answer = unless({"ResourceNotFoundException"}, lambda: client.describe_certificate(CertificateArn=arn))
    return answer and dict(answer["Certificate"])


def server_certificate(clients: Clients, name: str) -> dict[str, Any] | None:
    """The metadata of a certificate that IAM keeps."""
    client = clients("iam")
    answer = unless({"NoSuchEntity"}, lambda: client.get_server_certificate(ServerCertificateName=name))
    return answer and dict(answer["ServerCertificate"]["ServerCertificateMetadata"])


def managed_policy(clients: Clients, arn: str) -> dict[str, Any] | None:
    """GetPolicy's document."""
    client = clients("iam")
    answer = unless({"NoSuchEntity"}, lambda: client.get_policy(PolicyArn=arn))
    return answer and dict(answer["Policy"])


def kms_key(clients: Clients, arn: str) -> dict[str, Any] | None:
    """DescribeKey's document."""
    client = clients("kms")
    answer = unless({"NotFoundException"}, lambda: client.describe_key(KeyId=arn))
    return answer and dict(answer["KeyMetadata"])
