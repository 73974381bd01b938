"""An AWX as far as `awx export`, `awx import` and playbooks/awx.yml need one: objects in memory, with AWX's manners.

Objects know others by ids, as in AWX; awxkit translates natural keys. Each manner is here since AWX has it; where, says
the table, of ansible/awx 24.6.1 (paths below awx/, where nothing else is said).

| Manner | In AWX |
| --- | --- |
| a name is taken once: 400 "... already exists" | main/models/base.py PrimordialModel.validate_unique and CommonModel.name; SOFT_UNIQUE_TOGETHER of main/models/inventory.py InventorySource, main/models/jobs.py JobTemplate, main/models/projects.py Project, main/models/workflow.py WorkflowJobTemplate; unique_together of main/models/inventory.py Inventory, main/models/schedules.py Schedule, main/models/credential.py Credential, main/models/notifications.py NotificationTemplate, main/models/label.py Label |
| an execution environment's name is taken once in the whole system, and who is in no organization of it does not see it: `AWX.sees_in` | main/models/base.py CommonModel.name; main/access.py ExecutionEnvironmentAccess.filtered_queryset |
| a token of the scope read writes nothing, edits nothing and finds no POST among the actions of OPTIONS, a superuser's neither; with the scope write anybody finds that of credentials: `AWX.scopes` | api/generics.py APIView.check_permissions; main/access.py BaseAccess.get_user_capabilities, CredentialAccess.can_add; api/metadata.py Metadata.determine_actions |
| a node of a workflow has an identifier of its own there | main/models/workflow.py WorkflowJobTemplateNode.Meta |
| a node of a workflow may run a project or an inventory source, and have an inventory or an execution environment of its own, as may a schedule | main/models/workflow.py WorkflowNodeBase.unified_job_template; main/models/jobs.py LaunchTimeConfig; main/models/schedules.py Schedule |
| all that has jobs is in one list, whatever it is, and has hooks; workflows and organizations have some for approvals, too | api/views/__init__.py UnifiedJobTemplateList; main/models/unified_jobs.py UnifiedJobTemplate; main/models/base.py NotificationFieldsModel; main/models/organization.py Organization, main/models/workflow.py WorkflowJobTemplate |
| hosts and groups that a sync has brought know their sources, those of people have none | main/management/commands/inventory_import.py Command; main/models/inventory.py Host.inventory_sources, Group.inventory_sources |
| a project's URL is one that Git can have: no port of another kind than a number up to 65535, one colon after host@ | main/models/projects.py ProjectOptions.clean_scm_url; main/utils/common.py update_scm_url |
| a project allows other branches as long as a template asks for one, or has one | api/serializers.py ProjectSerializer.validate |
| who gives a team a role of an object has to be the object's administrator | main/access.py RoleAccess.can_attach |
| an inventory source shows no organization, so its natural key has none | api/serializers.py InventorySourceSerializer.get_related; awxkit/awxkit/api/pages/page.py Page.get_natural_key |
| an inventory source stays with its inventory | api/serializers.py InventorySourceSerializer.build_relational_field |
| a sync of an inventory source fills the inventory's variables: `AWX.sync` | main/management/commands/inventory_import.py Command._update_inventory |
| a PUT sets what it does not name to its default, a PATCH leaves it | api/generics.py RetrieveUpdateAPIView, of Django REST framework |
| a template has one credential of a type, of Vault one of an id, and none for Git or registries | api/views/__init__.py JobTemplateCredentialsList.is_valid_relation; main/models/credential.py Credential.unique_hash |
| a project has a credential for Git, an execution environment one for registries | main/models/projects.py ProjectOptions.clean_credential; api/serializers.py ExecutionEnvironmentSerializer.validate_credential |
| a credential shows which keys it has, a secret as $encrypted$, and beside them those that another system keeps: `AWX.input_sources` | main/models/credential.py Credential.display_inputs; api/serializers.py CredentialSerializer.get_related |
| OPTIONS tells what a user may make in any organization, a POST asks for the one in it, and who may make what there `?role_level=` tells: `AWX.rights_in` | api/metadata.py Metadata.determine_actions; main/access.py ProjectAccess.can_add and its like; main/models/mixins.py ResourceMixin._accessible_pk_qs |
| who may see a credential, project, inventory or instance group may not always use it: `AWX.unusable` | main/access.py UnifiedCredentialsMixin.can_attach, JobTemplateAccess.can_add and can_attach, ProjectAccess.can_add, InventorySourceAccess.can_add |
| a new project is updated, and one whose URL or branch changes; that succeeds, fails or hangs: `AWX.update_ends` | main/models/projects.py Project.save, FIELDS_TRIGGER_UPDATE, _get_current_status |
| a template's playbook is one that the last update found, unless branches may be chosen | api/serializers.py JobOptionsSerializer.validate |
| who has fewer rights gets 403, no POST among the actions of OPTIONS, and is shown what it may edit: `AWX.users` | main/access.py BaseAccess.check_related and ExecutionEnvironmentAccess.can_add; api/metadata.py Metadata.determine_actions; api/serializers.py BaseSerializer._obj_capability_dict |
| an execution environment stays in its organization; one of none is the superuser's | api/serializers.py ExecutionEnvironmentSerializer.validate; main/access.py ExecutionEnvironmentAccess.can_change |
| a node of a workflow becomes an approval by a POST of its own | api/views/__init__.py WorkflowJobTemplateNodeCreateApproval.post; main/models/workflow.py WorkflowJobTemplateNode.create_approval_template |
| a workflow's nodes follow each other without a cycle, once | api/views/__init__.py WorkflowJobTemplateNodeChildrenBaseList.is_valid_relation |
| a node runs when one of its links is met, or with all_parents_must_converge when all are: `AWX.runs` | main/scheduler/dag_workflow.py WorkflowDAG.bfs_nodes_to_run, mark_dnr_nodes |
| an inventory is deleted some time after the answer, 202; until then it is shown with pending_deletion, no template has it, and a second time is 400: `AWX.delete_pending` | api/views/inventory.py InventoryDetail.destroy; main/models/inventory.py Inventory.schedule_deletion; main/tasks/system.py delete_inventory |
| what refers to an object that is deleted goes with it, or refers to nothing afterwards: `_CASCADE` | on_delete of main/models/inventory.py InventorySource, main/models/workflow.py WorkflowJobTemplateNode, main/models/jobs.py JobOptions, main/models/mixins.py ExecutionEnvironmentMixin, main/models/schedules.py Schedule |
| a template keeps its organization when its project is deleted | main/models/jobs.py JobTemplate.save |
| a template needs a project and an inventory, also when it had some | api/serializers.py JobOptionsSerializer.validate, JobTemplateSerializer.validate |
| a project stays in its organization while templates use it | main/models/projects.py Project.clean_organization |
| a filter by a field that is none is 400; filters with or__ are one or the other | django-ansible-base, ansible_base/rest_filters/rest_filters/field_lookup_backend.py FieldLookupBackend.filter_queryset |
| texts lose their spaces at both ends; a name has 512 characters at most, a branch 256, other texts of one line 1024 | CharField of Django REST framework (trim_whitespace); main/models/base.py CommonModelNameNotUnique.name, main/models/projects.py ProjectOptions, main/models/execution_environments.py ExecutionEnvironment.image |
| an image is a name with a registry, tag and digest, as far as it has these | main/validators.py validate_container_image_name |
| a whole number fits into 32 bits | ModelSerializer of Django REST framework, by the validators of Django's IntegerField for PostgreSQL |
| an object has no more than 101 labels | api/views/labels.py LabelSubListCreateAttachDetachView.post |
| a label is made where it is attached, and attached where there is one | api/views/labels.py LabelSubListCreateAttachDetachView.post |
| a webhook's configuration has a URL and headers, by POST or PUT, and defaults for the rest; its password is hidden, and stays when it comes back so | api/serializers.py NotificationTemplateSerializer.validate; main/notifications/webhook_backend.py WebhookBackend.init_parameters; main/models/notifications.py NotificationTemplate.display_notification_configuration |
| messages of a notification are templates of fields that AWX has | api/serializers.py NotificationTemplateSerializer.validate_messages; main/models/notifications.py JobNotificationMixin.context_stub |
| a schedule's rule is one that dateutil reads, in a time zone, with at most 999 times; an UNTIL without Z becomes UTC | api/serializers.py SchedulePreviewSerializer.validate_rrule; main/models/schedules.py Schedule.rrulestr, coerce_naive_until |
| a webhook has a URL when there is a service | api/serializers.py WorkflowJobTemplateSerializer.get_related |
| what jobs use that run is not deleted: 409 with these jobs; `AWX.running` has what they use | api/views/mixin.py RelatedJobsPreventDeleteMixin; api/exceptions.py ActiveJobConflict |
| what stands before AWX answers in HTML while AWX does not: `AWX.outage` has these answers, by status, for the next requests | ansible/awx-operator, roles/installer/templates/configmaps/config.yaml.j2: uwsgi_pass and uwsgi_read_timeout of nginx; 429 and 503 are those of other proxies |
| HTTP is redirected to HTTPS: `AWX.moved_to` | ansible/awx-operator, the same file: return 301 |
| a path that it does not have is answered with 404 | api/urls/urls.py |
| a list comes in pages, of 25 objects or as many as are asked for, 200 at most | api/pagination.py Pagination; settings/defaults.py MAX_PAGE_SIZE |
| artifacts of a job are extra variables of the next in a workflow | main/models/workflow.py WorkflowJobNode.get_job_kwargs; in test_awx.py |
"""  # noqa: E501 - a row of a table is one line

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from dateutil.rrule import rrulestr
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

