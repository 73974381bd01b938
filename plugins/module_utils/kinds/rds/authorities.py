# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The certificate authorities of Amazon RDS, by which clients verify a database: each region has some of its own."""

from __future__ import annotations

import base64
import binascii
import re

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
#: The common name of a root certificate, as it stands in DER. Those of trials ("Beta us-east-1") verify nothing.
_NAME = re.compile(rb"Amazon RDS ([a-z]{2,4}(?:-[a-z]+)+-\d{1,2}) Root CA")


def regions(bundle: bytes) -> set[str]:
    """The regions whose authorities a PEM file holds."""
    return {name.decode() for der in map(_der, _CERTIFICATE.findall(bundle)) for name in _NAME.findall(der)}


def _der(certificate: bytes) -> bytes:
    try:
        return base64.b64decode(certificate)
    except binascii.Error:
        return b""
