"""What RDS says a parameter may be, and what it leaves open."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.offer import family_parameters as rds_parameters


def definition(kind, allowed):
    return {"ParameterName": "x", "DataType": kind, **({"AllowedValues": allowed} if allowed is not None else {})}


@pytest.mark.parametrize(
    ("kind", "allowed", "value"),
    [
        ("integer", "64-2147483647", "63"),
        ("integer", "64-2147483647", "64MB"),
        ("integer", "64-2147483647", "64 MB"),
        ("integer", "64-2147483647", "64.5"),
        ("integer", "-1-2147483647", "-2"),
        ("integer", "-1,10-20", "5"),
        ("float", "0-1.79769e+308", "-0.5"),
        ("float", "0-100", "100.1"),
        ("boolean", "0,1", "2"),
        ("string", "none,ddl,mod,all", "some"),
        ("string", "stderr,csvlog", "stderr,syslog"),
        ("string", "Europe/Berlin,UTC", "Europe/Berlinn"),
    ],
)
def test_what_rds_would_refuse(kind, allowed, value):
    assert not rds_parameters.is_allowed(definition(kind, allowed), value)


@pytest.mark.parametrize(
    ("kind", "allowed", "value"),
    [
        ("integer", "64-2147483647", "64"),
        ("integer", "-1-2147483647", "-1"),
        ("integer", "-1,10-20", "-1"),
        ("integer", "16-1073741823", "{DBInstanceClassMemory/32768}"),
        ("integer", "6-8388607", "LEAST({DBInstanceClassMemory/9531392},5000)"),
        ("integer", "6-8388607", "SUM(1,2)"),
        ("integer", "6-8388607", "anything"),
        ("integer", "some words", "1"),
        ("integer", "", "1"),
        ("integer", None, "1"),
        ("float", "0-1.79769e+308", "1.1"),
        ("float", "0-1.79769e+308", "1e-5"),
        ("boolean", "0,1", "1"),
        ("boolean", "0,1", "on"),
        ("string", "none,ddl,mod,all", "DDL"),
        ("string", "stderr,csvlog", "stderr,csvlog"),
        ("string", "[a-z]*", "A"),
        ("string", "[a-z]*,[0-9]*", "A"),
        ("list", "pg_cron,pgaudit", "PG_CRON,other"),
        ("none of these", "0,1", "5"),
    ],
)
def test_what_rds_takes_or_may_take(kind, allowed, value):
    assert rds_parameters.is_allowed(definition(kind, allowed), value)


def test_what_is_rdss_alone():
    assert not rds_parameters.can_be_set({"IsModifiable": False})
    assert rds_parameters.can_be_set({"IsModifiable": True})
    assert rds_parameters.can_be_set({})
