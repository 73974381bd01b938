"""RDS: the database, its groups and its schema."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.parameter_group import ParameterGroup
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.subnet_group import SUBNET_GROUP

from .ec2 import group_id, subnet_id
from .facts import CloudFormation, Never, Tagging, drift, kind, mapping, pairs

TAGS = Tagging(
    lambda aws, name, id_: mapping(aws.client("rds").list_tags_for_resource(ResourceName=id_)["TagList"]),
    lambda aws, name, id_, tags: aws.client("rds").add_tags_to_resource(ResourceName=id_, Tags=pairs(tags)),
    lambda aws, name, id_, keys: aws.client("rds").remove_tags_from_resource(ResourceName=id_, TagKeys=keys),
)

kind(
    "rds_subnet_group",
    made_by="rds CreateDBSubnetGroup",
    read_by="rds DescribeDBSubnetGroups",
    tags=TAGS,
    cloudformation=CloudFormation(
        "AWS::RDS::DBSubnetGroup", {"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"}
    ),
    changed_by=SUBNET_GROUP,
)
kind(
    "rds_parameter_group",
    made_by="rds CreateDBParameterGroup",
    read_by="rds DescribeDBParameters",
    tags=TAGS,
    cloudformation=CloudFormation(
        "AWS::RDS::DBParameterGroup", {"name": "DBParameterGroupName"}, {"Description": "Postgres"}
    ),
    changed_by=ParameterGroup([]),
    found_by={"family"},
)
kind(
    "rds_instance",
    made_by="rds CreateDBInstance",
    read_by="rds DescribeDBInstances",
    tags=TAGS,
    changed_by=Never("each property has a test of its own: test_rds_instances.py"),
)
kind(
    "database_schema",
    made_by="ecs RunTask",
    read_by="rds DescribeDBInstances",
    tags=Never("it is what a tag of the database says"),
    changed_by=Never("a one-off task migrates it: test_database_schema.py"),
)


DATABASE = "rds_instance local-database"
PARAMETERS = "rds_parameter_group local-database-postgres17"


def modify_database(aws, **changes):
    aws.client("rds").modify_db_instance(DBInstanceIdentifier="local-database", ApplyImmediately=True, **changes)


def modify_parameter(aws, name, value):
    parameter = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "immediate"}
    group = "local-database-postgres17"
    aws.client("rds").modify_db_parameter_group(DBParameterGroupName=group, Parameters=[parameter])


def remove_tag(aws, arn):
    aws.client("rds").remove_tags_from_resource(ResourceName=arn, TagKeys=["team"])


@drift(f"change {DATABASE}", "master_user_secret (managed by RDS) -> current version of")
def a_password_that_rds_makes_and_rotates(aws):
    modify_database(aws, ManageMasterUserPassword=True)


@drift(f"change {DATABASE}", "backup_retention_period 1 -> 30")
def backups_of_the_database_kept_for_a_day(aws):
    modify_database(aws, BackupRetentionPeriod=1)


@drift(f"change {DATABASE}", "deletion_protection false -> true")
def deletion_protection_of_the_database_switched_off(aws):
    modify_database(aws, DeletionProtection=False)


@drift(f"change {DATABASE}", "instance_class db.m6g.large -> db.t4g.small")
def the_database_made_larger(aws):
    modify_database(aws, DBInstanceClass="db.m6g.large")


@drift(f"change {DATABASE}", "publicly_accessible true -> false")
def the_database_opened_to_the_internet(aws):
    modify_database(aws, PubliclyAccessible=True)


@drift(f"change {DATABASE}", "engine_lifecycle_support open-source-rds-extended-support -> open-source-rds-extended-")
def extended_support_of_the_database_switched_on(aws):
    modify_database(aws, EngineLifecycleSupport="open-source-rds-extended-support")


@drift(f"change {DATABASE}", "vpc_security_group_ids [sg-")
def another_security_group_of_the_database(aws):
    modify_database(aws, VpcSecurityGroupIds=[group_id(aws, "local-airflow")])


@drift(f"change {DATABASE}", "tags team (none) -> data", seen_by="rds ListTagsForResource")
def a_tag_of_the_database_removed(aws):
    (found,) = aws.client("rds").describe_db_instances()["DBInstances"]
    remove_tag(aws, found["DBInstanceArn"])


@drift(f"change {PARAMETERS}", "tags team (none) -> data", seen_by="rds ListTagsForResource")
def a_tag_of_the_parameters_removed(aws):
    found = aws.client("rds").describe_db_parameter_groups(DBParameterGroupName="local-database-postgres17")
    remove_tag(aws, found["DBParameterGroups"][0]["DBParameterGroupArn"])


@drift("change rds_subnet_group local-database", "tags team (none) -> data", seen_by="rds ListTagsForResource")
def a_tag_of_the_subnet_group_removed(aws):
    found = aws.client("rds").describe_db_subnet_groups(DBSubnetGroupName="local-database")
    remove_tag(aws, found["DBSubnetGroups"][0]["DBSubnetGroupArn"])


@drift(f"change {PARAMETERS}", "parameters rds.force_ssl 0 -> 1")
def tls_no_longer_forced(aws):
    modify_parameter(aws, "rds.force_ssl", "0")


@drift(f"change {PARAMETERS}", "parameters log_min_duration_statement 100 -> (none)")
def a_parameter_added(aws):
    modify_parameter(aws, "log_min_duration_statement", "100")


@drift("change rds_subnet_group local-database", "subnet_ids [subnet-")
def the_database_allowed_into_a_public_subnet(aws):
    names = ("local-private-a", "local-private-b", "local-public-a")
    aws.client("rds").modify_db_subnet_group(
        DBSubnetGroupName="local-database", SubnetIds=[subnet_id(aws, name) for name in names]
    )