Object = dict[str, Any]
Query = dict[str, list[str]]
Answer = tuple[int, Any]

TOKEN = "a-token-of-awx"

_ID = {"type": "id"}
_TEXT = {"type": "string"}
_NAMED = {"name": "", "description": ""}
_TEMPLATE = {
    **_NAMED,
    "inventory": None,
    "extra_vars": "",
    "limit": "",
    "scm_branch": "",
    "job_tags": "",
    "survey_enabled": False,
    "allow_simultaneous": False,
    "ask_variables_on_launch": False,
    "ask_limit_on_launch": False,
    "ask_inventory_on_launch": False,
    "ask_scm_branch_on_launch": False,
    "webhook_service": "",
}

#: What a POST takes, by resource: names of objects, ids of others, and everything else with its default.
FIELDS: dict[str, dict[str, Any]] = {
    "users": {"username": ""},
    "organizations": {**_NAMED, "default_environment": None},
    "teams": {"name": "", "organization": None},
    "credential_types": {"name": "", "kind": "cloud", "managed": False},
    "credentials": {**_NAMED, "organization": None, "credential_type": None, "inputs": {}},
    "notification_templates": {
        **_NAMED,
        "organization": None,
        "notification_type": "",
        "notification_configuration": {},
        "messages": None,
    },
    "projects": {
        **_NAMED,
        "organization": None,
        "scm_type": "",
        "scm_url": "",
        "scm_branch": "",
        "scm_clean": False,
        "scm_update_on_launch": False,
        "scm_update_cache_timeout": 0,
        "allow_override": False,
        "credential": None,
        "default_environment": None,
        "timeout": 0,
    },
    "inventory": {**_NAMED, "organization": None, "kind": "", "variables": ""},
    "inventory_sources": {
        **_NAMED,
        "source": "",
        "source_path": "",
        "source_project": None,
        "inventory": None,
        "overwrite": False,
        "overwrite_vars": False,
        "update_on_launch": False,
        "update_cache_timeout": 0,
        "verbosity": 1,
    },
    "job_templates": {
        **_TEMPLATE,
        "job_type": "run",
        "project": None,
        "playbook": "",
        "execution_environment": None,
        "forks": 0,
        "verbosity": 0,
        "timeout": 0,
        "diff_mode": False,
        "ask_verbosity_on_launch": False,
    },
    "system_job_templates": {"name": ""},
    "workflow_job_templates": {**_TEMPLATE, "organization": None, "execution_environment": None},
    "execution_environments": {**_NAMED, "organization": None, "image": "", "pull": "", "credential": None},
    "applications": {"name": "", "organization": None},
    "schedules": {
        **_NAMED,
        "rrule": "",
        "extra_data": {},
        "enabled": True,
        "unified_job_template": None,
        "inventory": None,
        "execution_environment": None,
    },
    "hosts": {**_NAMED, "inventory": None},
    "groups": {**_NAMED, "inventory": None},
    "labels": {"name": "", "organization": None},
    "instance_groups": {"name": ""},
    "workflow_job_template_nodes": {
        "workflow_job_template": None,
        "unified_job_template": None,
        "identifier": "",
        "extra_data": {},
        "inventory": None,
        "execution_environment": None,
        "all_parents_must_converge": False,
    },
    "workflow_approval_templates": {**_NAMED, "timeout": 0},
}
#: What has jobs.
_UNIFIED = ("job_templates", "workflow_job_templates", "projects", "inventory_sources", "system_job_templates")
REFERENCES = {
    "organization": ["organizations"],
    "credential_type": ["credential_types"],
    "credential": ["credentials"],
    "project": ["projects"],
    "source_project": ["projects"],
    "inventory": ["inventory"],
    "execution_environment": ["execution_environments"],
    "default_environment": ["execution_environments"],
    "workflow_job_template": ["workflow_job_templates"],
    "unified_job_template": [*_UNIFIED, "workflow_approval_templates"],
}
_HOOKS = {f"notification_templates_{end}": "notification_templates" for end in ("started", "success", "error")}
_APPROVALS = {"notification_templates_approvals": "notification_templates", **_HOOKS}
#: What is attached to objects of a resource, by the relation.
ATTACHED = {
    "job_templates": {
        "credentials": "credentials",
        "instance_groups": "instance_groups",
        "labels": "labels",
        **_HOOKS,
    },
    "workflow_job_templates": {
        "labels": "labels",
        **_APPROVALS,
    },
    "workflow_job_template_nodes": {
        f"{end}_nodes": "workflow_job_template_nodes" for end in ("success", "failure", "always")
    },
    "projects": _HOOKS,
    "inventory_sources": _HOOKS,
    "system_job_templates": _HOOKS,
    "organizations": _APPROVALS,
    "inventory": {"input_inventories": "inventory"},
    "hosts": {"inventory_sources": "inventory_sources"},
    "groups": {"inventory_sources": "inventory_sources"},
}
ROLES = {
    "job_templates": ["Admin", "Execute", "Read"],
    "workflow_job_templates": ["Admin", "Execute", "Approve", "Read"],
}
#: No two objects have the same values in these fields.
_UNIQUE = {
    "execution_environments": ("name",),
    "organizations": ("name",),
    "inventory_sources": ("name", "inventory"),
    "hosts": ("name", "inventory"),
    "groups": ("name", "inventory"),
    "job_templates": ("name", "organization"),
    "schedules": ("name", "unified_job_template"),
    "credentials": ("name", "organization", "credential_type"),
    "workflow_job_template_nodes": ("identifier", "workflow_job_template"),
    **dict.fromkeys(
        ("projects", "inventory", "workflow_job_templates", "notification_templates", "labels", "teams"),
        ("name", "organization"),
    ),
}
_LONGEST = {"name": 512, "scm_branch": 256, "scm_url": 1024, "image": 1024, "playbook": 1024, "limit": 1024}
_MOST_LABELS = 101
_IMAGE = re.compile(
    r"([a-zA-Z0-9.-]+(:\d+)?/)?[a-z0-9]+(([._/]|__|-+)[a-z0-9]+)*(:\w[\w.-]{0,127})?(@[\w+.-]+:[0-9a-fA-F]{32,})?"
)
_LARGEST = 2147483647
_HIDDEN = "$encrypted$"
_SECRETS = ("password", "security_token", "vault_password", "ssh_key_data", "token")
_WEBHOOK = {"http_method": "POST", "disable_ssl_verification": False, "username": "", "password": ""}
#: What goes with what it refers to; everything else refers to nothing afterwards.
_CASCADE = {
    ("inventory_sources", "inventory"),
    ("inventory_sources", "source_project"),
    ("workflow_job_template_nodes", "workflow_job_template"),
    ("schedules", "unified_job_template"),
    ("hosts", "inventory"),
    ("groups", "inventory"),
}
#: The role of an organization with which a user makes objects there.
MAKERS = {
    "project_admin_role": "projects",
    "credential_admin_role": "credentials",
    "inventory_admin_role": "inventory",
    "notification_admin_role": "notification_templates",
    "workflow_admin_role": "workflow_job_templates",
    "execution_environment_admin_role": "execution_environments",
}
_KIND = {
    "projects": ("scm", "Credential kind must be 'scm'."),
    "execution_environments": (
        "registry",
        "Only Container Registry credentials can be associated with an Execution Environment",
    ),
}
_SUMMARIZED = ("project", "source_project", "inventory", "workflow_job_template", "unified_job_template")
_NO_FIELDS = ("page_size", "page", "order_by")
_UPDATES = {"scm_url", "scm_branch", "scm_type"}
_SINGULAR = {"inventory": "inventory"}
_PATHS = {"inventory": "inventories"}
_LARGEST_PAGE = 200
_ANSWERS = {"text", "textarea", "password", "integer", "float", "multiplechoice", "multiselect"}
#: As far as it matters, what messages may name.
CONTEXT: Object = {
    "job": {"id": 42, "name": "Stub JobTemplate", "status": "running", "artifacts": {}, "summary_fields": {}},
    "job_friendly_name": "Job",
    "url": "https://platformhost/#/jobs/playbook/1010",
    "job_metadata": "{}",
    "approval_status": "approved",
    "approval_node_name": "Approve Me",
    "workflow_url": "https://platformhost/#/jobs/workflow/1010",
}


