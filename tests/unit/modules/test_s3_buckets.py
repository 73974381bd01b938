from __future__ import annotations

import json
from collections import Counter

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.changing import operations
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reading import find
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import s3_bucket as pure
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.s3_bucket import S3_BUCKET, S3Bucket
from ansible_collections.farflow.airflow.plugins.modules import s3_buckets as module
from botocore.client import BaseClient

NAME = "test-logs-123456789012"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
TLS_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OnlyTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}
OTHER_POLICY = {**TLS_ONLY, "Statement": [{**TLS_ONLY["Statement"][0], "Action": "s3:GetObject"}]}
BUCKET = {
    "name": NAME,
    "policy": TLS_ONLY,
    "lifecycle_rules": [{"id": "logs", "expiration_days": 90, "abort_incomplete_multipart_upload_days": 7}],
    "tags": {"farflow:environment": "test", "stage": "test"},
}

CLIENTS = Clients(lambda service, config: boto3.client(service))


def s3():
    return boto3.client("s3")


def names():
    return [bucket["Name"] for bucket in s3().list_buckets()["Buckets"]]


def test_creates_private_and_encrypted_then_changes_nothing(aws, run_module):
    first = run_module(module, buckets=[BUCKET])
    assert first["buckets"] == [{"name": NAME, "arn": f"arn:aws:s3:::{NAME}", "changed": True, "reasons": ["created"]}]
    client = s3()
    assert client.get_bucket_location(Bucket=NAME)["LocationConstraint"] == "eu-west-1"
    assert set(client.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"].values()) == {True}
    assert run_module(module, buckets=[BUCKET])["changed"] is False


CHANGES = {
    "versioning": ({"versioning": True}, ["versioning false -> true"]),
    "key": (
        {"kms_key_id": KEY},
        ["encryption AES256 -> aws:kms", f"kms_key_id (none) -> {KEY}", "bucket_key_enabled false -> true"],
    ),
    "public access": (
        {"public_access_block": {"block_public_policy": False}},
        ["public_access_block block_public_policy true -> false"],
    ),
    "policy": ({"policy": OTHER_POLICY}, ["policy Statement OnlyTls Action [s3:*] -> [s3:GetObject]"]),
    "ownership": (
        {"object_ownership": "BucketOwnerPreferred"},
        ["object_ownership BucketOwnerEnforced -> BucketOwnerPreferred"],
    ),
    "rule changed": (
        {"lifecycle_rules": [{"id": "logs", "expiration_days": 30, "abort_incomplete_multipart_upload_days": 7}]},
        ["lifecycle_rules logs expiration_days 90 -> 30"],
    ),
    "rule prefix": (
        {"lifecycle_rules": [{**BUCKET["lifecycle_rules"][0], "prefix": "old/"}]},
        ['lifecycle_rules logs prefix "" -> old/'],
    ),
    "rule removed": (
        {"lifecycle_rules": []},
        [
            'lifecycle_rules logs prefix "" -> (none)',
            "lifecycle_rules logs expiration_days 90 -> (none)",
            "lifecycle_rules logs abort_incomplete_multipart_upload_days 7 -> (none)",
        ],
    ),
    "tags": (
        {"tags": {"farflow:environment": "test", "team": "data"}},
        ["tags team (none) -> data", "tags stage test -> (none)"],
    ),
}


@pytest.mark.parametrize(("members", "reasons"), CHANGES.values(), ids=CHANGES)
def test_change_is_predicted_told_and_done(aws, run_module, members, reasons):
    run_module(module, buckets=[BUCKET])
    wanted = [{**BUCKET, **members}]
    predicted = run_module(module, check_mode=True, buckets=wanted)
    done = run_module(module, buckets=wanted)
    assert predicted["buckets"] == done["buckets"]
    assert done["buckets"][0]["reasons"] == reasons
    assert run_module(module, buckets=wanted)["changed"] is False


def test_everything_can_be_taken_away_again(aws, run_module):
    run_module(module, buckets=[{**BUCKET, "versioning": True, "kms_key_id": KEY}])
    bare = [{"name": NAME}]
    reasons = run_module(module, buckets=bare)["buckets"][0]["reasons"]
    assert "versioning true -> false" in reasons
    assert "encryption aws:kms -> AES256" in reasons
    assert "policy Version 2012-10-17 -> (none)" in reasons
    assert run_module(module, buckets=bare)["changed"] is False


def test_drift_is_seen_and_mended(aws, run_module):
    run_module(module, buckets=[BUCKET])
    client = s3()
    client.delete_public_access_block(Bucket=NAME)
    client.delete_bucket_policy(Bucket=NAME)
    client.put_bucket_lifecycle_configuration(
        Bucket=NAME,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "logs",
                    "Status": "Disabled",
                    "Filter": {"Prefix": ""},
                    "Expiration": {"Days": 90},
                    "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                },
                {"ID": "foreign", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}},
            ]
        },
    )
    reasons = run_module(module, buckets=[BUCKET])["buckets"][0]["reasons"]
    assert "public_access_block block_public_acls false -> true" in reasons
    assert "policy Statement OnlyTls Effect (none) -> Deny" in reasons
    assert "lifecycle_rules logs more Status Disabled -> (none)" in reasons
    assert any(reason.startswith("lifecycle_rules logs more Transitions ") for reason in reasons)
    assert "lifecycle_rules foreign expiration_days 1 -> (none)" in reasons
    assert run_module(module, buckets=[BUCKET])["changed"] is False


