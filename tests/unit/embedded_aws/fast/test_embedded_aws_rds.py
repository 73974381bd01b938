"""Amazon RDS without containers, driven by boto3: what the emulators get wrong by themselves is right."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from said_and_described import until

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


def default_parameters(rds, family):
    pages = rds.get_paginator("describe_engine_default_parameters").paginate(DBParameterGroupFamily=family)
    return [each for page in pages for each in page["EngineDefaults"]["Parameters"]]


def test_a_family_tells_what_its_groups_have_page_by_page(rds):
    make_group(rds, "postgres17")
    (first, *more) = default_parameters(rds, "postgres17")
    assert {each["ParameterName"] for each in (first, *more)} == set(told(rds))
    page = rds.describe_engine_default_parameters(DBParameterGroupFamily="postgres17")["EngineDefaults"]
    assert page["Marker"] and len(page["Parameters"]) <= len(more)
    (size,) = (each for each in more if each["ParameterName"] == "work_mem")
    assert (size["DataType"], size["AllowedValues"], size["IsModifiable"]) == ("integer", "64-2147483647", True)


def test_there_are_the_families_of_the_versions_alone(rds):
    words = "postgres99 is not a valid parameter group family"
    with pytest.raises(ClientError, match=words):
        make_group(rds, "postgres99")
    with pytest.raises(ClientError, match=words):
        default_parameters(rds, "postgres99")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("work_memm", "64", "Could not find parameter with name: work_memm"),
        ("work_mem", "63", "Invalid parameter value: 63 for: work_mem allowed values are: 64-2147483647"),
        ("work_mem", "64MB", "Invalid parameter value: 64MB for: work_mem"),
        ("log_statement", "some", "allowed values are: none,ddl,mod,all"),
        ("rds__extensions", "pgcrypto", "The parameter rds.extensions cannot be modified"),
    ],
)
def test_a_parameter_is_set_to_what_is_allowed_alone(rds, name, value, words):
    with pytest.raises(ClientError, match=words):
        make_group(rds, "postgres17", **{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("work_mem", "{DBInstanceClassMemory/32768}"),
        ("random_page_cost", "1.1"),
        ("log_min_duration_statement", "-1"),
        ("search_path", "anything"),
    ],
)
def test_formulas_fractions_and_what_has_no_rule_are_taken(rds, name, value):
    make_group(rds, "postgres17", **{name: value})
    assert told(rds, name) == {name: (value, "user")}


def options(rds, **asked):
    """Class and version of what can be ordered."""
    pages = rds.get_paginator("describe_orderable_db_instance_options").paginate(Engine="postgres", **asked)
    found = [each for page in pages for each in page["OrderableDBInstanceOptions"]]
    return {(each["DBInstanceClass"], each["EngineVersion"]) for each in found}


def test_which_classes_there_are_hangs_on_the_version(rds):
    assert options(rds, EngineVersion="16.14", DBInstanceClass="db.t4g.small") == {("db.t4g.small", "16.14")}
    assert options(rds, EngineVersion="16.14", DBInstanceClass="db.m8g.large") == set()
    assert ("db.m8g.large", "18.4") in options(rds, DBInstanceClass="db.m8g.large")
    assert ("db.t3.micro", "16.14") in options(rds, EngineVersion="16.14")
    with pytest.raises(ClientError, match="Cannot find version 99 for postgres"):
        options(rds, EngineVersion="99")


def test_a_database_is_of_a_class_that_its_version_has(rds):
    with pytest.raises(ClientError, match="Invalid DB Instance class: db.t4g.smal"):
        make_database(rds, "16", DBInstanceClass="db.t4g.smal")
    with pytest.raises(ClientError, match="does not support creating a DB instance"):
        make_database(rds, "16", DBInstanceClass="db.m8g.large")
    make_database(rds, "16")
    with pytest.raises(ClientError, match="does not support creating a DB instance"):
        rds.modify_db_instance(DBInstanceIdentifier="db", DBInstanceClass="db.m8g.large")
    rds.modify_db_instance(DBInstanceIdentifier="db", DBInstanceClass="db.m7g.large", ApplyImmediately=True)
    assert the_database(rds)["DBInstanceClass"] == "db.m7g.large"


def make_database(rds, version, **more):
    """A database of that version, and what the one that there is has become, however it was asked for."""
    given = {"AllocatedStorage": 25, "MasterUsername": "airflow", "MasterUserPassword": "password", **more}
    given = {"DBInstanceClass": "db.t4g.small", **given}
    rds.create_db_instance(DBInstanceIdentifier="db", Engine="postgres", EngineVersion=version, **given)
    return the_database(rds)


def the_database(rds):
    (found,) = rds.describe_db_instances()["DBInstances"]
    return found


def targets(rds, version):
    (found,) = rds.describe_db_engine_versions(Engine="postgres", EngineVersion=version)["DBEngineVersions"]
    return [each["EngineVersion"] for each in found["ValidUpgradeTarget"]]


def upgrade(rds, version):
    rds.modify_db_instance(
        DBInstanceIdentifier="db", EngineVersion=version, AllowMajorVersionUpgrade=True, ApplyImmediately=True
    )
    return the_database(rds)["EngineVersion"]


def test_a_major_version_alone_is_its_default_which_may_be_none_that_an_upgrade_can_have(rds):
    assert make_database(rds, "17")["EngineVersion"] == "17.9"
    assert targets(rds, "17.9") == ["17.10", "18.3", "18.4"]
    with pytest.raises(ClientError, match="Cannot upgrade postgres from 17.9 to 18.1"):
        upgrade(rds, "18")
    assert upgrade(rds, "18.4") == "18.4"


def test_a_major_version_is_upgraded_where_that_is_asked_for(rds):
    make_database(rds, "17.9")
    with pytest.raises(ClientError, match="AllowMajorVersionUpgrade flag"):
        rds.modify_db_instance(DBInstanceIdentifier="db", EngineVersion="18.4")


def test_versions_that_there_are_not_are_not_made(rds):
    told_versions = [
        each["EngineVersion"] for each in rds.describe_db_engine_versions(Engine="postgres")["DBEngineVersions"]
    ]
    assert "18.4" in told_versions and "99" not in told_versions
    assert rds.describe_db_engine_versions(Engine="postgres", EngineVersion="99")["DBEngineVersions"] == []
    with pytest.raises(ClientError, match="Cannot find version 99"):
        make_database(rds, "99")


def test_extended_support_is_on_unless_it_is_switched_off(rds):
    assert make_database(rds, "17")["EngineLifecycleSupport"] == "open-source-rds-extended-support"
    without = "open-source-rds-extended-support-disabled"
    rds.modify_db_instance(DBInstanceIdentifier="db", EngineLifecycleSupport=without)
    assert the_database(rds)["EngineLifecycleSupport"] == without


def test_without_extended_support_there_is_no_database_of_a_version_past_its_support(rds):
    with pytest.raises(ClientError, match="past its end of standard support date"):
        make_database(rds, "13", EngineLifecycleSupport="open-source-rds-extended-support-disabled")
    assert make_database(rds, "13")["EngineVersion"] == "13.23"


def test_tags_are_shown_late_where_that_is_asked_for(aws, rds):
    arn = make_database(rds, "17", Tags=[{"Key": "a", "Value": "1"}])["DBInstanceArn"]
    with aws.behaviours(late_database_tags=600):
        rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "2"}])
        rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
        assert the_database(rds)["TagList"] == [{"Key": "a", "Value": "1"}]
        assert rds.list_tags_for_resource(ResourceName=arn)["TagList"] == []
    assert the_database(rds)["TagList"] == []


@pytest.mark.parametrize(
    ("seconds", "parameter", "status"),
    [(600, "shared_buffers", "pending-reboot"), (600, "work_mem", "in-sync"), (0, "shared_buffers", "in-sync")],
)
def test_static_parameters_of_a_young_group_wait_for_a_reboot_where_that_is_asked_for(
    aws, rds, seconds, parameter, status
):
    make_group(rds, "postgres17")
    setting = {"ParameterName": parameter, "ParameterValue": "9000", "ApplyMethod": "pending-reboot"}
    rds.modify_db_parameter_group(DBParameterGroupName=GROUP, Parameters=[setting])
    with aws.behaviours(young_parameter_group=seconds):
        (told,) = make_database(rds, "17", DBParameterGroupName=GROUP)["DBParameterGroups"]
    assert told["ParameterApplyStatus"] == status
    until(lambda: the_database(rds)["DBInstanceStatus"] == "available")
    rds.reboot_db_instance(DBInstanceIdentifier="db")
    assert the_database(rds)["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"


def test_a_database_is_encrypted_with_a_key_that_is_enabled(aws, rds):
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=key)
    for name in (key, f"{key}0"):
        with pytest.raises(ClientError, match="KMSKeyNotAccessibleFault"):
            make_database(rds, "17", KmsKeyId=name, StorageEncrypted=True)
    kms.enable_key(KeyId=key)
    assert make_database(rds, "17", KmsKeyId=key, StorageEncrypted=True)["KmsKeyId"] == key


def test_a_password_is_either_rdss_or_somebody_elses(rds):
    assert "MasterUserSecret" not in make_database(rds, "17")

    def modify(**settings):
        rds.modify_db_instance(DBInstanceIdentifier="db", **settings)

    modify(ManageMasterUserPassword=True)
    assert ":secret:rds!db-" in the_database(rds)["MasterUserSecret"]["SecretArn"]
    for wrong in ({"MasterUserPassword": "another-one"}, {"ManageMasterUserPassword": False}):
        with pytest.raises(ClientError, match="InvalidParameterCombination"):
            modify(**wrong)
    modify(ManageMasterUserPassword=False, MasterUserPassword="another-one")
    assert "MasterUserSecret" not in the_database(rds)
