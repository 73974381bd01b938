"""An encrypted Postgres that only speaks TLS, with a password that nobody has seen."""

from __future__ import annotations

import pytest


@pytest.fixture
def rds(client):
    return client("rds")


@pytest.fixture
def instance(rds):
    (instance,) = rds.describe_db_instances(DBInstanceIdentifier="molecule-database")["DBInstances"]
    return instance


def test_it_is_there_encrypted_and_not_public(instance):
    assert instance["DBInstanceStatus"] == "available"
    assert instance["Engine"] == "postgres"
    assert instance["StorageEncrypted"] is True
    assert instance["PubliclyAccessible"] is False


def test_tls_is_forced(rds, instance):
    (group,) = instance["DBParameterGroups"]
    pages = rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=group["DBParameterGroupName"])
    parameters = {each["ParameterName"]: each.get("ParameterValue") for page in pages for each in page["Parameters"]}
    assert parameters["rds.force_ssl"] == "1"


def test_the_password_is_generated(client):
    value = client("secretsmanager").get_secret_value(SecretId="farflow/molecule/database-password")["SecretString"]
    assert len(value) >= 32