def test_check_mode_creates_nothing(aws, run_module):
    assert run_module(module, check_mode=True, buckets=[BUCKET])["changed"] is True
    assert names() == []


def filled():
    client = s3()
    client.put_object(Bucket=NAME, Key="a", Body=b"old")
    client.put_object(Bucket=NAME, Key="a", Body=b"new")
    client.put_object(Bucket=NAME, Key="b", Body=b"gone")
    client.delete_object(Bucket=NAME, Key="b")


def test_absent_deletes_only_what_is_named_and_empty(aws, run_module):
    run_module(module, buckets=[{"name": NAME, "versioning": True}, {"name": "test-other"}])
    filled()
    named = [{"name": NAME}]
    refused = run_module(module, buckets=named, state="absent")
    assert "BucketNotEmpty" in refused["msg"]
    predicted = run_module(module, check_mode=True, buckets=named, state="absent", empty=True)
    done = run_module(module, buckets=named, state="absent", empty=True)
    assert predicted["buckets"] == done["buckets"]
    assert [(one["name"], one["reasons"]) for one in done["buckets"]] == [(NAME, ["deleted"])]
    assert names() == ["test-other"]
    assert run_module(module, buckets=named, state="absent", empty=True)["changed"] is False


def test_a_bucket_that_this_account_has_is_taken_and_mended(aws, run_module):
    s3().create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    clients = Clients(lambda service, config: boto3.client(service))
    assert operations(S3_BUCKET, clients).create(pure.desired(BUCKET)) == f"arn:aws:s3:::{NAME}"
    assert run_module(module, buckets=[BUCKET])["changed"] is False


def test_what_aws_refuses_after_a_deletion_is_done_a_little_later(run_module, calls, pauses):
    calls.refuse("CreateBucket", "OperationAborted", times=3)
    calls.refuse("GetBucketVersioning", "NoSuchBucket")
    calls.refuse("PutBucketTagging", "NoSuchBucket")
    calls.refuse("PutBucketPolicy", "OperationAborted")
    made = run_module(module, buckets=[BUCKET])
    assert made["buckets"][0]["reasons"] == ["created"]
    assert len(pauses) == 6
    assert run_module(module, buckets=[BUCKET])["changed"] is False


def test_changes_that_come_too_fast_for_aws_are_done_a_little_later(run_module, calls, pauses):
    run_module(module, buckets=[BUCKET])
    calls.refuse("PutBucketVersioning", "OperationAborted")
    calls.refuse("DeleteBucket", "OperationAborted")
    run_module(module, buckets=[{**BUCKET, "versioning": True}])
    assert run_module(module, buckets=[{**BUCKET, "versioning": True}])["changed"] is False
    run_module(module, buckets=[BUCKET], state="absent")
    assert names() == []
    assert len(pauses) == 2


def test_what_is_done_is_not_done_again_while_aws_is_busy_with_it(run_module, calls, pauses):
    """S3 may refuse a change right after another: to begin again with the first would go on for ever."""
    run_module(module, buckets=[BUCKET])
    calls.made.clear()
    calls.refuse("PutBucketPolicy", "OperationAborted", times=2)
    other = {**BUCKET, "tags": {**BUCKET["tags"], "stage": "other"}, "versioning": True, "policy": OTHER_POLICY}
    run_module(module, buckets=[other])
    changes = ["PutBucketTagging", "PutBucketVersioning", "PutBucketPolicy"]
    assert Counter(calls.of("Put")) == {**dict.fromkeys(changes, 1), "PutBucketPolicy": 3}
    assert run_module(module, buckets=[other])["changed"] is False


