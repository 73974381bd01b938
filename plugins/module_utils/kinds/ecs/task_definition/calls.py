# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS task definitions: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ....engine.clients import Clients, chunks, doing, pages, tag_dict, tag_list, unless
from ....engine.errors import FarflowError

_WHAT = "task definition"
_DELETIONS_A_CALL = 10


def list_arns(clients: Clients, status: str = "ACTIVE", family: str | None = None) -> list[str]:
    """The ARNs of all revisions with a status, of one family or of the whole account. Some servers take the family for
    a prefix, so there can be more than was asked for.
    """
    arguments = {"familyPrefix": family} if family else {}
    with doing("list", f"{status} task definitions", family or ""):
        return pages(clients("ecs"), "list_task_definitions", "taskDefinitionArns", status=status, **arguments)


def list_tags(clients: Clients, key: str, value: str | None = None, *types: str) -> dict[str, dict[str, str]]:
    """By ARN all the tags of what carries a tag, as the tagging API knows them some moments later; with ``types``, such
    as ``ecs:task-definition``, of these only.
    """
    tag_filter = {"Key": key, **({"Values": [value]} if value is not None else {})}
    with doing("list", "tags of", ", ".join(types) or "resources"):
        found = pages(
            clients("resourcegroupstaggingapi"),
            "get_resources",
            "ResourceTagMappingList",
            ResourceTypeFilters=list(types),
            ResourcesPerPage=100,
            TagFilters=[tag_filter],
        )
    return {each["ResourceARN"]: tag_dict(each.get("Tags")) for each in found}


def describe(clients: Clients, arn: str) -> dict[str, Any]:
    """DescribeTaskDefinition's answer: ``taskDefinition`` and ``tags``."""
    with doing("describe", _WHAT, arn):
        return dict(clients("ecs").describe_task_definition(taskDefinition=arn, include=["TAGS"]))


def images(clients: Clients, arn: str) -> list[str]:
    """What a revision's containers name as their images; nothing when it has just gone."""
    with doing("describe", _WHAT, arn):
        call = partial(clients("ecs").describe_task_definition, taskDefinition=arn)
        answer = unless({"ClientException"}, call)
    return [each["image"] for each in answer["taskDefinition"]["containerDefinitions"]] if answer else []


def newest_arn(clients: Clients, family: str) -> str | None:
    """The ARN of a family's newest ACTIVE revision; None when it has none."""
    with doing("describe", _WHAT, family):
        call = partial(clients("ecs").describe_task_definition, taskDefinition=family)
        answer = unless({"ClientException"}, call)
    return str(answer["taskDefinition"]["taskDefinitionArn"]) if answer else None


def register(clients: Clients, request: Mapping[str, Any]) -> str:
    """Registers a revision; its ARN."""
    with doing("register", _WHAT, request["family"]):
        answer = clients("ecs").register_task_definition(**request)
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def tag(clients: Clients, arn: str, tags: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients("ecs")
    with doing("tag", _WHAT, arn):
        if superfluous:
            client.untag_resource(resourceArn=arn, tagKeys=superfluous)
        if tags:
            client.tag_resource(resourceArn=arn, tags=tag_list(dict(tags), "key", "value"))


def deregister(clients: Clients, arn: str) -> None:
    """Makes a revision INACTIVE: what runs on it goes on, nothing new can start."""
    with doing("deregister", _WHAT, arn):
        clients("ecs").deregister_task_definition(taskDefinition=arn)


def delete(clients: Clients, arns: Iterable[str]) -> None:
    """Deletes INACTIVE revisions; AWS does it when nothing runs on them any more. What is gone is fine."""
    for some in chunks(list(arns), _DELETIONS_A_CALL):
        with doing("delete", "task definitions", ", ".join(some)):
            answer = clients("ecs").delete_task_definitions(taskDefinitions=some)
        failures = [f for f in answer.get("failures", []) if f.get("reason") != "TASK_DEFINITION_NOT_FOUND"]
        if failures:
            told = "; ".join(f"{failure.get('arn')}: {failure.get('reason')}" for failure in failures)
            raise FarflowError(f"could not delete task definitions: {told}")
