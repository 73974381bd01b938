# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECR repositories: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.clients import Clients, doing, pages, tag_dict, tag_list, unless

_WHAT = "ECR repository"
_GONE = {"RepositoryNotFoundException"}
_MOST_A_PAGE = {"PageSize": 1000}


def list_all(clients: Clients) -> list[dict[str, Any]]:
    """Every repository of the account in the region; ECR has no filter."""
    with doing("describe", "ECR repositories"):
        return pages(clients("ecr"), "describe_repositories", "repositories", PaginationConfig=_MOST_A_PAGE)


def describe(clients: Clients, name: str) -> dict[str, Any] | None:
    """The repository, or None."""
    client = clients("ecr")
    with doing("describe", _WHAT, name):
        answer = unless(_GONE, lambda: client.describe_repositories(repositoryNames=[name]), {"repositories": []})
        return next(iter(answer["repositories"]), None)


def tags(clients: Clients, arn: str) -> dict[str, str]:
    """Its tags; none when it is gone."""
    client = clients("ecr")
    with doing("list the tags of", _WHAT, arn):
        answer = unless(_GONE, lambda: client.list_tags_for_resource(resourceArn=arn), {})
        return tag_dict(answer.get("tags"))


def lifecycle_policy(clients: Clients, name: str) -> str | None:
    """The JSON of its lifecycle policy, or None."""
    client = clients("ecr")
    none = {*_GONE, "LifecyclePolicyNotFoundException"}
    with doing("get the lifecycle policy of", _WHAT, name):
        answer: dict[str, Any] = unless(none, lambda: client.get_lifecycle_policy(repositoryName=name), {})
        text: str | None = answer.get("lifecyclePolicyText")
    return text


def repository_policy(clients: Clients, name: str) -> str | None:
    """The JSON of its resource policy, or None."""
    client = clients("ecr")
    none = {*_GONE, "RepositoryPolicyNotFoundException"}
    with doing("get the policy of", _WHAT, name):
        answer: dict[str, Any] = unless(none, lambda: client.get_repository_policy(repositoryName=name), {})
        text: str | None = answer.get("policyText")
    return text


def registry_scan_type(clients: Clients) -> str:
    """``BASIC``, or ``ENHANCED`` where Amazon Inspector scans by rules of the registry; empty where we may not ask."""
    with doing("read", "the scanning configuration of the ECR registry"):
        answer = unless({"AccessDeniedException"}, clients("ecr").get_registry_scanning_configuration, {})
    return str((answer.get("scanningConfiguration") or {}).get("scanType", ""))


def create(clients: Clients, name: str, properties: Mapping[str, Any]) -> None:
    """Makes a repository; one that another run has just made is taken as it is."""
    encryption = {"encryptionType": properties["encryption_type"]}
    if properties["kms_key"]:
        encryption["kmsKey"] = properties["kms_key"]
    arguments = {
        "repositoryName": name,
        "imageTagMutability": properties["image_tag_mutability"],
        "imageScanningConfiguration": {"scanOnPush": properties["scan_on_push"]},
        "encryptionConfiguration": encryption,
        "tags": tag_list(properties["tags"]),
    }
    with doing("create", _WHAT, name):
        unless({"RepositoryAlreadyExistsException"}, lambda: clients("ecr").create_repository(**arguments))


def set_tag_mutability(clients: Clients, name: str, mutability: str) -> None:
    """``IMMUTABLE`` or ``MUTABLE``."""
    with doing("set the tag mutability of", _WHAT, name):
        clients("ecr").put_image_tag_mutability(repositoryName=name, imageTagMutability=mutability)


def set_scan_on_push(clients: Clients, name: str, scan_on_push: bool) -> None:
    """Whether images are scanned for vulnerabilities as they are pushed."""
    scanning = {"scanOnPush": scan_on_push}
    with doing("set the scanning of", _WHAT, name):
        clients("ecr").put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration=scanning)


def set_lifecycle_policy(clients: Clients, name: str, text: str | None) -> None:
    """Puts the JSON, or deletes the policy when None."""
    client = clients("ecr")
    with doing("set the lifecycle policy of", _WHAT, name):
        if text:
            client.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)
        else:
            none = {"LifecyclePolicyNotFoundException"}
            unless(none, lambda: client.delete_lifecycle_policy(repositoryName=name))


def set_repository_policy(clients: Clients, name: str, text: str | None) -> None:
    """Puts the JSON, or deletes the policy when None."""
    client = clients("ecr")
    with doing("set the policy of", _WHAT, name):
        if text:
            client.set_repository_policy(repositoryName=name, policyText=text)
        else:
            none = {"RepositoryPolicyNotFoundException"}
            unless(none, lambda: client.delete_repository_policy(repositoryName=name))


def set_tags(clients: Clients, arn: str, wanted: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients("ecr")
    with doing("tag", _WHAT, arn):
        if superfluous:
            client.untag_resource(resourceArn=arn, tagKeys=superfluous)
        if wanted:
            client.tag_resource(resourceArn=arn, tags=tag_list(dict(wanted)))


def delete(clients: Clients, name: str, force: bool) -> None:
    """Deletes a repository, with ``force`` also one that holds images; one that is gone is fine."""
    with doing("delete", _WHAT, name):
        unless(_GONE, lambda: clients("ecr").delete_repository(repositoryName=name, force=force))
