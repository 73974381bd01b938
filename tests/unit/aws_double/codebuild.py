"""CodeBuild: projects with every member that AWS keeps, and builds that end as a test says."""

from __future__ import annotations

from copy import deepcopy

from .paging import page
from .wire import AwsError, Wire

ACCOUNT = "eu-west-1:123456789012"
PROJECT_ARN = f"arn:aws:codebuild:{ACCOUNT}:project/"

#: What AWS fills in, and tells of a project that was made without.
_DEFAULTS = {
    "timeoutInMinutes": 60,
    "queuedTimeoutInMinutes": 480,
    "encryptionKey": f"arn:aws:kms:{ACCOUNT}:alias/aws/s3",
    "cache": {"type": "NO_CACHE"},
    "projectVisibility": "PRIVATE",
    "tags": [],
}
_NESTED = {
    "environment": {"environmentVariables": [], "privilegedMode": False, "imagePullCredentialsType": "CODEBUILD"},
    "source": {"insecureSsl": False, "gitCloneDepth": 0},
}


class Projects:
    """``stored`` has every project by name, as AWS tells it."""

    def __init__(self):
        self.stored = {}

    def CreateProject(self, given):
        if given["name"] in self.stored:
            raise AwsError("ResourceAlreadyExistsException", f"Project already exists: {PROJECT_ARN}{given['name']}")
        self.stored[given["name"]] = {"arn": PROJECT_ARN + given["name"], "created": 0, "lastModified": 0}
        return {"project": self._keep(given)}

    def UpdateProject(self, given):
        # "if not set for every update, they get removed"
        return {"project": self._keep({"tags": [], **given})}

    def _keep(self, given):
        found = self.stored[given["name"]]
        found.update(deepcopy(given))
        found["badge"] = {"badgeEnabled": found.pop("badgeEnabled", False)}
        if found.get("concurrentBuildLimit") == -1:
            del found["concurrentBuildLimit"]
        for key, value in _DEFAULTS.items():
            found.setdefault(key, deepcopy(value))
        if "/" in found["encryptionKey"] and not found["encryptionKey"].startswith("arn:"):
            found["encryptionKey"] = f"arn:aws:kms:{ACCOUNT}:{found['encryptionKey']}"
        for key, value in _NESTED.items():
            found[key] = {**deepcopy(value), **found[key]}
        for variable in found["environment"]["environmentVariables"]:
            variable.setdefault("type", "PLAINTEXT")
        return found

    def UpdateProjectVisibility(self, given):
        found = self.stored[given["projectArn"].removeprefix(PROJECT_ARN)]
        found["projectVisibility"] = given["projectVisibility"]
        return {}

    def BatchGetProjects(self, given):
        found = [self.stored[name] for name in given["names"] if name in self.stored]
        return {"projects": found, "projectsNotFound": [name for name in given["names"] if name not in self.stored]}

    def DeleteProject(self, given):
        self.stored.pop(given["name"], None)
        return {}


class Builds:
    """``run(build)`` is called at the second look at a build, and may change it; by default it succeeds. ``stored``
    has the builds, the oldest first.
    """

    def __init__(self, projects):
        self.projects = projects
        self.stored = {}
        self.tokens = {}
        self.looks = {}
        self.run = lambda build: build.update(buildStatus="SUCCEEDED", buildComplete=True)

    def StartBuild(self, given):
        name, token = given["projectName"], given.get("idempotencyToken")
        if name not in self.projects.stored:
            raise AwsError("ResourceNotFoundException", f"Project cannot be found: {PROJECT_ARN}{name}")
        if token in self.tokens:
            return {"build": self.stored[self.tokens[token]]}
        environment = deepcopy(self.projects.stored[name]["environment"])
        environment["environmentVariables"] += given.get("environmentVariablesOverride", [])
        environment["type"] = given.get("environmentTypeOverride", environment["type"])
        environment["image"] = given.get("imageOverride", environment["image"])
        build_id = f"{name}:{len(self.stored) + 1}"
        build = {
            "id": build_id,
            "arn": f"arn:aws:codebuild:{ACCOUNT}:build/{build_id}",
            "projectName": name,
            "buildStatus": "IN_PROGRESS",
            "buildComplete": False,
            "currentPhase": "SUBMITTED",
            "phases": [],
            "source": {"type": "NO_SOURCE", "buildspec": given["buildspecOverride"]},
            "environment": environment,
            "logs": {},
        }
        self.stored[build_id] = build
        self.tokens[token] = build_id
        return {"build": build}

    def BatchGetBuilds(self, given):
        for build_id in given["ids"]:
            build = self.stored[build_id]
            self.looks[build_id] = self.looks.get(build_id, 0) + 1
            if self.looks[build_id] > 1 and build["buildStatus"] == "IN_PROGRESS":
                self.run(build)
        return {"builds": [self.stored[each] for each in given["ids"]], "buildsNotFound": []}

    def ListBuildsForProject(self, given):
        ids = [key for key, build in self.stored.items() if build["projectName"] == given["projectName"]]
        return page(given, "ids", ids[::-1])


class Double:
    """One account."""

    def __init__(self):
        self.projects = Projects()
        self.builds = Builds(self.projects)
        self.wire = Wire("codebuild", self.projects, self.builds)

    @property
    def wires(self):
        return {"codebuild": self.wire}

    def mutations(self):
        """What was asked that changes something."""
        return [name for name in self.wire.operations() if not name.startswith(("BatchGet", "List"))]
