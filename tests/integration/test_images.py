"""Images come with what is built of them, and go with the last revision that names them."""

from __future__ import annotations


def images(aws):
    ecr = aws.client("ecr")
    return sorted(each["imageTag"] for each in ecr.list_images(repositoryName="local-tasks")["imageIds"])


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
