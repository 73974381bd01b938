"""One database URL, with libpq's parameters, for Airflow's synchronous and asynchronous engine."""

from __future__ import annotations

import ssl
import unittest
from unittest import mock

from airflow import settings

BUNDLE = "/opt/airflow/certificates/rds-global-bundle.pem"


def arguments_of(query):
    """The driver, and what reaches asyncpg.connect() beyond host and user, for a URL with this query."""
    url = f"postgresql+asyncpg://airflow:p%40ss%2Fw%25rd@database:5432/airflow?{query}"
    engine = settings.create_async_metadata_engine
    with mock.patch(f"{engine.__module__}.create_async_engine") as create:
        engine(url, connect_args={"timeout": 3}, engine_args={})
    (given,), rest = create.call_args
    assert given.password == "p@ss/w%rd", given.password
    return dict(given.query), rest["connect_args"]


class DatabaseUrl(unittest.TestCase):
    def test_airflow_uses_the_images_own_hook(self):
        self.assertEqual(settings.create_async_metadata_engine.__module__, "airflow_local_settings")

    def test_verified_certificates(self):
        for mode, check_hostname in (("verify-full", True), ("verify-ca", False)):
            query, connect = arguments_of(f"sslmode={mode}&sslrootcert={BUNDLE}")
            self.assertEqual(query, {})
            self.assertEqual(connect["timeout"], 3)
            self.assertEqual(connect["ssl"].verify_mode, ssl.CERT_REQUIRED)
            self.assertEqual(connect["ssl"].check_hostname, check_hostname)
            self.assertGreater(len(connect["ssl"].get_ca_certs()), 50)

    def test_encryption_alone(self):
        self.assertEqual(arguments_of("sslmode=require"), ({}, {"timeout": 3, "ssl": "require"}))

    def test_no_parameter(self):
        self.assertEqual(arguments_of(""), ({}, {"timeout": 3}))


if __name__ == "__main__":
    unittest.main()
