"""S3: the bucket, and the DAG versions in it."""

from __future__ import annotations

import json

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.s3_bucket import S3_BUCKET

from .facts import Never, drift, kind, mapping, pairs, tagged_whole


def _tags(aws, name):
    s3 = aws.client("s3")
    try:
        return mapping(s3.get_bucket_tagging(Bucket=name)["TagSet"])
    except s3.exceptions.ClientError:
        return {}


def _set_tags(aws, name, tags):
    s3 = aws.client("s3")
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": pairs(tags)})
    else:
        s3.delete_bucket_tagging(Bucket=name)


kind(
    "s3_bucket",
    made_by="s3 CreateBucket",
    read_by="s3 GetBucketLifecycleConfiguration",
    tags=tagged_whole(_tags, _set_tags),
    changed_by=S3_BUCKET,
)
kind(
    "dag_bundle",
    made_by="s3 PutObject",
    read_by="s3 HeadObject",
    tells_of_one=True,
    tags=Never("it is what an object in the bucket says"),
    changed_by=Never("another version is another object: test_dag_bundles.py"),
)


BUCKET = "local-airflow-logs-123456789012-us-east-1"


@drift(f"change s3_bucket {BUCKET}", "policy Statement TlsOnly", seen_by="s3 GetBucketPolicy")
def the_policy_of_the_bucket_removed(aws):
    aws.client("s3").delete_bucket_policy(Bucket=BUCKET)


@drift(f"change s3_bucket {BUCKET}", "policy Statement Others", seen_by="s3 GetBucketPolicy")
def a_statement_added_to_the_policy_of_the_bucket(aws):
    s3 = aws.client("s3")
    document = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    arn = f"arn:aws:s3:::{BUCKET}/*"
    who = {"AWS": "arn:aws:iam::210987654321:root"}
    others = {"Sid": "Others", "Effect": "Allow", "Principal": who, "Action": "s3:GetObject", "Resource": arn}
    document["Statement"].append(others)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))


@drift(
    f"change s3_bucket {BUCKET}",
    "public_access_block block_public_acls false -> true",
    seen_by="s3 GetPublicAccessBlock",
)
def the_public_access_block_removed(aws):
    aws.client("s3").delete_public_access_block(Bucket=BUCKET)


@drift(f"change s3_bucket {BUCKET}", "versioning true -> false", seen_by="s3 GetBucketVersioning")
def versioning_switched_on(aws):
    aws.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


@drift(f"change s3_bucket {BUCKET}", "versioning true -> false", seen_by="s3 GetBucketVersioning")
def logs_copied_to_a_bucket_of_others(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="theirs")
    for name in (BUCKET, "theirs"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ID": "all", "Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::theirs"}}
    role = "arn:aws:iam::123456789012:role/replicates"
    s3.put_bucket_replication(Bucket=BUCKET, ReplicationConfiguration={"Role": role, "Rules": [rule]})


@drift(f"change s3_bucket {BUCKET}", "encryption aws:kms -> AES256", seen_by="s3 GetBucketEncryption")
def another_encryption_of_the_bucket(aws):
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    aws.client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [default]})


@drift(f"change s3_bucket {BUCKET}", "lifecycle_rules expire-task-logs expiration_days 1 -> 30")
def logs_expire_after_a_day(aws):
    rule = {"ID": "expire-task-logs", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    aws.client("s3").put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})


@drift(
    f"change s3_bucket {BUCKET}",
    "object_ownership ObjectWriter -> BucketOwnerEnforced",
    seen_by="s3 GetBucketOwnershipControls",
)
def objects_owned_by_whoever_writes_them(aws):
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    aws.client("s3").put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=rules)
