"""Who builds the images: what each way needs in the account, without a build being run."""

from __future__ import annotations

import pytest

from tests.stack.listing import difference, listing, more

from .stack import mutating_calls

BY_CODEBUILD = {"farflow_image_builder": "codebuild"}
PROJECT = "local-image-builder"


@pytest.fixture
def deploy(playbooks, project):
    def deploy(*arguments, **variables):
        outcome = playbooks.run("dag_tasks", *arguments, **{**project.variables, **variables})
        assert outcome.code == 0, outcome.output[-6000:]
        return outcome

    return deploy


def projects(aws):
    codebuild = aws.client("codebuild")
    return codebuild.batch_get_projects(names=[PROJECT])["projects"]


@pytest.mark.thorough
def test_codebuild_has_what_it_needs_while_it_is_wanted(aws, deploy):
    """The image is there, built by Docker: the same tag is the same image, so that nothing is built once more."""
    deploy()
    before = listing(aws)

    planned = deploy("--check", **BY_CODEBUILD).output
    named = [f"codebuild_project {PROJECT}", f"iam_role {PROJECT}", "log_group /farflow/local/image-builder"]
    assert [name for name in named if f"dag_tasks: {name}\n" not in planned] == [], planned
    assert "dag_tasks: image" not in planned
    assert difference(before, listing(aws)) == {}

    deploy(**BY_CODEBUILD)
    made = more(before, listing(aws))
    assert made == {
        "CodeBuild project": [PROJECT],
        "bucket": ["local-build-contexts-123456789012-us-east-1"],
        "log group": ["/farflow/local/image-builder"],
        "role": [f"/farflow/local/{PROJECT}"],
    }
    (found,) = projects(aws)
    assert found["environment"]["privilegedMode"] is True
    assert {"key": "farflow:environment", "value": "local"} in found["tags"]

    aws.reset_calls()
    assert deploy(**BY_CODEBUILD).changed == 0
    assert mutating_calls(aws) == []

    found["environment"]["privilegedMode"] = False
    aws.client("codebuild").update_project(name=PROJECT, environment=found["environment"], tags=found["tags"])
    mended = deploy("--diff", **BY_CODEBUILD).output
    assert f"codebuild_project {PROJECT}: environment privilegedMode false -> true" in mended
    assert projects(aws)[0]["environment"]["privilegedMode"] is True

    deploy()
    assert difference(before, listing(aws)) == {}


@pytest.mark.thorough
def test_a_teardown_takes_what_codebuild_needed(aws, playbooks, project, deploy):
    """Also one that does not know that CodeBuild has built, and keeps what it may keep."""
    before = listing(aws)
    deploy()
    deploy(**BY_CODEBUILD)
    bucket = "local-build-contexts-123456789012-us-east-1"
    aws.client("s3").put_object(Bucket=bucket, Key="contexts/local-tasks/hello.tar.gz", Body=b"")
    playbooks.teardown(**project.variables, farflow_teardown_keep=["log_bucket"])
    assert difference(before, listing(aws)) == {}


@pytest.mark.thorough
def test_a_given_image_needs_no_dockerfile_and_may_be_pulled(aws, deploy, project):
    """The task is deployed by reference from another repository, beside one that is built."""
    digest = f"sha256:{'1' * 64}"
    (project.tasks / "vendor").mkdir()
    deploy(dag_tasks_images={"vendor": f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/vendor@{digest}"})
    ecs = aws.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition="local-vendor")["taskDefinition"]
    image = definition["containerDefinitions"][0]["image"]
    assert image == f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/vendor@{digest}"
    policy = aws.client("iam").get_role_policy(RoleName="local-tasks-execution", PolicyName="start-tasks")
    (pull,) = [each for each in policy["PolicyDocument"]["Statement"] if each["Sid"] == "PullImage"]
    assert sorted(pull["Resource"]) == [
        "arn:aws:ecr:eu-west-1:123456789012:repository/vendor",
        "arn:aws:ecr:us-east-1:123456789012:repository/local-tasks",
    ]


def test_an_image_for_no_task_is_refused_before_anything_is_asked(aws, playbooks, project):
    images = {"helo": "local-tasks:1"}
    outcome = playbooks.run("dag_tasks", **project.variables, dag_tasks_images=images)
    assert outcome.code != 0
    assert "dag_tasks_images.helo: is an image for no task, did you mean 'hello'?" in " ".join(outcome.output.split())
    assert aws.calls() == []
