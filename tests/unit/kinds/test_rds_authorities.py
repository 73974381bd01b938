"""Which regions' databases the certificates in the Airflow image verify."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.authorities import regions

BUNDLE = Path(__file__).parents[3] / "airflow" / "certificates" / "rds-global-bundle.pem"


@pytest.mark.parametrize(
    ("region", "is_there"),
    [
        ("eu-west-1", True),
        ("us-east-1", True),
        ("ap-southeast-4", True),
        ("us-gov-west-1", False),
        ("cn-north-1", False),
    ],
)
def test_regions_of_our_bundle(region, is_there):
    assert (region in regions(BUNDLE.read_bytes())) is is_there


def test_regions_are_counted_once_and_those_of_trials_are_none():
    assert len(regions(BUNDLE.read_bytes())) == 27


@pytest.mark.parametrize("content", [b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"])
def test_what_holds_no_authority(content):
    assert regions(content) == set()
