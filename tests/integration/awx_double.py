"""An AWX as far as `awx export` and `awx import` need one: objects in memory, and the checks that AWX makes of them.

Objects know others by ids, as in AWX; awxkit translates natural keys. A PUT sets what it does not name to its default.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]

TOKEN = "a-token-of-awx"

_ID = {"type": "id"}
_TEXT = {"type": "string"}

#: What a POST takes, by resource: names of objects, ids of others, and everything else with its default.
FIELDS: dict[str, dict[str, Any]] = {
    "users": {"username": ""},
    "organizations": {"name": "", "description": ""},
    "teams": {"name": "", "organization": None},
    "credential_types": {"name": "", "kind": "cloud", "managed": False},
    "credentials": {"name": "", "description": "", "organization": None, "credential_type": None, "inputs": {}},
    "notification_templates": {
        "name": "",
        "description": "",
        "organization": None,
        "notification_type": "",
        "notification_configuration": {},
    },
    "projects": {
        "name": "",
        "description": "",
        "organization": None,
        "scm_type": "",
        "scm_url": "",
        "scm_branch": "",
        "scm_update_on_launch": False,
        "scm_update_cache_timeout": 0,
    },
    "inventory": {"name": "", "description": "", "organization": None, "kind": "", "variables": ""},
    "inventory_sources": {
        "name": "",
        "description": "",
        "source": "",
        "source_path": "",
        "source_project": None,
        "inventory": None,
        "overwrite": False,
        "overwrite_vars": False,
        "update_on_launch": False,
        "update_cache_timeout": 0,
    },
    "job_templates": {
        "name": "",
        "description": "",
        "job_type": "run",
        "inventory": None,
        "project": None,
        "playbook": "",
        "execution_environment": None,
        "limit": "",
        "verbosity": 0,
        "diff_mode": False,
        "extra_vars": "",
        "survey_enabled": False,
        "allow_simultaneous": False,
    },
    "system_job_templates": {"name": ""},
    "workflow_job_templates": {"name": "", "organization": None},
    "execution_environments": {"name": "", "description": "", "organization": None, "image": ""},
    "applications": {"name": "", "organization": None},
    "schedules": {
        "name": "",
        "description": "",
        "rrule": "",
        "extra_data": {},
        "enabled": True,
        "unified_job_template": None,
    },
}
REFERENCES = {
    "organization": "organizations",
    "credential_type": "credential_types",
    "project": "projects",
    "source_project": "projects",
    "inventory": "inventory",
    "execution_environment": "execution_environments",
    "unified_job_template": "job_templates",
}
ATTACHED = {
    "credentials": "credentials",
    "notification_templates_error": "notification_templates",
    "notification_templates_success": "notification_templates",
}
_SINGULAR = {"inventory": "inventory", "schedules": "schedule"}
_PATHS = {"inventory": "inventories"}
_ANSWERS = {"text", "textarea", "password", "integer", "float", "multiplechoice", "multiselect"}
_RULE = re.compile(r"DTSTART(;TZID=\S+)?:\d{8}T\d{6}Z? RRULE:(?=.*FREQ=)(?=.*INTERVAL=\d+)\S+")


class Refused(Exception):
    """What AWX answers with 400."""


class AWX:
    """`objects` has every object by resource and id, `url` is where it answers, `playbooks` are those of the project.

    `puts` has the resource and name of everything that was written anew.
    """

    def __init__(self, playbooks: list[str]) -> None:
        self.playbooks = playbooks
        self.objects: dict[str, dict[int, Object]] = {resource: {} for resource in FIELDS}
        self.attached: dict[tuple[int, str], list[int]] = {}
        self.surveys: dict[int, Object] = {}
        self.puts: list[tuple[str, str]] = []
        self._last = 0
        self.add("organizations", {"name": "Default"})
        self.add("credential_types", {"name": "Amazon Web Services", "kind": "cloud", "managed": True})
        double = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"null")
                asked = urlsplit(self.path)
                status, answer = double.answer(
                    self.command, asked.path, parse_qs(asked.query), body, self.headers.get("Authorization")
                )
                data = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Allow", "GET, POST, PUT, HEAD, OPTIONS")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_OPTIONS = _answer  # noqa: N815

            def log_message(self, *_unused: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def named(self, resource: str, name: str) -> Object:
        """The one object of that name."""
        (found,) = (each for each in self.objects[resource].values() if each["name"] == name)
        return found

    def add(self, resource: str, given: Object) -> Object:
        """A new object. Raises Refused when AWX would not take it."""
        self._check(resource, given)
        self._last += 1
        made = {**FIELDS[resource], **given, "id": self._last}
        self.objects[resource][self._last] = made
        return made

    def answer(
        self, method: str, path: str, query: dict[str, list[str]], body: Any, authorization: str | None
    ) -> tuple[int, Any]:
        """Status and JSON of a request."""
        if path == "/api/":
            return 200, {"current_version": "/api/v2/", "available_versions": {"v2": "/api/v2/"}}
        if path == "/api/v2/":
            return 200, {resource: f"/api/v2/{_path(resource)}/" for resource in FIELDS}
        if authorization != f"Bearer {TOKEN}":
            return 401, {"detail": "Authentication credentials were not provided."}
        try:
            return self._answer(method, path.removeprefix("/api/v2/").strip("/").split("/"), query, body)
        except Refused as refusal:
            return 400, {"detail": str(refusal)}

    def _answer(self, method: str, parts: list[str], query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        resource = next(each for each in FIELDS if _path(each) == parts[0])
        if len(parts) == 1:
            return self._list(method, resource, query, body)
        identifier = int(parts[1])
        if len(parts) == 2:
            return self._object(method, resource, identifier, body)
        if parts[2] == "survey_spec":
            return self._survey(method, identifier, body)
        if parts[2] == "schedules":
            given = {**(body or {}), "unified_job_template": identifier}
            return self._list(method, "schedules", {"unified_job_template": [str(identifier)]}, given)
        return self._attach(method, identifier, parts[2], body)

    def _list(self, method: str, resource: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if method == "OPTIONS":
            fields = {name: _ID if name in REFERENCES else _TEXT for name in FIELDS[resource]}
            return 200, {"actions": {"POST": fields}, "search_fields": ["name", "description"]}
        if method == "POST":
            return 201, self._shown(resource, self.add(resource, body))
        return 200, _listed([self._shown(resource, one) for one in self.objects[resource].values() if _is(one, query)])

    def _object(self, method: str, resource: str, identifier: int, body: Any) -> tuple[int, Any]:
        existing = self.objects[resource][identifier]
        if method == "PUT":
            self._check(resource, body)
            self.puts.append((resource, existing["name"]))
            existing.update({**FIELDS[resource], **body})
        return 200, self._shown(resource, existing)

    def _survey(self, method: str, template: int, body: Any) -> tuple[int, Any]:
        if method == "OPTIONS":
            return 200, {"actions": {"POST": {}}}
        if method == "POST":
            _check_survey(body)
            self.surveys[template] = body
            return 200, None
        return 200, self.surveys.get(template, {})

    def _attach(self, method: str, template: int, relation: str, body: Any) -> tuple[int, Any]:
        there = self.attached.setdefault((template, relation), [])
        if method == "OPTIONS":
            return 200, {"actions": {"POST": {"id": _ID}}}
        if method == "POST":
            there.append(body["id"])
            return 204, None
        resource = ATTACHED[relation]
        return 200, _listed([self._shown(resource, self.objects[resource][one]) for one in there])

    def _shown(self, resource: str, one: Object) -> Object:
        """An object as AWX shows it: with links to others, and secrets hidden."""
        url = f"/api/v2/{_path(resource)}/{one['id']}/"
        related = {
            name: f"/api/v2/{_path(REFERENCES[name])}/{one[name]}/" for name in FIELDS[resource] if _refers(one, name)
        }
        shown = {**one, "url": url, "type": _SINGULAR.get(resource, resource.removesuffix("s"))}
        if resource == "job_templates":
            organization = self.objects["projects"][one["project"]]["organization"]
            related |= {"organization": f"/api/v2/organizations/{organization}/"}
            related |= {name: f"{url}{name}/" for name in ("survey_spec", "schedules", *ATTACHED)}
        if resource == "inventory_sources":
            organization = self.objects["inventory"][one["inventory"]]["organization"]
            related |= {"organization": f"/api/v2/organizations/{organization}/"}
        if resource == "projects":
            shown |= {"status": "successful"}
        if resource == "credentials":
            shown["inputs"] = dict.fromkeys(one["inputs"], "$encrypted$")
        return {**shown, "related": related}

    def _check(self, resource: str, given: Object) -> None:
        unknown = set(given) - set(FIELDS[resource])
        if unknown:
            raise Refused(f"{resource}: {sorted(unknown)}")
        for name in FIELDS[resource].keys() & REFERENCES.keys():
            if given.get(name) is not None and given[name] not in self.objects[REFERENCES[name]]:
                raise Refused(f"{name}: Invalid pk {given[name]!r} - object does not exist.")
        if resource == "job_templates" and given["playbook"] not in self.playbooks:
            raise Refused("Playbook not found for project.")
        if resource == "schedules" and not _RULE.fullmatch(given["rrule"]):
            raise Refused("rrule is not right")


def _path(resource: str) -> str:
    return _PATHS.get(resource, resource)


def _refers(one: Object, name: str) -> bool:
    return name in REFERENCES and one.get(name) is not None


def _is(one: Object, query: dict[str, list[str]]) -> bool:
    wanted = {name: values for name, values in query.items() if name not in ("page_size", "order_by")}
    return all(str(one.get(name.removeprefix("or__"))) in values for name, values in wanted.items())


def _listed(results: list[Object]) -> Object:
    return {"count": len(results), "next": None, "previous": None, "results": results}


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
