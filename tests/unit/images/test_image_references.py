from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.images import references as image_references
from ansible_collections.farflow.airflow.plugins.module_utils.images.references import Ecr, Reference, parse

DIGEST = f"sha256:{'a' * 64}"
OURS = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
ECR = Ecr("eu-west-1", "127.0.0.1:5000")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tasks:1", Reference("", "tasks", "1")),
        ("team/tasks:v1.2_x", Reference("", "team/tasks", "v1.2_x")),
        (f"tasks@{DIGEST}", Reference("", "tasks", "", DIGEST)),
        (f"{OURS}/team/tasks:1", Reference(OURS, "team/tasks", "1")),
        (f"registry.example.com:5000/tasks:1@{DIGEST}", Reference("registry.example.com:5000", "tasks", "", DIGEST)),
        ("localhost/tasks:1", Reference("localhost", "tasks", "1")),
        ("127.0.0.1:5000/tasks:1", Reference("127.0.0.1:5000", "tasks", "1")),
    ],
)
def test_is_read(text, expected):
    assert list(image_references.problems(text)) == []
    assert parse(text) == expected
    assert parse(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tasks",
        "t:1",
        f"{OURS}/tasks",
        "Tasks:1",
        "tasks:",
        "tasks:-1",
        "tasks@sha256:1",
        "a b:1",
        "/tasks:1",
        "t//u:1",
        3,
    ],
)
def test_is_refused(text):
    assert len(list(image_references.problems(text))) == 1


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("tasks:1", ""),
        ("127.0.0.1:5000/tasks:1", ""),
        (f"{OURS}/tasks:1", "123456789012"),
        ("210987654321.dkr.ecr.eu-west-1.amazonaws.com/tasks:1", "210987654321"),
        ("210987654321.dkr-ecr.eu-west-1.on.aws/tasks:1", "210987654321"),
        ("210987654321.dkr.ecr.us-east-1.amazonaws.com/tasks:1", None),
        ("210987654321.dkr.ecr.eu-west-1.amazonaws.eu/tasks:1", "210987654321"),
        ("210987654321.dkr-ecr.eu-west-1.on.aws/tasks:1", "210987654321"),
        ("210987654321.dkr.ecr.eu-west-1.example.com/tasks:1", None),
        ("registry.example.com/tasks:1", None),
    ],
)
def test_knows_which_ecr_can_be_asked(text, account):
    assert parse(text).account(ECR) == account
    pinned = list(image_references.unpinned(text, ECR)) == []
    assert pinned is (account is not None), "what cannot be asked about has to have a digest"
    assert list(image_references.unpinned(f"{parse(text).address}@{DIGEST}", ECR)) == []


@pytest.mark.parametrize(
    ("registry", "region"),
    [
        ("210987654321.dkr.ecr.us-east-1.amazonaws.com/", "us-east-1"),
        ("210987654321.dkr-ecr-fips.cn-north-1.on.amazonwebservices.com.cn/", "cn-north-1"),
        ("210987654321.dkr.ecr.eu-west-1.amazonaws.com/", None),
        ("registry.example.com/", None),
        ("", None),
    ],
)
def test_knows_the_region_of_another_regions_ecr(registry, region):
    reference = parse(f"{registry}tasks@{DIGEST}")
    assert reference.other_region(ECR) == region
    assert reference.other_region(image_references.Ecr("eu-west-1", registry.rstrip("/"))) is None


@pytest.mark.parametrize(
    ("text", "arn"),
    [
        ("team/tasks:1", "arn:aws:ecr:eu-west-1:1:repository/team/tasks"),
        (
            f"210987654321.dkr.ecr.us-east-1.amazonaws.com/task@{DIGEST}",
            "arn:aws:ecr:us-east-1:210987654321:repository/task",
        ),
        (f"registry.example.com/tasks@{DIGEST}", None),
    ],
)
def test_names_the_repository_that_is_pulled_from(text, arn):
    assert parse(text).arn(ECR, "1", "aws") == arn