class Refused(Exception):
    """What AWX answers with 400, or with another status."""

    def __init__(self, said: Any, status: int = 400) -> None:
        super().__init__(said)
        self.said = said if isinstance(said, dict) else {"detail": said}
        self.status = status


class AWX:
    """`objects` has every object by resource and id, `url` is where it answers, `playbooks` are those of the project.

    `calls` has method and path of everything that was written. `users` has by token what a user may make and edit:
    resources, or None for a superuser; `rights_in` the organizations in which, where not in all, and `sees_in` those
    whose execution environments they see; `scopes` has the scopes of a token that has others than write. `unusable` has
    ids of what only superusers may use, `input_sources` by id of a credential the names of those of its inputs that
    another system keeps. `update_ends` is how updates of projects end: successful, failed, or running, when they do not
    end; `update_needs` is the credential without which they fail, and `update_says` what they print. `running` has the
    jobs that use an object, by its resource and name. `outage` and `moved_to` are a proxy's.
    """

    def __init__(self, playbooks: list[str]) -> None:
        self.playbooks = playbooks
        self.objects: dict[str, dict[int, Object]] = {resource: {} for resource in FIELDS}
        self.attached: dict[tuple[int, str], list[int]] = {}
        self.surveys: dict[int, Object] = {}
        self.teams_of_roles: dict[int, list[int]] = {}
        self.updates: dict[int, Object] = {}
        self.calls: list[tuple[str, str]] = []
        self.users: dict[str, set[str] | None] = {TOKEN: None}
        self.rights_in: dict[str, set[int]] = {}
        self.sees_in: dict[str, set[int]] = {}
        self.scopes: dict[str, str] = {}
        self.unusable: set[int] = set()
        self.update_ends = "successful"
        self.update_needs: str | None = None
        self.update_says = "fatal: repository not found"
        self.input_sources: dict[int, list[str]] = {}
        self.running: dict[tuple[str, str], list[Object]] = {}
        self.outage: list[int] = []
        self.moved_to: str | None = None
        self._last = 0
        self._user: set[str] | None = None
        self._in: set[int] | None = None
        self._sees: set[int] | None = None
        self._writes = True
        self._lock = threading.Lock()
        self.add("organizations", {"name": "Default"})
        self.add("credential_types", {"name": "Amazon Web Services", "kind": "cloud", "managed": True})
        self.add("credential_types", {"name": "Source Control", "kind": "scm", "managed": True})
        self.add("credential_types", {"name": "Vault", "kind": "vault", "managed": True})
        self.add("credential_types", {"name": "Container Registry", "kind": "registry", "managed": True})
        double = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"null")
                asked = urlsplit(self.path)
                with double._lock:
                    status, answer = double._before() or double.answer(
                        self.command, asked.path, parse_qs(asked.query), body, self.headers.get("Authorization")
                    )
                text = isinstance(answer, str)
                data = b"" if answer is None else (answer if text else json.dumps(answer)).encode()
                self.send_response(status)
                if status == 301:
                    self.send_header("Location", f"{double.moved_to}{self.path}")
                if status == 429:
                    self.send_header("Retry-After", "3")
                self.send_header("Allow", "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS")
                self.send_header("Content-Type", "text/plain" if text else "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815 - names that http.server calls

            def log_message(self, *_unused: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def named(self, resource: str, name: str) -> Object:
        """The one object of that name."""
        (found,) = (each for each in self.objects[resource].values() if each["name"] == name)
        return found

    def add(self, resource: str, given: Object) -> Object:
        """A new object. Raises Refused when AWX would not take it."""
        given = _trimmed(given)
        self._check(resource, {**FIELDS[resource], **given}, set(given))
        self._unique(resource, given)
        given = _stored(resource, given, {})
        self._last += 1
        made = {**FIELDS[resource], **given, **self._inferred(resource, given), "id": self._last}
        self.objects[resource][self._last] = made
        if resource == "projects" and made["scm_type"]:
            self._update(made)
        return made

    def sync(self, variables: dict[str, dict[str, Any]]) -> None:
        """Every inventory source is read, as before a job. `variables` has what it finds, by source_path."""
        for source in self.objects["inventory_sources"].values():
            inventory = self.objects["inventory"][source["inventory"]]
            before = {} if source["overwrite_vars"] else json.loads(inventory["variables"] or "{}")
            inventory["variables"] = json.dumps({**before, **variables[source["source_path"]]})
            if not self._referring("hosts", "inventory", inventory["id"]):
                host = self.add("hosts", {"name": "localhost", "inventory": inventory["id"]})
                self.attached[host["id"], "inventory_sources"] = [source["id"]]

    def runs(self, workflow: str, fails: str = "") -> list[str]:
        """The identifiers of the nodes that a workflow runs when that one fails, or is denied."""
        mine = self.nodes(workflow)
        parents = {
            name: [
                (parent, relation.removesuffix("_nodes"))
                for parent, other in mine.items()
                for relation in ATTACHED["workflow_job_template_nodes"]
                if one["id"] in self.attached.get((other["id"], relation), [])
            ]
            for name, one in mine.items()
        }
        ended: dict[str, str] = {}
        while len(ended) < len(mine):
            for name, links in parents.items():
                if name not in ended and all(parent in ended for parent, _relation in links):
                    met = [relation in ("always", ended[parent]) and ended[parent] != "" for parent, relation in links]
                    enough = all if mine[name]["all_parents_must_converge"] else any
                    ended[name] = "" if links and not enough(met) else "failure" if name == fails else "success"
        return [name for name, end in ended.items() if end]

    def nodes(self, workflow: str) -> dict[str, Object]:
        """The nodes of a workflow by their identifiers."""
        identifier = self.named("workflow_job_templates", workflow)["id"]
        every = self.objects["workflow_job_template_nodes"].values()
        return {one["identifier"]: one for one in every if one["workflow_job_template"] == identifier}

    def attach(self, resource: str, name: str, relation: str, *identifiers: int) -> None:
        """What a person has attached in the browser, in place of what was there."""
        self.attached[self.named(resource, name)["id"], relation] = list(identifiers)

    def _before(self) -> Answer | None:
        """What a proxy answers in place of AWX."""
        status = self.outage.pop(0) if self.outage else 301 if self.moved_to else None
        return status and (status, f"<html><head><title>{status} nginx</title></head><body>{'x' * 400}</body></html>")

    def answer(self, method: str, path: str, query: Query, body: Any, authorization: str | None) -> Answer:
        """Status and JSON of a request."""
        if path == "/api/":
            return 200, {"current_version": "/api/v2/", "available_versions": {"v2": "/api/v2/"}}
        if path == "/api/v2/":
            return 200, {resource: f"/api/v2/{_path(resource)}/" for resource in FIELDS}
        token = (authorization or "").removeprefix("Bearer ")
        if token not in self.users:
            return 401, {"detail": "Authentication credentials were not provided."}
        self._user, self._in = self.users[token], self.rights_in.get(token)
        self._sees, self._writes = self.sees_in.get(token), "write" in self.scopes.get(token, "write")
        if method not in ("GET", "OPTIONS"):
            self.calls.append((method, path))
            if not self._writes:
                return 403, {"detail": "You do not have permission to perform this action."}
        try:
            return self._answer(method, path.removeprefix("/api/v2/").strip("/").split("/"), query, body)
        except Refused as refusal:
            return refusal.status, refusal.said
        except KeyError:
            return 404, {"detail": "Not found."}

    def _answer(self, method: str, parts: list[str], query: Query, body: Any) -> Answer:
        if parts == ["me"]:
            return 200, _listed([{"id": 1, "username": "someone", "is_superuser": self._user is None}])
        if parts[0] == "roles":
            return self._teams_of_role(method, int(parts[1]), query, body)
        if parts[0] == "project_updates":
            update = self.updates[int(parts[1])]
            return 200, update["says"] if parts[2:] == ["stdout"] else update
        if parts[0] == "unified_job_templates":
            return 200, self._page(parts[0], self._unified(query), query)
        resource = {_path(each): each for each in FIELDS}[parts[0]]
        if len(parts) == 1:
            return self._list(method, resource, query, body)
        identifier = int(parts[1])
        if not self._seen(resource, self.objects[resource][identifier]):
            raise KeyError(identifier)
        if len(parts) == 2:
            return self._object(method, resource, identifier, body)
        return self._related(method, resource, self.objects[resource][identifier], parts[2], query, body)

    def _list(self, method: str, resource: str, query: Query, body: Any) -> Answer:
        if method == "OPTIONS":
            return 200, {
                "actions": self._actions(resource),
                "description": "",
                "search_fields": ["name", "description"],
            }
        if method == "POST":
            self._may_make(resource, body)
            return 201, self._shown(resource, self.add(resource, body))
        every = [one for one in self.objects[resource].values() if self._seen(resource, one)]
        found = [self._shown(resource, one) for one in every if self._is(resource, one, query)]
        return 200, self._page(_path(resource), found, query)

    def _page(self, path: str, found: list[Object], query: Query) -> Object:
        size, number = (int(query.get(name, [default])[0]) for name, default in (("page_size", 25), ("page", 1)))
        size = min(size, _LARGEST_PAGE)
        others = urlencode({**query, "page": number + 1, "page_size": size}, doseq=True)
        following = f"/api/v2/{path}/?{others}" if len(found) > size * number else None
        page = _listed(found[size * (number - 1) : size * number])
        return {**page, "count": len(found), "next": following}

    def _unified(self, query: Query) -> list[Object]:
        """What has jobs and refers to an object by one of the fields."""
        wanted = {name.removeprefix("or__"): int(values[0]) for name, values in query.items() if name not in _NO_FIELDS}
        every = [(resource, one) for resource in _UNIFIED for one in self.objects[resource].values()]
        return [
            self._shown(resource, one)
            for resource, one in every
            if any(each in (one.get(name), *self.attached.get((one["id"], name), ())) for name, each in wanted.items())
        ]

    def _seen(self, resource: str, one: Object) -> bool:
        """Whether the user sees an object."""
        if resource != "execution_environments" or self._sees is None or self._user is None:
            return True
        return one["organization"] is None or one["organization"] in self._sees

    def _object(self, method: str, resource: str, identifier: int, body: Any) -> Answer:
        existing = self.objects[resource][identifier]
        if method in ("PUT", "PATCH"):
            self._may(resource, existing)
            self._write(resource, existing, {**(FIELDS[resource] if method == "PUT" else {}), **body})
        if method == "DELETE":
            self._may(resource, existing)
            if (resource, existing["name"]) in self.running:
                jobs = self.running[resource, existing["name"]]
                raise Refused({"error": "Resource is being used by running jobs.", "active_jobs": jobs}, 409)
            if resource == "inventory":
                self._schedule_deletion(existing)
                return 202, None
            self.remove(resource, identifier)
            return 204, None
        return 200, self._shown(resource, existing)

    def _write(self, resource: str, existing: Object, given: Object) -> None:
        given = _trimmed(given)
        if resource == "inventory_sources":
            given = {**given, "inventory": existing["inventory"]}
        if resource == "execution_environments" and given.get("organization") not in (None, existing["organization"]):
            raise Refused({"organization": ["Cannot change the organization of an execution environment"]})
        moves = given.get("organization", existing.get("organization")) != existing.get("organization")
        if resource == "projects" and moves and self._referring("job_templates", "project", existing["id"]):
            raise Refused({"organization": ["Organization cannot be changed when in use by job templates."]})
        if resource == "projects" and existing["allow_override"] and not given.get("allow_override", True):
            mine = self._referring("job_templates", "project", existing["id"])
            ids = [str(one["id"]) for one in mine if one["ask_scm_branch_on_launch"] or one["scm_branch"]]
            if ids:
                told = "One or more job templates depend on branch override behavior for this project"
                raise Refused({"allow_override": [f"{told} (ids: {' '.join(ids)})."]})
        self._check(resource, {**existing, **given}, set(given))
        self._unique(resource, {**existing, **given}, existing["id"])
        updates = resource == "projects" and any(existing[name] != given.get(name, existing[name]) for name in _UPDATES)
        stored = _stored(resource, given, existing)
        existing.update({**stored, **self._inferred(resource, {**existing, **given})})
        if updates:
            self._update(existing)

    def remove(self, resource: str, identifier: int) -> None:
        """An object is deleted, and what refers to it goes with it or refers to nothing."""
        del self.objects[resource][identifier]
        fields = [name for name, resources in REFERENCES.items() if resource in resources]
        for other in FIELDS:
            for name in fields:
                for each in self._referring(other, name, identifier):
                    if (other, name) in _CASCADE:
                        self.remove(other, each["id"])
                    else:
                        each[name] = None
        for key, attached in list(self.attached.items()):
            if identifier in attached:
                attached.remove(identifier)
            if identifier == key[0]:
                del self.attached[key]

    def _schedule_deletion(self, inventory: Object) -> None:
        if inventory.get("pending_deletion"):
            raise Refused({"error": "Inventory is already pending deletion."})
        inventory["pending_deletion"] = True
        for one in self._referring("job_templates", "inventory", inventory["id"]):
            one["inventory"] = None

    def delete_pending(self) -> None:
        """AWX's background task comes to the inventories that are to be deleted."""
        for one in [each for each in self.objects["inventory"].values() if each.get("pending_deletion")]:
            self.remove("inventory", one["id"])

    def _referring(self, resource: str, field: str, identifier: int) -> list[Object]:
        return [one for one in self.objects[resource].values() if one.get(field) == identifier]

    def _inferred(self, resource: str, given: Object) -> Object:
        """What AWX sets itself: a template's organization is its project's, and stays when that is deleted."""
        project = self.objects["projects"].get(given.get("project") or 0) if resource == "job_templates" else None
        return {"organization": project["organization"]} if project else {}

    def _related(self, method: str, resource: str, one: Object, relation: str, query: Query, body: Any) -> Answer:
        identifier = one["id"]
        if method == "OPTIONS" and relation in ("object_roles", "playbooks", "update", "input_sources"):
            return 200, {"actions": {"GET": {}}, "description": ""}
        if relation == "input_sources":
            names = self.input_sources.get(identifier, [])
            return 200, _listed([{"id": number, "input_field_name": name} for number, name in enumerate(names)])
        if relation == "survey_spec":
            return self._survey(method, resource, one, body)
        if relation == "schedules":
            given = {**(body or {}), "unified_job_template": identifier}
            return self._list(method, "schedules", {**query, "unified_job_template": [str(identifier)]}, given)
        if relation == "workflow_nodes":
            given = {**(body or {}), "workflow_job_template": identifier}
            resource = "workflow_job_template_nodes"
            return self._list(method, resource, {**query, "workflow_job_template": [str(identifier)]}, given)
        if relation == "create_approval_template":
            return self._approval(method, one, body)
        if relation == "object_roles":
            roles = [{"id": self._role(one, name), "name": name, "type": "role"} for name in ROLES[resource]]
            return 200, self._page(f"{_path(resource)}/{identifier}/{relation}", roles, query)
        if relation == "playbooks":
            return 200, self.playbooks if self._project_status(one) == "successful" else []
        if relation == "update":
            return 202, {"project_update": self._update(one)["id"]}
        return self._attach(method, resource, one, relation, query, body)

    def _survey(self, method: str, resource: str, template: Object, body: Any) -> Answer:
        if method == "OPTIONS":
            return 200, {"actions": {"POST": {}}}
        if method == "POST":
            self._may(resource, template)
            _check_survey(body)
            self.surveys[template["id"]] = body
            return 200, None
        return 200, self.surveys.get(template["id"], {})

    def _approval(self, method: str, node: Object, body: Any) -> Answer:
        if method == "OPTIONS":
            return 200, {"actions": {"POST": dict.fromkeys(FIELDS["workflow_approval_templates"], _TEXT)}}
        if method == "GET":
            return 200, {}
        made = self.add("workflow_approval_templates", body)
        node["unified_job_template"] = made["id"]
        return 201, self._shown("workflow_approval_templates", made)

    def _attach(self, method: str, resource: str, one: Object, relation: str, query: Query, body: Any) -> Answer:
        other = ATTACHED[resource][relation]
        there = self.attached.setdefault((one["id"], relation), [])
        if method == "OPTIONS":
            fields = {"id": _ID} if relation != "labels" else {"id": _ID, "name": _TEXT, "organization": _ID}
            return 200, {"actions": {"POST": fields}}
        if method == "POST":
            self._may(resource, one)
            if relation == "labels" and len(there) >= _MOST_LABELS:
                raise Refused({"msg": "Maximum number of labels for job template reached."})
            identifier = body["id"] if "id" in body else self._label(body)
            if body.get("disassociate"):
                there.remove(identifier)
                return 204, None
            self._attachable(resource, one, relation, self.objects[other][identifier])
            if identifier not in there:
                there.append(identifier)
            return 204, None
        shown = [self._shown(other, self.objects[other][each]) for each in there]
        return 200, self._page(f"{_path(resource)}/{one['id']}/{relation}", shown, query)

    def _attachable(self, resource: str, one: Object, relation: str, other: Object) -> None:
        there = self.attached[one["id"], relation]
        if relation == "credentials":
            kind = self.objects["credential_types"][other["credential_type"]]
            if _hash(other) in [_hash(self.objects["credentials"][each]) for each in there]:
                raise Refused({"error": f"Cannot assign multiple {kind['name']} credentials."})
            if kind["kind"] not in ("ssh", "vault", "cloud", "net", "kubernetes"):
                raise Refused({"error": f"Cannot assign a Credential of kind `{kind['kind']}`."})
        if relation in ("credentials", "instance_groups"):
            self._use(other["id"])
        if resource == "workflow_job_template_nodes":
            elsewhere = [name for name in ATTACHED[resource] if name != relation]
            if any(other["id"] in self.attached.get((one["id"], name), []) for name in elsewhere):
                raise Refused({"Error": "Relationship not allowed."})
            if one["id"] in {other["id"], *self._following(other["id"])}:
                raise Refused({"Error": "Cycle detected."})

    def _following(self, node: int) -> Iterator[int]:
        for relation in ATTACHED["workflow_job_template_nodes"]:
            for each in self.attached.get((node, relation), []):
                yield each
                yield from self._following(each)

    def _label(self, given: Object) -> int:
        for each in self.objects["labels"].values():
            if (each["name"], each["organization"]) == (given["name"], given["organization"]):
                return int(each["id"])
        return int(self.add("labels", given)["id"])

    def _role(self, one: Object, name: str) -> int:
        return int(one["id"]) * 10 + sorted({role for some in ROLES.values() for role in some}).index(name)

    def _teams_of_role(self, method: str, role: int, query: Query, body: Any) -> Answer:
        there = self.teams_of_roles.setdefault(role, [])
        if method == "POST":
            resource = next(each for each in ROLES if role // 10 in self.objects[each])
            self._may(resource, self.objects[resource][role // 10])
            there.append(self.objects["teams"][body["id"]]["id"])
            return 204, None
        shown = [self._shown("teams", self.objects["teams"][one]) for one in there]
        return 200, self._page(f"roles/{role}/teams", shown, query)

    def may(self, resource: str, name: str) -> dict[str, list[str]]:
        """The teams that have roles of a template, by role."""
        one = self.named(resource, name)
        found = {role: self.teams_of_roles.get(self._role(one, role), []) for role in ROLES[resource]}
        return {role: [self.objects["teams"][each]["name"] for each in teams] for role, teams in found.items() if teams}

    def _update(self, project: Object) -> Object:
        """An update of a project, which has ended when the next request comes, or does not end at all."""
        self._last += 1
        refused = self.update_needs is not None and (
            project["credential"] is None
            or self.objects["credentials"][project["credential"]]["name"] != self.update_needs
        )
        status = "failed" if refused else self.update_ends
        update = {"id": self._last, "project": project["id"], "status": status, "says": self.update_says}
        self.updates[self._last] = {**update, "type": "project_update", "url": f"/api/v2/project_updates/{self._last}/"}
        return self.updates[self._last]

    def _last_update(self, project: Object) -> Object | None:
        mine = [one for one in self.updates.values() if one["project"] == project["id"]]
        return mine[-1] if mine else None

    def _project_status(self, project: Object) -> str:
        last = self._last_update(project)
        return str(last["status"]) if last else "never updated"

    def _shown(self, resource: str, one: Object) -> Object:
        """An object as AWX shows it: with links to others, and secrets hidden."""
        url = f"/api/v2/{_path(resource)}/{one['id']}/"
        related = {name: self._link(name, one[name]) for name in FIELDS[resource] if _refers(one, name)}
        related |= {name: f"{url}{name}/" for name in ATTACHED.get(resource, ())}
        shown = {**one, "url": url, "type": _SINGULAR.get(resource, resource.removesuffix("s"))}
        if resource in ("job_templates", "workflow_job_templates"):
            related |= {name: f"{url}{name}/" for name in ("survey_spec", "schedules", "object_roles")}
        if resource == "job_templates" and one.get("organization"):
            related["organization"] = f"/api/v2/organizations/{one['organization']}/"
        if resource == "workflow_job_templates":
            related["workflow_nodes"] = f"{url}workflow_nodes/"
            service = one["webhook_service"]
            related["webhook_receiver"] = f"{url}{service}/" if service else ""
        if resource == "workflow_job_template_nodes":
            related["create_approval_template"] = f"{url}create_approval_template/"
            for name in ATTACHED[resource]:
                shown[name] = self.attached.get((one["id"], name), [])
        if resource == "projects":
            shown["status"] = self._project_status(one)
            related |= {"playbooks": f"{url}playbooks/", "update": f"{url}update/"}
            last = self._last_update(one)
            if last:
                related["current_job" if last["status"] == "running" else "last_job"] = last["url"]
        if resource == "credentials":
            given = one["inputs"].items()
            shown["inputs"] = {name: _HIDDEN if value and name in _SECRETS else value for name, value in given}
            related["input_sources"] = f"{url}input_sources/"
            shown["kind"] = self.objects["credential_types"][one["credential_type"]]["kind"]
        if resource == "notification_templates" and one["notification_configuration"].get("password"):
            shown["notification_configuration"] = {**one["notification_configuration"], "password": _HIDDEN}
        return {**shown, "related": related, "summary_fields": self._summary(resource, one)}

    def _summary(self, resource: str, one: Object) -> Object:
        found: Object = {
            "user_capabilities": {"edit": self._able(resource, one) and self._writes},
            "created_by": {"username": one.get("created_by", "admin")},
        }
        for name in _SUMMARIZED:
            if _refers(one, name):
                other = next(each for each in REFERENCES[name] if one[name] in self.objects[each])
                found[name] = {"id": one[name], "name": self.objects[other][one[name]]["name"]}
        return found

    def _link(self, name: str, identifier: int) -> str:
        resource = next(each for each in REFERENCES[name] if identifier in self.objects[each])
        return f"/api/v2/{_path(resource)}/{identifier}/"

    def _able(self, resource: str, one: Object) -> bool:
        alone = resource == "execution_environments" and one.get("organization") is None
        return self._user is None or (resource in self._user and not alone)

    def _may(self, resource: str, one: Object) -> None:
        if not self._able(resource, one):
            raise Refused("You do not have permission to perform this action.", 403)

    def _may_make(self, resource: str, given: Object) -> None:
        self._may(resource, given)
        if resource in MAKERS.values() and self._in is not None and given.get("organization") not in self._in:
            raise Refused("You do not have permission to perform this action.", 403)
        fields = {
            "projects": ["credential"],
            "job_templates": ["project", "inventory"],
            "inventory_sources": ["source_project"],
        }
        for name in fields.get(resource, ()):
            self._use(given.get(name))

    def _use(self, identifier: int | None) -> None:
        if self._user is not None and identifier in self.unusable:
            raise Refused("You do not have permission to perform this action.", 403)

    def _has_role(self, resource: str, one: Object, role: str) -> bool:
        if self._user is None:
            return True
        if resource == "organizations":
            return MAKERS[role] in self._user and (self._in is None or one["id"] in self._in)
        return one["id"] not in self.unusable

    def _actions(self, resource: str) -> Object:
        fields = {name: _ID if name in REFERENCES else _TEXT for name in FIELDS[resource]}
        may = self._user is None or resource in self._user or resource == "credentials"
        return {"GET": fields, **({"POST": fields} if may and self._writes else {})}

    def _check(self, resource: str, whole: Object, given: set[str]) -> None:
        unknown = given - set(FIELDS[resource])
        if unknown:
            raise Refused(f"{resource}: {sorted(unknown)}")
        for name, longest in _LONGEST.items():
            if isinstance(whole.get(name), str) and len(whole[name]) > longest:
                raise Refused({name: [f"Ensure this field has no more than {longest} characters."]})
        for name in given:
            if isinstance(whole[name], int) and abs(whole[name]) > _LARGEST:
                raise Refused({name: [f"Ensure this value is less than or equal to {_LARGEST}."]})
        for name in given & REFERENCES.keys():
            known = [one for each in REFERENCES[name] for one in self.objects[each]]
            if whole[name] is not None and whole[name] not in known:
                raise Refused({name: [f"Invalid pk {whole[name]!r} - object does not exist."]})
        if resource == "job_templates":
            self._check_playbook(whole)
        if resource == "projects" and whole["scm_type"] == "git":
            _check_scm_url(whole["scm_url"])
        if resource in _KIND and whole["credential"] is not None:
            kind = self.objects["credentials"][whole["credential"]]["credential_type"]
            if self.objects["credential_types"][kind]["kind"] != _KIND[resource][0]:
                raise Refused({"credential": [_KIND[resource][1]]})
        if resource == "execution_environments" and not _IMAGE.fullmatch(whole["image"]):
            raise Refused({"image": [f"The container image name {whole['image']} is not valid"]})
        if resource == "schedules":
            _check_rule(whole["rrule"])
        if resource == "notification_templates":
            _check_webhook(whole["notification_configuration"])
            _check_messages(whole["messages"])

    def _check_playbook(self, template: Object) -> None:
        if template["project"] is None:
            raise Refused({"project": ["This field is required."]})
        if template["inventory"] is None and not template["ask_inventory_on_launch"]:
            raise Refused({"inventory": ["You must either set a default value or ask to prompt on launch."]})
        project = self.objects["projects"][template["project"]]
        known = self.playbooks if self._project_status(project) == "successful" else []
        if not project["allow_override"] and template["playbook"] not in known:
            raise Refused({"playbook": ["Playbook not found for project."]})
        if template["ask_scm_branch_on_launch"] and not project["allow_override"]:
            raise Refused({"ask_scm_branch_on_launch": ["Project does not allow overriding branch."]})

    def _unique(self, resource: str, given: Object, itself: int | None = None) -> None:
        if resource not in _UNIQUE:
            return
        given = {**given, **self._inferred(resource, given)}
        fields = _UNIQUE[resource]
        for each in self.objects[resource].values():
            if each["id"] != itself and all(each.get(name) == given.get(name) for name in fields):
                kind = {"inventory_sources": "InventorySource", "job_templates": "JobTemplate"}.get(resource, resource)
                if resource == "execution_environments":
                    raise Refused({"name": ["Execution environment with this Name already exists."]})
                shown = ", ".join(fields)
                raise Refused({"__all__": [f"{kind} with this ({shown}) combination already exists."]})

    def _is(self, resource: str, one: Object, query: Query) -> bool:
        """Whether an object is among those that a list is asked for."""
        wanted = {name: values[0] for name, values in query.items() if name not in _NO_FIELDS}
        either = {name.removeprefix("or__"): value for name, value in wanted.items() if name.startswith("or__")}
        every = {name: value for name, value in wanted.items() if not name.startswith("or__")}
        passes = [self._passes(resource, one, name, value) for name, value in either.items()]
        return (any(passes) or not either) and all(self._passes(resource, one, *each) for each in every.items())

    def _passes(self, resource: str, one: Object, name: str, wanted: str) -> bool:
        """Whether a field, such as ``name``, ``inventory__organization`` or ``organization__isnull``, is as wanted."""
        if name == "role_level":
            return self._has_role(resource, one, wanted)
        first, _separator, rest = name.partition("__")
        if first in ATTACHED.get(resource, {}):
            there = self.attached.get((one["id"], first), [])
            return (not there) == (wanted == "true") if rest == "isnull" else int(wanted) in there
        if first not in {*FIELDS[resource], "id", *(("organization",) if resource == "job_templates" else ())}:
            raise Refused(f"{resource.title()} has no field named '{first}'")
        value = one.get(first)
        if rest == "isnull":
            return (value is None) == (wanted == "true")
        if rest and value is None:
            return False
        if rest:
            (other,) = [each for each in REFERENCES[first] if value in self.objects[each]]
            return self._passes(other, self.objects[other][value], rest, wanted)
        return str(value) == wanted


def _hash(credential: Object) -> tuple[int, str]:
    return credential["credential_type"], str(credential["inputs"].get("vault_id", ""))


def _trimmed(given: Object) -> Object:
    return {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}


def _stored(resource: str, given: Object, existing: Object) -> Object:
    """What AWX makes of values before it stores them."""
    if resource == "schedules" and "rrule" in given:
        return {**given, "rrule": _in_utc(given["rrule"])}
    if resource == "notification_templates" and "notification_configuration" in given:
        whole = {**_WEBHOOK, **given["notification_configuration"]}
        if existing and whole["password"] == _HIDDEN:
            whole["password"] = existing["notification_configuration"]["password"]
        return {**given, "notification_configuration": whole}
    return given


def _path(resource: str) -> str:
    return _PATHS.get(resource, resource)


def _refers(one: Object, name: str) -> bool:
    return name in REFERENCES and one.get(name) is not None


def _listed(results: list[Object]) -> Object:
    return {"count": len(results), "next": None, "previous": None, "results": results}


def texts(messages: Any) -> Iterator[str]:
    """The templates of a notification's messages."""
    if isinstance(messages, str):
        yield messages
    for value in messages.values() if isinstance(messages, dict) else ():
        yield from texts(value)


def _check_scm_url(url: str) -> None:
    scp = "://" not in url and ":" in url
    try:
        wrong = scp and (url.partition("@")[2] or url).count(":") > 1
        parts = urlsplit("git+ssh://" + url.replace(":", "/") if scp else url)
        wrong = wrong or (not scp and parts.scheme == "git+ssh") or (parts.port or 0) < 0
    except ValueError:
        wrong = True
    if wrong:
        raise Refused({"scm_url": ["Invalid git URL"]})
    if parts.scheme not in ("ssh", "git", "git+ssh", "http", "https", "ftp", "ftps", "file", ""):
        raise Refused({"scm_url": ["Unsupported git URL"]})


def _check_webhook(configuration: Object) -> None:
    missing = {"url", "headers"} - set(configuration)
    if missing:
        raise Refused([f"Missing required fields for Notification Configuration: {sorted(missing)}."])
    if configuration.get("http_method", "POST").lower() not in ("put", "post"):
        raise Refused(["HTTP method must be either 'POST' or 'PUT'."])


def _check_messages(messages: Any) -> None:
    for text in texts(messages):
        try:
            ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(text).render(CONTEXT)
        except TemplateError as error:
            raise Refused({"messages": [f"Unable to render message {text!r}: {error}"]}) from error


def _check_rule(rule: str) -> None:
    """A rule as AWX judges one. Raises Refused with all that is wrong."""
    errors = []
    starts = re.findall(r"DTSTART(?:;[^:]+)?:[0-9]+T[0-9]+Z?", rule)
    if len(starts) != 1:
        errors.append("Valid DTSTART required in rrule." if not starts else "Multiple DTSTART is not supported.")
    if re.search("DTSTART:[0-9]+T[0-9]+ ", rule):
        errors.append("DTSTART cannot be a naive datetime.  Specify ;TZINFO= or YYYYMMDDTHHMMSSZZ.")
    if "rrule:" not in rule.lower():
        errors.append("One or more rule required in rrule.")
    for name in ("exdate", "rdate"):
        if f"{name}:" in rule.lower():
            raise Refused({"rrule": [f"{name.upper()} not allowed in rrule."]})
    for each in re.findall(r"RULE:\S*", rule):
        errors += _wrong_rule(each)
    if re.search("INTERVAL=0+(;|$)", rule):  # AWX looks for the next time without end, and nginx gives it up
        raise Refused("upstream timed out", 504)
    try:
        for one in rrulestr(_in_utc(rule), forceset=True)._rrule:
            if one._dtstart.tzinfo is None:
                raise ValueError("A valid TZID must be provided (e.g., America/New_York)")
    except Exception as error:  # as AWX does
        errors.append(f"rrule parsing failed validation: {error}")
    if errors:
        raise Refused({"rrule": errors})


def _wrong_rule(rule: str) -> Iterator[str]:
    if "interval" not in rule.lower():
        yield f"INTERVAL required in rrule: {rule}"
    elif "secondly" in rule.lower():
        yield f"SECONDLY is not supported: {rule}"
    if re.search(r"BYDAY[:=][0-9]+[a-zA-Z]{2}", rule):
        yield f"BYDAY with numeric prefix not supported: {rule}"
    if "COUNT" in rule and "UNTIL" in rule:
        yield f"RRULE may not contain both COUNT and UNTIL: {rule}"
    count = re.search("COUNT=([0-9]+)", rule)
    if count and int(count[1]) > 999:
        yield f"COUNT > 999 is unsupported: {rule}"


def _in_utc(rule: str) -> str:
    """A rule whose UNTIL, when it has no zone, is that of DTSTART, in UTC."""
    until = re.search("UNTIL=([0-9]+T[0-9]+)(?!Z|[0-9])", rule)
    if until is None:
        return rule
    (one,) = rrulestr(rule.replace(until[0], f"{until[0]}Z"), forceset=True)._rrule
    there = datetime.strptime(until[1], "%Y%m%dT%H%M%S").replace(tzinfo=one._dtstart.tzinfo)
    return rule.replace(until[0], f"UNTIL={there.astimezone(UTC):%Y%m%dT%H%M%SZ}")


def _check_survey(survey: Any) -> None:
    if set(survey) != {"name", "description", "spec"} or not survey["spec"]:
        raise Refused("a survey has a name, a description and questions")
    variables = [each["variable"] for each in survey["spec"]]
    if len(set(variables)) != len(variables):
        raise Refused("a variable is asked for twice")
    for each in survey["spec"]:
        if each["type"] not in _ANSWERS or not isinstance(each["required"], bool) or not each["question_name"]:
            raise Refused(f"question {each['variable']} is not right")
        if each["type"].startswith("multi") and not each["choices"]:
            raise Refused(f"question {each['variable']} has no choices")
        if not all(each[limit] is None or isinstance(each[limit], int) for limit in ("min", "max")):
            raise Refused(f"question {each['variable']} has wrong limits")
