"""What S3 refuses to change, and to delete."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def s3(aws):
    client = aws.client("s3")
    client.create_bucket(Bucket="logs")
    return client


def refusal(call):
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


def test_a_bucket_that_was_emptied_may_not_be_empty_yet(aws, s3):
    with aws.behaviours(bucket_not_empty=2):
        assert [refusal(lambda: s3.delete_bucket(Bucket="logs")) for _unused in range(2)] == ["BucketNotEmpty"] * 2
        s3.delete_bucket(Bucket="logs")
    assert s3.list_buckets()["Buckets"] == []


def test_a_change_right_after_another_is_refused_once(aws, s3):
    def enable():
        s3.put_bucket_versioning(Bucket="logs", VersioningConfiguration={"Status": "Enabled"})

    def block():
        s3.put_public_access_block(Bucket="logs", PublicAccessBlockConfiguration={"BlockPublicAcls": True})

    with aws.behaviours(bucket_busy=0.5):
        enable()
        assert refusal(block) == "OperationAborted"
        s3.get_bucket_versioning(Bucket="logs")
        s3.put_object(Bucket="logs", Key="k", Body=b"")
        block()
        time.sleep(0.6)
        enable()


def test_the_name_of_a_deleted_bucket_is_busy(aws, s3):
    with aws.behaviours(bucket_busy=1):
        s3.delete_bucket(Bucket="logs")
        assert refusal(lambda: s3.create_bucket(Bucket="logs")) == "OperationAborted"
        s3.create_bucket(Bucket="other")


def test_versioning_stays_while_there_is_a_replication(s3):
    s3.create_bucket(Bucket="theirs")
    for name in ("logs", "theirs"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ID": "all", "Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::theirs"}}
    role = "arn:aws:iam::123456789012:role/replicates"
    s3.put_bucket_replication(Bucket="logs", ReplicationConfiguration={"Role": role, "Rules": [rule]})
    suspended = {"Bucket": "logs", "VersioningConfiguration": {"Status": "Suspended"}}
    assert refusal(lambda: s3.put_bucket_versioning(**suspended)) == "InvalidBucketState"
    s3.delete_bucket_replication(Bucket="logs")
    s3.put_bucket_versioning(**suspended)
