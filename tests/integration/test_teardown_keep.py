"""A teardown that keeps what cannot be made again, and a deploy that takes it up."""

from __future__ import annotations

import re

from tests.stack.listing import difference, listing, more

from .stack import mutating_calls

KEEP = ["snapshot", "fernet_key", "log_bucket", "images"]
FERNET_KEY = "farflow/local/fernet-key"

# What the output calls the kinds of a listing. Images go unsaid: they are in their repositories.
KINDS = {
    "database snapshot": "rds_snapshot",
    "secret": "secret",
    "bucket": "s3_bucket",
    "ECR repository": "ecr_repository",
}


def fernet_key(aws):
    """ARN, version and value."""
    secret = aws.client("secretsmanager").get_secret_value(SecretId=FERNET_KEY)
    return secret["ARN"], secret["VersionId"], secret["SecretString"]


def admin_password(aws):
    return aws.client("secretsmanager").get_secret_value(SecretId="farflow/local/admin-password")["SecretString"]


def images(aws):
    """Digest, and when it was pushed, of every image."""
    ecr = aws.client("ecr")
    return [
        (repository, image["imageDigest"], image["imagePushedAt"])
        for repository in ("local-airflow", "local-tasks")
        for image in ecr.describe_images(repositoryName=repository)["imageDetails"]
    ]


def named(output):
    """What the teardown says that it kept."""
    (kept,) = re.findall(r'"msg": "kept: (.*)"', output)
    return set(kept.split(", "))


def test_what_is_kept_is_named_and_taken_up_again(aws, playbooks, project):
    before = listing(aws)
    playbooks.deploy(**project.variables)
    key, password, pushed = fernet_key(aws), admin_password(aws), images(aws)

    teardown = playbooks.teardown(farflow_teardown_keep=KEEP, **project.variables)
    left = more(before, listing(aws))
    assert left.pop("image") == sorted(f"{repository}@{digest}" for repository, digest, _unused in pushed)
    assert named(teardown.output) == {f"{KINDS[kind]} {name}" for kind, names in left.items() for name in names}
    assert set(left) == set(KINDS)
    (snapshot,) = left["database snapshot"]

    aws.reset_calls()
    again = playbooks.teardown(farflow_teardown_keep=KEEP, **project.variables)
    assert again.changed == 0, again.output
    assert mutating_calls(aws) == []

    playbooks.deploy(**project.variables)
    assert fernet_key(aws) == key
    assert admin_password(aws) == password  # as in the restored database
    assert images(aws) == pushed
    calls = mutating_calls(aws)
    assert "rds RestoreDBInstanceFromDBSnapshot" in calls
    assert "rds CreateDBInstance" not in calls
    assert snapshot in listing(aws)["database snapshot"]

    aws.reset_calls()
    again = playbooks.deploy(**project.variables)
    assert again.changed == 0, again.output

    playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}
