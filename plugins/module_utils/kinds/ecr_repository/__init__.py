# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECR repositories."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ...engine import policy_documents as policy
from ...engine.actions import Resource
from ...engine.clients import Clients, pages, tag_dict, tag_list, unless
from ...engine.kind import Document, Kind
from ...engine.tags import PrefetchedTags
from . import documents

_NO_LIFECYCLE_POLICY = {"LifecyclePolicyNotFoundException"}
_NO_POLICY = {"RepositoryPolicyNotFoundException"}


class EcrRepository(Kind):
    """A private repository of ECR."""

    type = documents.TYPE
    title, titles = "ECR repository", "ECR repositories"
    gone = busy_when_new = frozenset({"RepositoryNotFoundException"})
    exists = frozenset({"RepositoryAlreadyExistsException"})
    immutable = documents.IMMUTABLE

    def __init__(self, force: bool = False, wanted: Sequence[Resource] = ()) -> None:
        """With ``force`` one is deleted with the images that it holds."""
        self.force, self.wanted = force, wanted

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return documents.desired(arguments)

    def seen_by(self, wanted: Sequence[Resource]) -> EcrRepository:
        return EcrRepository(self.force, wanted)

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        """ECR has no filter."""
        found = pages(clients("ecr"), "describe_repositories", "repositories", PaginationConfig={"PageSize": 1000})
        return [document for document in found if self.name(document).startswith(prefix)]

    def look_up(self, clients: Clients, name: str) -> Document | None:
        return next(iter(clients("ecr").describe_repositories(repositoryNames=[name])["repositories"]), None)

    def name(self, document: Document) -> str:
        return str(document["repositoryName"])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        return tag_dict(clients("ecr").list_tags_for_resource(resourceArn=document["repositoryArn"]).get("tags"))

    def prefetched_tags(self, document: Document, prefetched: PrefetchedTags) -> Mapping[str, str] | None:
        return prefetched.get(document["repositoryArn"])

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        client, name = clients("ecr"), self.name(document)
        lifecycle = unless(_NO_LIFECYCLE_POLICY, lambda: client.get_lifecycle_policy(repositoryName=name), {})
        policies = unless(_NO_POLICY, lambda: client.get_repository_policy(repositoryName=name), {})
        details = {
            "tags": tags,
            "lifecycle_policy": lifecycle.get("lifecyclePolicyText"),
            "repository_policy": policies.get("policyText"),
        }
        return documents.canonical({**document, **details})

    def together(self, clients: Clients, found: Sequence[Resource]) -> Sequence[Resource]:
        """Where Amazon Inspector scans by rules of the registry, AWS answers by them, whatever a repository was set to:
        that is no difference. It is asked where one is not scanned as is wanted, and is not where we may not ask.
        """
        wanted = {repository.name: repository for repository in self.wanted}
        scanned = [documents.as_scanned(repository, wanted.get(repository.name)) for repository in found]
        if scanned == list(found):
            return found
        answer = unless({"AccessDeniedException"}, clients("ecr").get_registry_scanning_configuration, {})
        return scanned if answer.get("scanningConfiguration", {}).get("scanType") == "ENHANCED" else found

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """AWS takes the policies in calls of their own."""
        request = documents.create_request(wanted)
        arn = str(clients("ecr").create_repository(**request)["repository"]["repositoryArn"])
        policies = {"lifecycle_policy", "repository_policy"}
        self.change(clients, wanted, wanted, {name for name in policies if wanted.properties[name]})
        return arn

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        client, name, properties = clients("ecr"), wanted.name, wanted.properties
        if "image_tag_mutability" in differs:
            mutability = properties["image_tag_mutability"]
            client.put_image_tag_mutability(repositoryName=name, imageTagMutability=mutability)
        if "scan_on_push" in differs:
            scanning = {"scanOnPush": properties["scan_on_push"]}
            client.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration=scanning)
        lifecycle, document = properties["lifecycle_policy"], properties["repository_policy"]
        if "lifecycle_policy" in differs and lifecycle:
            client.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(lifecycle))
        elif "lifecycle_policy" in differs:
            unless(_NO_LIFECYCLE_POLICY, lambda: client.delete_lifecycle_policy(repositoryName=name))
        if "repository_policy" in differs and document:
            client.set_repository_policy(repositoryName=name, policyText=policy.to_json(document))
        elif "repository_policy" in differs:
            unless(_NO_POLICY, lambda: client.delete_repository_policy(repositoryName=name))

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients("ecr").tag_resource(resourceArn=found.id, tags=tag_list(dict(tags)))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients("ecr").untag_resource(resourceArn=found.id, tagKeys=keys)

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("ecr").delete_repository(repositoryName=found.name, force=self.force)


ECR_REPOSITORY = EcrRepository()