def test_what_aws_refuses_for_ever_is_told(run_module, calls, pauses):
    calls.refuse("CreateBucket", "OperationAborted", times=1000)
    msg = run_module(module, buckets=[BUCKET])["msg"]
    assert msg.startswith(f"gave up waiting for S3 bucket {NAME} to be made after 600 s: could not create S3 bucket")
    assert "(OperationAborted)" in msg
    assert sum(pauses) == 600


@pytest.mark.parametrize("code", ["BucketAlreadyExists", "AccessDenied"])
def test_what_does_not_pass_is_not_waited_for(run_module, calls, pauses, code):
    calls.refuse("CreateBucket", code)
    assert code in run_module(module, buckets=[BUCKET])["msg"]
    assert pauses == []


def test_it_returns_when_aws_shows_the_bucket(run_module, calls, pauses):
    calls.before("GetBucketVersioning", lambda: None)
    calls.refuse("GetBucketVersioning", "NoSuchBucket", times=2)
    assert run_module(module, buckets=[BUCKET])["buckets"][0]["reasons"] == ["created"]
    assert len(pauses) == 2


def test_a_bucket_that_another_has_just_deleted_is_none(run_module, calls):
    run_module(module, buckets=[BUCKET])
    calls.refuse("GetBucketPolicy", "NoSuchBucket")
    calls.refuse("ListObjectVersions", "NoSuchBucket")
    assert run_module(module, buckets=[BUCKET], state="absent")["changed"] is False
    assert run_module(module, buckets=[BUCKET], state="absent", empty=True)["changed"] is True


def test_find_sees_the_environment_alone(aws, run_module):
    other = {"name": "test-eu-logs", "tags": {"farflow:environment": "test-eu"}}
    run_module(module, buckets=[BUCKET, other])
    client, calls = s3(), []
    client.meta.events.register("before-call.s3", lambda model, **_unused: calls.append(model.name))
    assert plan([pure.desired(BUCKET)], find(S3_BUCKET, Clients(lambda service, config: client), "test")) == []
    assert Counter(calls) == {**dict.fromkeys(calls, 1), "GetBucketTagging": 2}


def closed(calls):
    """Nobody may read anything of the bucket test-strangers."""
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="test-strangers")
    for operation in ("GetBucketTagging", "GetBucketVersioning", "GetBucketPolicy"):
        calls.refuse_of(operation, "Bucket", "test-strangers", "AccessDenied")


def test_a_strangers_bucket_that_is_closed_to_us_is_none(aws, run_module, calls):
    run_module(module, buckets=[BUCKET])
    closed(calls)
    assert [bucket.name for bucket in find(S3_BUCKET, CLIENTS, "test", names=[NAME])] == [NAME]


def test_a_bucket_without_tags_is_ours_where_it_is_expected(aws, run_module):
    run_module(module, buckets=[{"name": "test-bare"}])
    assert find(S3_BUCKET, CLIENTS, "test") == []
    assert [bucket.name for bucket in find(S3_BUCKET, CLIENTS, "test", names=["test-bare"])] == ["test-bare"]


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"expected": ["test-strangers"]}, "read the tags of"),
        ({"names": ["test-strangers"]}, "read the tags of"),
        (
            {
                "names": ["test-strangers"],
                "prefetched": {"arn:aws:s3:::test-strangers": {"farflow:environment": "test"}},
            },
            "describe",
        ),
    ],
    ids=["expected", "named", "named and prefetched"],
)
def test_a_bucket_of_ours_that_is_closed_to_us_is_an_error(aws, calls, given, what):
    closed(calls)
    with pytest.raises(FarflowError, match=f"could not {what} S3 bucket test-strangers: .*AccessDenied.*permission"):
        find(S3_BUCKET, CLIENTS, "test", **given)


def test_a_bucket_that_is_another_environments_again_is_not_ours_though_aws_tells_the_former_tags(aws):
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="test-x-logs")
    tags = [{"Key": "farflow:environment", "Value": "test-x"}]
    client.put_bucket_tagging(Bucket="test-x-logs", Tagging={"TagSet": tags})
    prefetched = {"arn:aws:s3:::test-x-logs": {"farflow:environment": "test"}}
    assert find(S3_BUCKET, CLIENTS, "test", expected=["test-x-logs"], prefetched=prefetched) == []


