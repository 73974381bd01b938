# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS task definitions, as they are compared, and the plan for any number of families.

A revision never changes, so the tag ``farflow:digest`` that is written when it is registered speaks for its whole
content: ``<revision>-<sha256 of the canonical document>``. The revision is part of it because a new revision that
someone makes in the console inherits the tags of the old one. Tags themselves are compared and changed on their own.
Another tag, ``farflow:images``, tells which images it names, so that those that no revision names are found by lists.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ....engine.actions import CHANGE, CREATE, DELETE, Action, Resource
from ....engine.compare import Difference, contains_unknown, differences
from ....engine.errors import FarflowError
from ....engine.tags import ENVIRONMENT, ROLE
from ....validation.fargate import LARGEST_TASK_DEFINITION_BYTES
from ..shapes import canonical as ecs_canonical
from ..shapes.shapes import Reading, input_shape
from . import checks as ecs_task_checks
from .reasons import told

TYPE = "ecs_task_definition"
DIGEST = "farflow:digest"
IMAGES = "farflow:images"

#: Type and name of what tells under ``count`` how many ACTIVE revisions the account and region have.
REVISIONS_OF_ACCOUNT = "revisions of the account"

#: Attribute of a family whose newest revision was described: the environment that it is of.
OWNER = "owner"
#: The owner of a family that is no environment's.
NOBODY = ""

#: naming.task_log_group and naming.airflow_log_group
_LOG_GROUP = re.compile(r"/farflow/([a-z0-9-]+)/(?:tasks|airflow)")

_OURS = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
_CONTAINERS = "container_definitions"
_ALSO_OF_THE_TASK = ("cpu", "memory")

#: So many digits of a digest are as good as all, and those of ten containers, the most there are, go into one tag.
_DIGITS = 24

Describe = Callable[[list[str]], Mapping[str, Mapping[str, Any]]]


def desired(specification: Mapping[str, Any]) -> Resource:
    """A task definition as a user writes it: the input of RegisterTaskDefinition in snake_case, for Fargate, so that
    ``network_mode`` and ``requires_compatibilities`` can be left out.

    Raises FarflowError with everything that is wrong with it.
    """
    reading = Reading()
    shape = input_shape("RegisterTaskDefinition")
    document = {**_OURS, **reading.read(shape, specification)}
    family = str(document.get("family", ""))
    form = ecs_canonical.canonical(shape, document)
    form.pop("family", None)
    found = list(reading.problems) or ecs_task_checks.problems(form, family, _bytes(family, form))
    if found:
        raise FarflowError("\n".join(f"task definition {family}: {problem}" for problem in found))
    return Resource(TYPE, family, form)


def all_desired(specifications: Iterable[Mapping[str, Any]]) -> list[Resource]:
    """Many of them. Raises one FarflowError with what is wrong with any, and with families that are given twice."""
    resources = []
    problems = []
    for specification in specifications:
        try:
            resources.append(desired(specification))
        except FarflowError as error:
            problems.append(str(error))
    seen: set[str] = set()
    for resource in resources:
        if resource.name in seen:
            problems.append(f"task definition {resource.name} is given twice")
        seen.add(resource.name)
    if problems:
        raise FarflowError("\n".join(problems))
    return resources


def families(specifications: Iterable[Mapping[str, Any]]) -> list[str]:
    """The families of task definitions that shall go, of which nothing else need be given."""
    names = [str(specification.get("family") or "") for specification in specifications]
    if not all(names):
        raise FarflowError("each of task_definitions needs a family")
    return list(dict.fromkeys(names))


