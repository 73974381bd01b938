"""Images come with what is built of them, and go with the last revision that names them."""

from __future__ import annotations

import pytest

from .stack import mutating_calls


def images(aws, repository="local-tasks"):
    ecr = aws.client("ecr")
    return sorted(each["imageTag"] for each in ecr.list_images(repositoryName=repository)["imageIds"])


@pytest.mark.thorough
def test_those_that_no_revision_names_any_more_are_deleted(aws, playbooks, project):
    variables = {**project.variables, "dag_tasks_keep_revisions": 2}
    seen = []
    for content in ("one", "two", "three"):
        (project.tasks / "hello" / "content").write_text(content)
        outcome = playbooks.run("dag_tasks", **variables)
        assert outcome.code == 0, outcome.output
        seen.append(images(aws))
    [[one], two, three] = seen
    assert len(two) == len(three) == 2
    assert one in two
    assert one not in three
    again = playbooks.run("dag_tasks", **variables)
    assert again.changed == 0, again.output


def image_of(aws, family):
    definition = aws.client("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
    return definition["containerDefinitions"][0]["image"]


def tags_of(aws, label, repository="local-tasks"):
    return {tag for tag in images(aws, repository) if tag.startswith(f"{label}-")}


@pytest.mark.thorough
def test_an_image_is_built_again_when_that_is_asked_for_and_stays(aws, playbooks, project):
    """With one on top of it, in a folder whose name is one of Airflow's, by an ignore file of the Dockerfile's own."""
    report = project.add_task("airflow-worker")
    (report / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY content /report\n")
    (report / "Dockerfile.dockerignore").write_text("*\n!content\n")
    (report / "task.yml").write_text("base: hello\n")

    def run(*arguments, **variables):
        outcome = playbooks.run("dag_tasks", *arguments, **project.variables, **variables)
        assert outcome.code == 0, outcome.output
        return outcome

    run()
    before = [image_of(aws, family) for family in ("local-hello", "local--airflow-worker")]
    (first,) = tags_of(aws, "hello")
    planned = run("--check", "--diff", farflow_rebuild="hello").output
    assert f"create image local-tasks:{first}.2: built again\n" in planned
    assert tags_of(aws, "hello") == {first}

    run(farflow_rebuild="hello")
    assert tags_of(aws, "hello") == {first, f"{first}.2"}
    assert len(tags_of(aws, "airflow-worker")) == 2
    after = [image_of(aws, family) for family in ("local-hello", "local--airflow-worker")]
    assert not set(before) & set(after)

    aws.reset_calls()
    again = run()
    assert (again.changed, mutating_calls(aws)) == (0, []), again.output
    assert [image_of(aws, family) for family in ("local-hello", "local--airflow-worker")] == after


@pytest.mark.thorough
def test_airflows_image_is_built_again_for_all_components_at_once(aws, playbooks, project):
    def run(**variables):
        outcome = playbooks.run("deploy", **project.variables, **variables)
        assert outcome.code == 0, outcome.output
        return outcome

    run()
    families = [f"local-airflow-{name}" for name in ("api-server", "scheduler", "worker", "command")]
    (before,) = {image_of(aws, family) for family in families}
    run(farflow_rebuild="airflow")
    (after,) = {image_of(aws, family) for family in families}
    assert after != before
    assert len(tags_of(aws, "airflow", "local-airflow")) == 2
    assert len(tags_of(aws, "hello")) == 1
    aws.reset_calls()
    again = run()
    assert (again.changed, mutating_calls(aws)) == (0, []), again.output
