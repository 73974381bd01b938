"""Amazon RDS without containers, driven by boto3: what the emulators get wrong by themselves is right."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

GROUP = "group"


@pytest.fixture
def rds(aws):
    return aws.client("rds")


def make_group(rds, family, **values):
    rds.create_db_parameter_group(DBParameterGroupName=GROUP, DBParameterGroupFamily=family, Description="x")
    for name, value in values.items():
        setting = {"ParameterName": name.replace("__", "."), "ParameterValue": value, "ApplyMethod": "immediate"}
        rds.modify_db_parameter_group(DBParameterGroupName=GROUP, Parameters=[setting])


def told(rds, *names, **asked):
    """Value and source of the group's parameters by name: of these, of all."""
    if names:
        asked["Filters"] = [{"Name": "parameter-name", "Values": list(names)}]
    found = rds.describe_db_parameters(DBParameterGroupName=GROUP, **asked)["Parameters"]
    return {each["ParameterName"]: (each.get("ParameterValue"), each["Source"]) for each in found}


@pytest.mark.parametrize(("family", "value"), [("postgres14", "0"), ("postgres15", "1"), ("postgres18", "1")])
def test_tls_is_forced_by_default_from_postgres_15_on(rds, family, value):
    make_group(rds, family)
    assert told(rds, "rds.force_ssl") == {"rds.force_ssl": (value, "system")}


def test_what_equals_the_familys_default_is_not_told_as_set_by_a_user(rds):
    make_group(rds, "postgres17", rds__force_ssl="1", log_statement="ddl")
    assert told(rds, Source="user") == {"log_statement": ("ddl", "user")}
    assert told(rds, "rds.force_ssl", "work_mem", "none") == {
        "rds.force_ssl": ("1", "system"),
        "work_mem": (None, "engine-default"),
    }
    assert len(told(rds)) > 10
    weaker = {"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName=GROUP, Parameters=[weaker])
    assert told(rds, Source="user")["rds.force_ssl"] == ("0", "user")


def test_a_static_parameter_is_not_set_at_once(rds):
    with pytest.raises(ClientError, match="immediate apply method for static"):
        make_group(rds, "postgres17", shared_buffers="1")


def test_parameters_are_filtered_by_their_names_alone(rds):
    make_group(rds, "postgres17")
    with pytest.raises(ClientError, match="Unrecognized filter name"):
        rds.describe_db_parameters(DBParameterGroupName=GROUP, Filters=[{"Name": "x", "Values": ["y"]}])