def owners(specifications: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """By family the environment whose revisions alone shall go, where their tags name one."""
    tags = {each["family"]: {tag["key"]: tag["value"] for tag in each.get("tags") or []} for each in specifications}
    return {family: found[ENVIRONMENT] for family, found in tags.items() if ENVIRONMENT in found}


def environment_of(resources: Sequence[Resource]) -> str | None:
    """The environment that all of them are tagged with; None when there is no such one."""
    found = {tags_of(resource).get(ENVIRONMENT) for resource in resources}
    return found.pop() if len(found) == 1 else None


def canonical(
    document: Mapping[str, Any], tags: Iterable[Mapping[str, str]], wanted: Resource | None = None
) -> Resource:
    """DescribeTaskDefinition's ``taskDefinition`` and ``tags`` as a resource. Its tags hold the digest, too. Members
    that this collection does not know are there if they are wanted.
    """
    shape = input_shape("RegisterTaskDefinition")
    ours = [tag for tag in tags if not tag["key"].startswith("aws:")]
    form = ecs_canonical.answered(shape, {**document, "tags": ours}, wanted and wanted.properties)
    del form["family"]
    return Resource(TYPE, document["family"], form, document["taskDefinitionArn"])


def owner(answer: Mapping[str, Any]) -> str | None:
    """The environment that a described revision is of: by the log group that its containers write to, which nobody can
    edit, or where they write to none by its tags, of which one alone says nothing. NOBODY where the log group is none
    of ours, None where nothing tells.
    """
    groups = {
        (container.get("logConfiguration") or {}).get("options", {}).get("awslogs-group", "")
        for container in answer["taskDefinition"].get("containerDefinitions", [])
    }
    named = {found[1] for group in groups if (found := _LOG_GROUP.fullmatch(group))}
    if any(groups):
        return named.pop() if len(named) == 1 else NOBODY
    tags = {tag["key"]: tag["value"] for tag in answer.get("tags") or []}
    return tags.get(ENVIRONMENT) if ROLE in tags else None


def request(resource: Resource) -> dict[str, Any]:
    """The arguments of RegisterTaskDefinition."""
    shape = input_shape("RegisterTaskDefinition")
    return dict(Reading().read(shape, specification(resource)))


def specification(resource: Resource) -> dict[str, Any]:
    """The resource as a user would write it: an element of the module's ``task_definitions``."""
    shape = input_shape("RegisterTaskDefinition")
    return ecs_canonical.specification(shape, {"family": resource.name, **resource.properties})


def _bytes(family: str, form: Mapping[str, Any]) -> int:
    """The size of the request, or an upper bound of it that is far from AWS's limit."""
    bound = 4 * len(json.dumps(form))
    if bound < LARGEST_TASK_DEFINITION_BYTES:
        return bound
    return len(json.dumps(request(Resource(TYPE, family, form)), separators=(",", ":")).encode())


def digest(resource: Resource, revision: int) -> str:
    """The tag that speaks for the content of a revision, apart from its tags."""
    text = json.dumps(content(resource), sort_keys=True, separators=(",", ":"))
    return f"{revision}-{hashlib.sha256(text.encode()).hexdigest()}"


def content(resource: Resource) -> dict[str, Any]:
    """What only a new revision can change: everything but the tags."""
    return {key: value for key, value in resource.properties.items() if key != "tags"}


def registers(action: Action) -> bool:
    """Whether it makes a revision, with an ARN of its own; the change of another kind of resource doesn't."""
    wanted, found = action.resource, action.before
    return action.kind != DELETE and wanted.type == TYPE and not (found and content(found) == content(wanted))


def tags_of(resource: Resource) -> dict[str, str]:
    """Its tags as a dictionary."""
    return dict(resource.properties.get("tags") or {})


def revision_of(arn: str) -> int:
    """7 of ``arn:aws:ecs:...:task-definition/family:7``."""
    return int(arn.rsplit(":", 1)[1])


def family_of(arn: str) -> str:
    """``family`` of ``arn:aws:ecs:...:task-definition/family:7``."""
    return arn.rsplit("/", 1)[1].rsplit(":", 1)[0]


@dataclass(frozen=True)
class Index:
    """What two list calls tell of the ACTIVE revisions: their ARNs by family, oldest first, and the tags by ARN.
    The tags come from an index of AWS that lags behind: what it doesn't show, or shows otherwise, is a suspect.
    ``listed`` is how many there are, those of all other families included.
    """

    arns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    listed: int = 0

    @classmethod
    def of(cls, arns: Iterable[str], tags: Mapping[str, Mapping[str, str]]) -> Index:
        """The index of ARNs in any order."""
        families: dict[str, list[str]] = {}
        for arn in sorted(arns, key=revision_of):
            families.setdefault(family_of(arn), []).append(arn)
        return cls(families, tags)

    def newest(self, family: str) -> str | None:
        """The ARN of the newest ACTIVE revision: the one that counts."""
        return self.arns[family][-1] if self.arns.get(family) else None

    def images(self, arn: str) -> str:
        """What the tag ``farflow:images`` of a revision says; empty where there is none, or it was inherited."""
        tags = self.tags.get(arn, {})
        return tags.get(IMAGES, "") if tags.get(DIGEST, "").startswith(f"{revision_of(arn)}-") else ""

    def with_tags(self, tags: Mapping[str, Mapping[str, str]]) -> Index:
        """The same with what is known better of some revisions, by their ARNs."""
        return replace(self, tags={**self.tags, **tags})

    def without(self, newest: Collection[str | None]) -> Index:
        """The same without the families with one of these newest revisions."""
        return replace(self, arns={family: arns for family, arns in self.arns.items() if arns[-1] not in newest})

    def of_families(self, families: Collection[str]) -> Index:
        """The same of these families only."""
        return Index({family: arns for family, arns in self.arns.items() if family in families}, self.tags)

    def tagged(self, key: str, value: str) -> Index:
        """The same of the families of which some revision carries this tag."""

        def carries(arns: Sequence[str]) -> bool:
            return any(self.tags.get(arn, {}).get(key) == value for arn in arns)

        return Index({family: arns for family, arns in self.arns.items() if carries(arns)}, self.tags)

    def resources(self) -> list[Resource]:
        """The newest revisions by what the index knows of them: name, ARN, tags, and how to name to the module what
        shall go. A newest one of which no tags are known has those of the one before it, so that it still belongs to
        somebody.
        """
        return [self._resource(family, arns) for family, arns in self.arns.items()]

    def _resource(self, family: str, arns: Sequence[str]) -> Resource:
        tags = self._last_tags(arns)
        owner = [{"key": ENVIRONMENT, "value": tags[ENVIRONMENT]}] if ENVIRONMENT in tags else []
        arguments = {"family": family, **({"tags": owner} if owner else {})}
        return Resource(TYPE, family, {"tags": tags}, arns[-1], arguments=arguments)

    def _last_tags(self, arns: Sequence[str]) -> dict[str, str]:
        return next((dict(self.tags[arn]) for arn in reversed(arns) if self.tags.get(arn)), {})


def plan_task_definitions(wanted: Sequence[Resource], index: Index, describe: Describe) -> list[Action]:
    """The actions that make the newest ACTIVE revision of each family what is desired, in the order given; then the
    deletion of each family in the index that is not desired (give ``index.of_families(...)`` or
    ``index.tagged(...)`` to say which may be deleted).

    ``describe(arns)`` returns DescribeTaskDefinition's answers (``taskDefinition``, ``tags``) by ARN. It is called at
    most once, with the suspects: the newest revisions that the index alone doesn't prove to be as desired.

    The resource of a change has the ARN of the newest revision as ``id``; where its content equals that of ``before``
    only tags are to be written, else a revision is to be registered.
    """
    newest = {resource.name: index.newest(resource.name) for resource in wanted}
    suspects = [arn for each in wanted if (arn := newest[each.name]) and not _proven(each, arn, index)]
    described = describe(suspects) if suspects else {}
    actions = []
    for each in wanted:
        arn = newest[each.name]
        if arn is None:
            actions.append(Action(CREATE, each))
        elif arn in described:
            actions += _change(each, described[arn])
    names = {each.name for each in wanted}
    gone = [resource for resource in index.resources() if resource.name not in names]
    return actions + [Action(DELETE, resource) for resource in gone]


def _proven(wanted: Resource, arn: str, index: Index) -> bool:
    if contains_unknown(wanted.properties):
        return False
    return index.tags.get(arn) == tags_with_digest(wanted, revision_of(arn))


def tags_with_digest(wanted: Resource, revision: int) -> dict[str, str]:
    """All the tags that a revision shall have: that of its images where all are named by digest."""
    digests = [container["image"].partition("@sha256:")[2] for container in wanted.properties[_CONTAINERS].values()]
    images = sorted({each[:_DIGITS] for each in digests}) if all(digests) else []
    return {**tags_of(wanted), DIGEST: digest(wanted, revision), **({IMAGES: " ".join(images)} if images else {})}


def names_image(told: str, repository_and_tag: str, digest_: str) -> bool:
    """Whether an image is the one that is told of: by the tag ``farflow:images``, or by a container's ``image``."""
    if "/" not in told:
        return digest_.partition(":")[2][:_DIGITS] in told.split()
    return told.endswith((f"@{digest_}", f"/{repository_and_tag}"))


def names_repository(image: str, repositories: Collection[str]) -> bool:
    """Whether a container's ``image`` is one of the repositories, wherever the registry is."""
    path = image.partition("/")[2].partition("@")[0].partition(":")[0]
    return path in repositories


def _change(wanted: Resource, answer: Mapping[str, Any]) -> list[Action]:
    found = canonical(answer["taskDefinition"], answer.get("tags") or [], wanted)
    reasons = _content_differences(wanted, found)
    expected = tags_of(wanted) if reasons else tags_with_digest(wanted, revision_of(str(found.id)))
    # What a new revision's own tags will say follows from its content.
    existing = {key: value for key, value in tags_of(found).items() if not (reasons and key in (DIGEST, IMAGES))}
    reasons += differences(expected, existing, ("tags",))
    if not reasons:
        return []
    return [Action(CHANGE, replace(wanted, id=found.id), tuple(map(told, reasons)), found)]


def _content_differences(wanted: Resource, found: Resource) -> list[Difference]:
    sides = content(wanted), content(found)
    single = len({tuple(side.get(_CONTAINERS) or {}) for side in sides}) == 1 and len(sides[0][_CONTAINERS]) == 1
    return [Difference(_path(each.path, single), each.before, each.after) for each in differences(sides[0], sides[1])]


def _path(path: tuple[str, ...], single: bool) -> tuple[str, ...]:
    """Containers are named where there are several; ``cpu`` and ``memory`` of the only one are still told apart from
    the task's.
    """
    if path[0] != _CONTAINERS:
        return path
    if not single:
        return ("containers", *path[1:])
    rest = path[2:]
    return ("container", *rest) if rest[0] in _ALSO_OF_THE_TASK else rest


def surplus(index: Index, family: str, keep: int) -> list[str]:
    """The ARNs of ACTIVE revisions beyond the newest ``keep``, when one more has just been registered."""
    arns = list(index.arns.get(family, ()))
    return arns[: max(0, len(arns) - (keep - 1))]
