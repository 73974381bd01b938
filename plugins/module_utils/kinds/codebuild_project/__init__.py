# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CodeBuild projects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ...engine.actions import Resource
from ...engine.clients import Clients, caused_by, tag_dict
from ...engine.errors import FarflowError
from ...engine.kind import Document, Kind
from . import documents


class CodeBuildProject(Kind):
    """A project of CodeBuild. AWS tells all of one in one document, tags included."""

    type = documents.TYPE
    title, titles = "CodeBuild project", "CodeBuild projects"
    exists = frozenset({"ResourceAlreadyExistsException"})
    patience = 60
    names_a_call = 100
    tags_apart = False

    def is_busy(self, error: FarflowError) -> bool:
        """For some seconds CodeBuild cannot take a role that was just made."""
        return caused_by(error, {"InvalidInputException"}) and "not authorized to perform: sts:AssumeRole" in str(error)

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return documents.desired(arguments)

    def look_up_all(self, clients: Clients, names: Sequence[str]) -> Iterable[Document]:
        found: list[Document] = clients("codebuild").batch_get_projects(names=names)["projects"]
        return found

    def name(self, document: Document) -> str:
        return str(document["name"])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        return tag_dict(document.get("tags"), "key", "value")

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return documents.canonical(document)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        return str(clients("codebuild").create_project(**documents.create_request(wanted))["project"]["arn"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        """A change takes all tags away that it is not given, so that it is given the ignored ones as well."""
        client, name = clients.with_ignored_tags("codebuild"), wanted.name
        if documents.VISIBILITY in differs:
            visibility = wanted.properties[documents.VISIBILITY]
            client.update_project_visibility(projectArn=found.id, projectVisibility=visibility)
        if {*differs} - {documents.VISIBILITY}:
            tags = [tag for each in client.batch_get_projects(names=[name])["projects"] for tag in each.get("tags", [])]
            kept = {key: value for key, value in tag_dict(tags, "key", "value").items() if clients.ignores(key)}
            client.update_project(**documents.update_request(wanted, differs, kept))

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("codebuild").delete_project(name=found.name)


CODEBUILD_PROJECT = CodeBuildProject()
