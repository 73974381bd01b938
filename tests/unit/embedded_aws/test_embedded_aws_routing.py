"""Which service and operation a request is for, from its parts alone."""

from __future__ import annotations

import pytest

from tests.embedded_aws.routing import Request, is_mutating, operation_of, service_of

SIGNED = "AWS4-HMAC-SHA256 Credential=embedded/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def request(method="POST", path="/", query="", form=b"", **headers):
    return Request(method, path, query, {name.replace("_", "-"): value for name, value in headers.items()}, form)


def test_the_signature_names_the_service():
    assert service_of(request(authorization=SIGNED.format("application-autoscaling"))) == "application-autoscaling"


def test_a_presigned_url_names_the_service():
    query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=embedded%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
    assert service_of(request("GET", "/bucket/key", query)) == "s3"


@pytest.mark.parametrize("path", ["/v2/", "/_alb/prod/", "/health"])
def test_an_unsigned_request_is_of_no_service(path):
    assert service_of(request("GET", path)) is None


@pytest.mark.parametrize(
    ("service", "asked", "operation"),
    [
        ("ecs", request(x_amz_target="AmazonEC2ContainerServiceV20141113.RunTask"), "RunTask"),
        ("rds", request(form=b"Action=DescribeDBInstances&Version=2014-10-31"), "DescribeDBInstances"),
        ("s3", request("GET", "/", ""), "ListBuckets"),
        ("s3", request("PUT", "/bucket"), "CreateBucket"),
        ("s3", request("PUT", "/bucket", "publicAccessBlock"), "PutPublicAccessBlock"),
        ("s3", request("GET", "/bucket", "lifecycle"), "GetBucketLifecycleConfiguration"),
        ("s3", request("GET", "/bucket", "list-type=2&prefix=a"), "ListObjectsV2"),
        ("s3", request("PUT", "/bucket/a/b.log", "x-id=PutObject"), "PutObject"),
        ("s3", request("PUT", "/bucket/key", x_amz_copy_source="other/key"), "CopyObject"),
        ("s3", request("GET", "/bucket/a/b.log"), "GetObject"),
        ("s3", request("GET", "/bucket/a", "tagging"), "GetObjectTagging"),
        ("elasticfilesystem", request("POST", "/2015-02-01/file-systems"), "CreateFileSystem"),
        ("elasticfilesystem", request("GET", "/2015-02-01/mount-targets", "FileSystemId=fs-1"), "DescribeMountTargets"),
        ("nosuchservice", request("GET", "/x"), "?"),
    ],
)
def test_operation(service, asked, operation):
    assert operation_of(service, asked) == operation


@pytest.mark.parametrize("operation", ["DescribeTasks", "GetResources", "ListTagsForResource", "HeadObject"])
def test_looking_changes_nothing(operation):
    assert not is_mutating(operation)


@pytest.mark.parametrize("operation", ["RunTask", "PutObject", "RegisterTaskDefinition", "TagResource", "?"])
def test_everything_else_counts_as_a_change(operation):
    assert is_mutating(operation)
