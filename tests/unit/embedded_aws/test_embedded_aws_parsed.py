"""What a client sends is read as what it was asked to send, whatever the protocol."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from tests.embedded_aws.parsed import Call
from tests.embedded_aws.routing import Request, operation_of, service_of

TAGS = [{"key": "a", "value": "1 & 2"}, {"key": "ü", "value": ""}]
UPPER = [{"Key": "a", "Value": "1 & 2"}, {"Key": "ü", "Value": "x"}]
CALLS = [
    ("ecs", "RunTask", {"cluster": "c", "taskDefinition": "f:1", "tags": TAGS, "count": 2, "overrides": {"cpu": "1"}}),
    ("logs", "CreateLogGroup", {"logGroupName": "/farflow/dev", "tags": {"a": "b"}}),
    ("sqs", "CreateQueue", {"QueueName": "q", "Attributes": {"VisibilityTimeout": "30"}, "tags": {"a": "1"}}),
    ("secretsmanager", "CreateSecret", {"Name": "a/b", "SecretString": "s", "Tags": UPPER}),
    ("iam", "CreateRole", {"RoleName": "r", "Path": "/a/", "AssumeRolePolicyDocument": '{"a": [1]}', "Tags": UPPER}),
    ("rds", "CreateDBParameterGroup", {"DBParameterGroupName": "g", "DBParameterGroupFamily": "f", "Description": "d"}),
    ("rds", "DescribeDBSnapshots", {"Filters": [{"Name": "n", "Values": ["a", "b"]}], "MaxRecords": 20}),
    ("elbv2", "AddTags", {"ResourceArns": ["arn:1", "arn:2"], "Tags": UPPER}),
    ("ec2", "DescribeVpcs", {"Filters": [{"Name": "tag:a", "Values": ["x", "y"]}], "VpcIds": ["vpc-1"]}),
    (
        "ec2",
        "CreateVpc",
        {"CidrBlock": "10.0.0.0/16", "TagSpecifications": [{"ResourceType": "vpc", "Tags": UPPER}]},
    ),
    ("efs", "CreateFileSystem", {"CreationToken": "t", "Encrypted": True, "Tags": UPPER}),
    ("efs", "UntagResource", {"ResourceId": "fs-1", "TagKeys": ["a", "b"]}),
    ("efs", "DescribeMountTargets", {"FileSystemId": "fs-1"}),
    ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "logs/ü"}),
    ("s3", "GetObject", {"Bucket": "b", "Key": "logs/dag id=1/ü"}),
    ("s3", "PutBucketTagging", {"Bucket": "b", "Tagging": {"TagSet": UPPER}}),
    ("s3", "CreateBucket", {"Bucket": "b", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    ("s3", "DeleteObjects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "v"}]}}),
    ("cloudwatch", "PutMetricData", {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.5}]}),
    ("application-autoscaling", "DescribeScalableTargets", {"ServiceNamespace": "ecs", "ResourceIds": ["a"]}),
    ("resourcegroupstaggingapi", "GetResources", {"TagFilters": [{"Key": "a", "Values": ["b"]}]}),
]
#: What the client itself adds to some operations.
ADDED = {"ChecksumAlgorithm", "ContentMD5", "ChecksumCRC32", "ClientToken", "clientToken", "ClientRequestToken"}


def sent(service, operation, parameters):
    """The call that a client of boto3 makes."""
    options = {"aws_access_key_id": "AKIDADA", "aws_secret_access_key": "s", "aws_session_token": "token"}
    client = boto3.client(service, "us-east-1", endpoint_url="http://127.0.0.1:1", **options)
    caught = []

    def send(request, **_unused):
        caught.append(request)
        return AWSResponse(request.url, 500, {}, None)

    client.meta.events.register("before-send", send)
    client.meta.events.register("needs-retry", lambda **_unused: None)
    with pytest.raises(Exception):  # noqa: B017, PT011  there is no answer
        client._make_api_call(operation, parameters)
    request = caught[0]
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
    parts = urlsplit(request.url)
    headers = {name.lower(): v.decode() if isinstance(v, bytes) else v for name, v in request.headers.items()}
    form = body if "urlencoded" in headers.get("content-type", "") else b""
    asked = Request(request.method, unquote(parts.path) or "/", parts.query, headers, form)
    named = service_of(asked)
    return Call(named, operation_of(named, asked), asked, body)


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS, ids=lambda each: str(each)[:24])
def test_parameters_are_read_as_they_were_given(service, operation, parameters):
    call = sent(service, operation, parameters)
    assert call.operation == operation
    read = {name: value for name, value in call.parameters.items() if name not in ADDED - parameters.keys()}
    assert read == parameters


def test_moments_are_read():
    when = datetime(2026, 1, 1, tzinfo=UTC)
    call = sent("rds", "DescribeEvents", {"StartTime": when})
    assert call.parameters["StartTime"].replace(tzinfo=UTC) == when


def test_who_signed_is_read():
    call = sent("ecs", "ListClusters", {})
    assert (call.access_key_id, call.region, call.session_token) == ("AKIDADA", "us-east-1", "token")


def test_who_signed_a_url_is_read():
    credential = "X-Amz-Credential=AKIDADA%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Security-Token=token"
    call = Call("s3", "GetObject", Request("GET", "/b/k", credential, {}))
    assert (call.access_key_id, call.region, call.session_token) == ("AKIDADA", "eu-west-1", "token")
    assert call.parameters == {"Bucket": "b", "Key": "k"}


def test_a_protocol_that_nobody_reads_is_said():
    asked = Request("POST", "/", "", {"content-type": "application/cbor"})
    with pytest.raises(NotImplementedError, match="monitoring in smithy-rpc-v2-cbor"):
        _unused = Call("monitoring", "PutMetricData", asked, b"\xa0").parameters