def test_find_sees_its_region_alone(aws, run_module):
    run_module(module, buckets=[BUCKET, {"name": "test-elsewhere"}])

    def told(parsed, **_unused):
        """As AWS's answer has it, and moto's has not."""
        for bucket in parsed["Buckets"]:
            bucket["BucketRegion"] = "us-east-1" if bucket["Name"] == "test-elsewhere" else "eu-west-1"

    client = s3()
    client.meta.events.register("after-call.s3.ListBuckets", told)
    found = find(S3_BUCKET, Clients(lambda service, config: client), "test")
    assert [bucket.name for bucket in found] == [NAME]


def test_a_bucket_that_is_listed_after_its_deletion_is_none(aws, run_module, monkeypatch):
    run_module(module, buckets=[BUCKET])
    both = [{"Name": NAME}, {"Name": "test-gone"}]
    monkeypatch.setattr(S3Bucket, "list", lambda kind, clients, prefix: both)
    found = find(S3_BUCKET, Clients(lambda service, config: s3()), "test")
    assert [bucket.name for bucket in found] == [NAME]


def test_what_the_plan_hands_over_is_what_was_given():
    resource = pure.desired(BUCKET)
    handed = json.loads(json.dumps({**resource.properties, "name": resource.name}))
    assert pure.desired(handed) == resource


@pytest.mark.parametrize("code", ["InternalError", "SlowDown"])
def test_objects_that_s3_could_not_delete_right_now_are_deleted_again(aws, run_module, monkeypatch, no_pauses, code):
    run_module(module, buckets=[{"name": NAME, "versioning": True}])
    filled()
    call, asked = BaseClient._make_api_call, []

    def fail_for_some(client, operation, given):
        if operation != "DeleteObjects":
            return call(client, operation, given)
        objects = given["Delete"]["Objects"]
        asked.append(len(objects))
        done, left = (objects[1:], objects[:1]) if len(asked) == 1 else (objects, [])
        answer = call(client, operation, {**given, "Delete": {**given["Delete"], "Objects": done}})
        return {**answer, "Errors": [{**each, "Code": code, "Message": "Please try again."} for each in left]}

    monkeypatch.setattr(BaseClient, "_make_api_call", fail_for_some)
    assert run_module(module, buckets=[{"name": NAME}], state="absent", empty=True)["changed"] is True
    assert asked[1:] == [1]
    assert names() == []


def test_a_bucket_into_which_a_last_log_was_written_is_emptied_again(aws, run_module, calls, pauses):
    run_module(module, buckets=[{"name": NAME}])
    written = iter("ab")
    calls.before("DeleteBucket", lambda: boto3.client("s3").put_object(Bucket=NAME, Key=next(written)), times=2)
    calls.refuse("DeleteBucket", "BucketNotEmpty")
    assert run_module(module, buckets=[{"name": NAME}], state="absent", empty=True)["changed"] is True
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert len(pauses) == 3


def test_a_bucket_that_is_not_to_be_emptied_is_told_at_once(aws, run_module, calls, pauses):
    run_module(module, buckets=[{"name": NAME}])
    boto3.client("s3").put_object(Bucket=NAME, Key="a")
    assert "BucketNotEmpty" in run_module(module, buckets=[{"name": NAME}], state="absent")["msg"]
    assert pauses == []


def test_a_replication_ends_with_the_versioning_that_it_needs(aws, run_module, calls):
    """Each object goes to where somebody else reads it; AWS refuses to suspend versioning before."""
    run_module(module, buckets=[{"name": NAME}])
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for name in (NAME, "theirs"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ID": "all", "Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::theirs"}}
    role = "arn:aws:iam::123456789012:role/replicates"
    s3.put_bucket_replication(Bucket=NAME, ReplicationConfiguration={"Role": role, "Rules": [rule]})
    result = run_module(module, buckets=[{"name": NAME}])
    assert result["buckets"][0]["reasons"] == ["versioning true -> false"]
    changes = calls.of("DeleteBucketReplication", "PutBucketVersioning")[-2:]
    assert changes == ["DeleteBucketReplication", "PutBucketVersioning"]
    assert run_module(module, buckets=[{"name": NAME}])["changed"] is False
