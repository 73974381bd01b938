# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which objects of AWX are ours: those with the mark of the project, and those from before there were marks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..module_utils.awx.assets import Asset
from ..module_utils.awx.marks import owner
from ..module_utils.awx.names import environment_of, prefix_of
from ..module_utils.awx.settings import Settings
from .awx import Object
from .awx_look import Look

#: By this description the hook that was made before there were marks is known.
OLD_HOOK = "Hears how jobs end"

#: The setting that names of a resource are made with, where it is another than the prefix.
_NAMED_BY = dict.fromkeys(("projects", "notification_templates", "inventory_sources"), "farflow_awx_project")
_ANOTHER_ENVIRONMENT = "give farflow_awx_execution_environment another name, or the same image"

_ANOTHER_PROJECT = "give farflow_awx_project another value for a second project"


class Ours:
    """What is ours of what an organization has."""

    def __init__(self, look: Look, settings: Settings, templates: Collection[str]) -> None:
        """``templates`` are the names of templates without prefix and environment."""
        self._look, self._settings, self._templates = look, settings, templates

    def owns(self, resource: str, asset: Asset, one: Object) -> bool:
        """Whether an object of a wanted name is ours, by its mark or by what it is made of."""
        marked = owner(one.get("description"))
        if resource == "execution_environments" and one["organization"] not in (None, self._look.organization):
            return False
        if marked is not None:
            return marked == self._settings.project
        return self._unmarked(resource, asset, one)

    def refusal(self, resource: str, asset: Asset, one: Object, found: Mapping[str, Any]) -> str:
        """Why an object of a wanted name may not be written; nothing when it may. ``found`` is what would be."""
        if one.get("pending_deletion"):
            return "is being deleted by AWX; run this again when it is gone"
        setting = _NAMED_BY.get(resource, "farflow_awx_name_prefix")
        rename = f"rename or remove it, or give {setting} another value"
        if not self.owns(resource, asset, one):
            if resource == "credentials":
                return f"exists and is not ours: {self.described(one)}; name it in farflow_awx_credentials, or {rename}"
            if resource != "execution_environments":
                return f"exists and is not ours: {self.described(one)}; {rename}"
            # One that others share with us is used as it is.
            differing = "".join(f"; {name} is {one.get(name)}" for name in found if name != "description")
            return (
                f"exists and is not ours: {self.described(one)}{differing}; {_ANOTHER_ENVIRONMENT}" if differing else ""
            )
        if resource == "projects" and "scm_url" in found:
            others = ", ".join(sorted(each["name"] for each in self.on(one) if self._of_another_prefix(each)))
            return (
                f"runs job_templates {others}, of another farflow_awx_name_prefix; {_ANOTHER_PROJECT}" if others else ""
            )
        return ""

    def renamed(self, asset: Asset) -> str:
        """Why a credential may not be made: one of ours with another name has its place. Nothing when it may."""
        for one in self._look.objects["credentials"]:
            named = environment_of("credentials", one["name"], self._settings, self._templates)
            ours = named is None and owner(one.get("description")) == self._settings.project
            if ours and self._is_attached(asset, one):
                return (
                    f"{one['name']!r} has its place and the project's mark, so it was renamed; "
                    "name it in farflow_awx_credentials, or give it its name back"
                )
        return ""

    def described(self, one: Object) -> str:
        """Whose an object is, in words."""
        if one.get("organization") not in (None, self._look.organization):
            return "it is of another organization"
        marked = owner(one.get("description"))
        if marked is not None:
            return f"it belongs to the project {marked!r} of farflow.airflow"
        user = (one.get("summary_fields", {}).get("created_by") or {}).get("username", "somebody")
        if not one.get("playbook"):
            return f"{user} made it"
        project = _project_of(one)
        of = "a project that is gone" if project is None else f"the project {project!r}"
        return f"{user} made it and runs {one['playbook']} of {of}"

    def _unmarked(self, resource: str, asset: Asset, one: Object) -> bool:
        project = self._settings.project
        if resource == "credentials":
            return self._is_attached(asset, one)
        if resource == "execution_environments":
            return _repository(one["image"]) == _repository(asset["image"])
        if resource == "job_templates":
            return _project_of(one) == project and one["playbook"] == asset["playbook"]
        if resource == "inventory":
            sources = [each for each in self._look.objects["inventory_sources"] if each["inventory"] == one["id"]]
            return any(_project_of(each, "source_project") == project for each in sources)
        if resource == "inventory_sources":
            return _project_of(one, "source_project") == project
        if resource == "projects":
            return bool(one["scm_url"] == asset["scm_url"]) and any(map(self._is_template_of_ours, self.on(one)))
        if resource == "notification_templates":
            url = one["notification_configuration"].get("url")
            return one.get("description") == OLD_HOOK or bool(url == asset["notification_configuration"]["url"])
        if resource == "workflow_job_templates":
            path = f"workflow_job_templates/{one['id']}/workflow_nodes"
            nodes = {each["identifier"]: each["unified_job_template"] for each in self._look.client.all(path)}
            wanted = asset["related"]["workflow_nodes"]
            return {each["identifier"] for each in wanted} <= nodes.keys() and all(
                nodes[each["identifier"]] == self._look.identify(each["unified_job_template"])
                for each in wanted
                if "unified_job_template" in each
            )
        return False

    def _is_attached(self, asset: Asset, credential: Object) -> bool:
        """Whether a credential without a mark is on templates of its environment that have one."""
        mine = [each for each in self._look.objects["job_templates"] if each["name"].startswith(f"{asset['name']}: ")]
        return any(
            credential["id"] in [one["id"] for one in self._look.client.all(each["related"]["credentials"])]
            for each in mine
            if self._is_template_of_ours(each)
        )

    def on(self, project: Object) -> list[Object]:
        """The job templates that run a project."""
        return [each for each in self._look.objects["job_templates"] if each["project"] == project["id"]]

    def _is_template_of_ours(self, one: Object) -> bool:
        named = environment_of("job_templates", one["name"], self._settings, self._templates)
        return named is not None or owner(one.get("description")) == self._settings.project

    def _of_another_prefix(self, one: Object) -> bool:
        prefix = prefix_of("job_templates", one["name"], self._templates)
        marked = owner(one.get("description")) == self._settings.project
        return marked and prefix not in (None, self._settings.name_prefix)


def _project_of(one: Object, field: str = "project") -> str | None:
    found = one.get("summary_fields", {}).get(field)
    return str(found["name"]) if found else None


def _repository(image: str) -> str:
    """An image without tag and digest."""
    path, slash, name = image.partition("@")[0].rpartition("/")
    return f"{path}{slash}{name.partition(':')[0]}"
