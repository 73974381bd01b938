"""Who pushes to the registry and pulls from it, where IAM is enforced: whoever has the password."""

from __future__ import annotations

import base64

import pytest
import requests

ACCOUNT = "123456789012"
REPOSITORY = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/dev-tasks"
BLOB = f"sha256:{'0' * 64}"
#: Method and path of what Docker asks for, and the action that it needs.
ASKED = [
    ("POST", "blobs/uploads/", "InitiateLayerUpload"),
    ("PATCH", "blobs/uploads/0f", "UploadLayerPart"),
    ("PUT", "blobs/uploads/0f", "UploadLayerPart"),
    ("PUT", "blobs/uploads/0f", "CompleteLayerUpload"),
    ("HEAD", f"blobs/{BLOB}", "BatchCheckLayerAvailability"),
    ("PUT", "manifests/1", "PutImage"),
    ("HEAD", "manifests/1", "BatchGetImage"),
    ("GET", "manifests/1", "BatchGetImage"),
    ("GET", f"blobs/{BLOB}", "GetDownloadUrlForLayer"),
    ("DELETE", f"manifests/{BLOB}", "BatchDeleteImage"),
    ("GET", "tags/list", "ListImages"),
]


@pytest.fixture(autouse=True)
def enforced(aws):
    aws.client("ecr").create_repository(repositoryName="dev-tasks")
    with aws.behaviours(enforced_iam=True):
        yield


@pytest.fixture
def password_of(aws):
    """The user and password that the account's root is given, or who has these rights on the repository alone."""

    def password_of(**rights):
        signs_in = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
        statements = [signs_in, {"Effect": "Allow", "Resource": REPOSITORY, **rights}]
        identity = aws.identity([{"Version": "2012-10-17", "Statement": statements}]) if rights else None
        (data,) = aws.client("ecr", identity=identity).get_authorization_token()["authorizationData"]
        user, _unused, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        return user, password

    return password_of


@pytest.fixture
def ask(aws):
    return lambda method, path, password: requests.request(
        method, f"{aws.endpoint_url}/v2/{path}", data=b"x", auth=password, timeout=60
    )


@pytest.mark.parametrize(("method", "path", "action"), ASKED)
def test_each_part_of_a_push_and_a_pull_needs_a_right(ask, password_of, method, path, action):
    refused = ask(method, f"dev-tasks/{path}", password_of(NotAction=f"ecr:{action}"))
    assert refused.status_code == 403
    if method != "HEAD":
        (error,) = refused.json()["errors"]
        assert error["code"] == "DENIED"
        assert f"is not authorized to perform: ecr:{action} on resource: {REPOSITORY} because" in error["message"]
    assert ask(method, f"dev-tasks/{path}", password_of(Action="ecr:*")).status_code not in (401, 403)


def test_without_a_password_nobody_is_let_in(ask):
    for password in (None, ("AWS", "no-password")):
        refused = ask("GET", "", password)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Basic realm=")


def test_a_password_is_good_for_what_its_owner_may_on_this_repository(aws, ask, password_of):
    aws.client("ecr").create_repository(repositoryName="prod-tasks")
    password = password_of(Action="ecr:*")
    assert ask("GET", "", password).status_code == 200
    assert ask("GET", "dev-tasks/tags/list", password).status_code == 200
    assert ask("GET", "prod-tasks/tags/list", password).status_code == 403
    assert ask("GET", "prod-tasks/tags/list", password_of()).status_code == 200


def test_where_iam_is_not_enforced_nobody_is_asked_for_it(aws, ask):
    assert ask("GET", "", None).status_code == 401
    with aws.behaviours():
        assert ask("GET", "dev-tasks/tags/list", None).status_code == 200
