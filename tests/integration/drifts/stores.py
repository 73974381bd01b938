"""By hand where data is kept: the database, the bucket, the queue, the volume, the secrets."""

from __future__ import annotations

import json

from .drift import drift
from .network import group_id, subnet_id

DATABASE = "rds_instance local-database"
PARAMETERS = "rds_parameter_group local-database-postgres17"
BUCKET = "local-airflow-logs-123456789012-us-east-1"
QUEUE = "sqs_queue local-celery"
VOLUME = "file_system local-shared-volume"


def modify_database(aws, **changes):
    aws.client("rds").modify_db_instance(DBInstanceIdentifier="local-database", ApplyImmediately=True, **changes)


def modify_parameter(aws, name, value):
    parameter = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "immediate"}
    group = "local-database-postgres17"
    aws.client("rds").modify_db_parameter_group(DBParameterGroupName=group, Parameters=[parameter])


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


@drift(f"change {DATABASE}", "tags team (none) -> data")
def a_tag_of_the_database_removed(aws):
    rds = aws.client("rds")
    (found,) = rds.describe_db_instances()["DBInstances"]
    rds.remove_tags_from_resource(ResourceName=found["DBInstanceArn"], TagKeys=["team"])


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


@drift(f"change s3_bucket {BUCKET}", "policy Statement TlsOnly")
def the_policy_of_the_bucket_removed(aws):
    aws.client("s3").delete_bucket_policy(Bucket=BUCKET)


@drift(f"change s3_bucket {BUCKET}", "policy Statement Others")
def a_statement_added_to_the_policy_of_the_bucket(aws):
    s3 = aws.client("s3")
    document = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    arn = f"arn:aws:s3:::{BUCKET}/*"
    who = {"AWS": "arn:aws:iam::210987654321:root"}
    others = {"Sid": "Others", "Effect": "Allow", "Principal": who, "Action": "s3:GetObject", "Resource": arn}
    document["Statement"].append(others)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))


@drift(f"change s3_bucket {BUCKET}", "public_access_block block_public_acls false -> true")
def the_public_access_block_removed(aws):
    aws.client("s3").delete_public_access_block(Bucket=BUCKET)


@drift(f"change s3_bucket {BUCKET}", "versioning true -> false")
def versioning_switched_on(aws):
    aws.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


@drift(f"change s3_bucket {BUCKET}", "versioning true -> false")
def logs_copied_to_a_bucket_of_others(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="theirs")
    for name in (BUCKET, "theirs"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ID": "all", "Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::theirs"}}
    role = "arn:aws:iam::123456789012:role/replicates"
    s3.put_bucket_replication(Bucket=BUCKET, ReplicationConfiguration={"Role": role, "Rules": [rule]})


@drift(f"change s3_bucket {BUCKET}", "encryption aws:kms -> AES256")
def another_encryption_of_the_bucket(aws):
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    aws.client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [default]})


@drift(f"change s3_bucket {BUCKET}", "lifecycle_rules expire-task-logs expiration_days 1 -> 30")
def logs_expire_after_a_day(aws):
    rule = {"ID": "expire-task-logs", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    aws.client("s3").put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})


def set_attributes(aws, **attributes):
    sqs = aws.client("sqs")
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="local-celery")["QueueUrl"], Attributes=attributes)


@drift(f"change {QUEUE}", "visibility_timeout 30 -> 43200")
def messages_come_back_earlier(aws):
    set_attributes(aws, VisibilityTimeout="30")


@drift(f"change {QUEUE}", "message_retention_period 60 -> 1209600")
def messages_are_lost_earlier(aws):
    set_attributes(aws, MessageRetentionPeriod="60")


@drift(f"change {QUEUE}", "maximum_message_size 1024 -> 1048576")
def messages_too_large_for_the_queue(aws):
    set_attributes(aws, MaximumMessageSize="1024")


@drift(f"change {QUEUE}", "sqs_managed_sse_enabled false -> true")
def the_queue_no_longer_encrypted(aws):
    set_attributes(aws, SqsManagedSseEnabled="false")


@drift(f"change {QUEUE}", "policy Statement Everybody")
def the_queue_opened_to_everybody(aws):
    everybody = {"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    set_attributes(aws, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}))


@drift(f"change {QUEUE}", "redrive_policy max_receive_count 1 -> (none)")
def messages_led_away(aws):
    sqs = aws.client("sqs")
    other = sqs.create_queue(QueueName="mine")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=other, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    set_attributes(aws, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1}))


def file_system_id(aws):
    (found,) = aws.client("efs").describe_file_systems()["FileSystems"]
    return found["FileSystemId"]


@drift(f"change {VOLUME}", "throughput_mode bursting -> elastic")
def another_throughput_mode_of_the_volume(aws):
    aws.client("efs").update_file_system(FileSystemId=file_system_id(aws), ThroughputMode="bursting")


@drift(f"change {VOLUME}", "lifecycle transition_to_ia AFTER_7_DAYS -> ")
def files_move_to_a_cheaper_class(aws):
    aws.client("efs").put_lifecycle_configuration(
        FileSystemId=file_system_id(aws), LifecyclePolicies=[{"TransitionToIA": "AFTER_7_DAYS"}]
    )


@drift(f"change {VOLUME}", "backup ")
def backups_of_the_volume_switched(aws):
    efs = aws.client("efs")
    status = efs.describe_backup_policy(FileSystemId=file_system_id(aws))["BackupPolicy"]["Status"]
    other = "DISABLED" if status == "ENABLED" else "ENABLED"
    efs.put_backup_policy(FileSystemId=file_system_id(aws), BackupPolicy={"Status": other})


@drift(f"change {VOLUME}", "policy Statement Everybody")
def the_volume_opened_to_everybody(aws):
    everybody = {"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:*"}
    aws.client("efs").put_file_system_policy(
        FileSystemId=file_system_id(aws), Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    )


def mount_target(aws, subnet):
    targets = aws.client("efs").describe_mount_targets(FileSystemId=file_system_id(aws))["MountTargets"]
    return next(each["MountTargetId"] for each in targets if each["SubnetId"] == subnet_id(aws, subnet))


@drift("create mount_target local-shared-volume/{local-private-a}")
def a_mount_target_deleted(aws):
    aws.client("efs").delete_mount_target(MountTargetId=mount_target(aws, "local-private-a"))


@drift("change mount_target local-shared-volume/{local-private-b}", "security_groups [sg-")
def another_security_group_of_a_mount_target(aws):
    aws.client("efs").modify_mount_target_security_groups(
        MountTargetId=mount_target(aws, "local-private-b"), SecurityGroups=[group_id(aws, "local-airflow")]
    )


@drift("create access_point local-shared-volume/local-tasks", follows=("change ecs_task_definition local-hello",))
def the_access_point_deleted(aws):
    efs = aws.client("efs")
    (point,) = efs.describe_access_points()["AccessPoints"]
    efs.delete_access_point(AccessPointId=point["AccessPointId"])


@drift("change secret farflow/local/admin-password", "description")
def a_secret_described_otherwise(aws):
    aws.client("secretsmanager").update_secret(SecretId="farflow/local/admin-password", Description="mine")


@drift("change secret farflow/local/fernet-key", "tags team (none) -> data")
def a_tag_of_a_secret_removed(aws):
    aws.client("secretsmanager").untag_resource(SecretId="farflow/local/fernet-key", TagKeys=["team"])


@drift("change secret farflow/local/fernet-key", "policy Statement Stranger")
def a_secret_opened_to_another_account(aws):
    who = {"AWS": "arn:aws:iam::210987654321:root"}
    read = {"Sid": "Stranger", "Effect": "Allow", "Principal": who, "Action": "secretsmanager:*", "Resource": "*"}
    aws.client("secretsmanager").put_resource_policy(
        SecretId="farflow/local/fernet-key",
        ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [read]}),
    )


@drift("change secret farflow/local/api-secret-key", "rotation true -> false")
def a_secret_rotated_by_the_clock(aws):
    aws.client("secretsmanager").rotate_secret(
        SecretId="farflow/local/api-secret-key",
        RotationLambdaARN="arn:aws:lambda:us-east-1:123456789012:function:rotate",
        RotationRules={"AutomaticallyAfterDays": 30},
    )
