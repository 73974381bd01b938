"""Task definitions as ECS keeps them, and the tagging API's late view of their tags."""

from __future__ import annotations

from copy import deepcopy

from .defaults import filled
from .leaves import MODEL
from .paging import page
from .wire import AwsError

ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/"


class TaskDefinitions:
    """``stored`` has every revision by ``family:revision``. ``tags`` of any resource are by ARN."""

    def __init__(self, tags):
        self.stored = {}
        self.tags = tags
        self._last = {}

    def RegisterTaskDefinition(self, given):
        family = given["family"]
        self._last[family] = revision = self._last.get(family, 0) + 1
        document = _filled({key: value for key, value in deepcopy(given).items() if key != "tags"})
        arn = f"{ARN}{family}:{revision}"
        document.update(
            taskDefinitionArn=arn,
            revision=revision,
            status="ACTIVE",
            requiresAttributes=[{"name": "com.amazonaws.ecs.capability.task-eni"}],
            compatibilities=["EC2", "FARGATE"],
            registeredAt=1,
            registeredBy="arn:aws:iam::123456789012:user/somebody",
        )
        self.stored[f"{family}:{revision}"] = document
        self.tags[arn] = {tag["key"]: tag.get("value", "") for tag in given.get("tags", [])}
        return {"taskDefinition": document, "tags": given.get("tags", [])}

    def resolved(self, reference):
        name = reference.rsplit("/", 1)[-1]
        if ":" in name:
            found = self.stored.get(name)
        else:
            active = [d for d in self.stored.values() if d["family"] == name and d["status"] == "ACTIVE"]
            found = max(active, key=lambda document: document["revision"], default=None)
        if not found:
            raise AwsError("ClientException", f"Unable to describe task definition {reference}.")
        return found

    def DescribeTaskDefinition(self, given):
        found = self.resolved(given["taskDefinition"])
        tags = self.tags[found["taskDefinitionArn"]] if "TAGS" in given.get("include", []) else {}
        return {"taskDefinition": found, "tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def ListTaskDefinitions(self, given):
        family = given.get("familyPrefix")
        found = sorted(
            (d for d in self.stored.values() if d["status"] == given["status"] and family in (None, d["family"])),
            key=lambda document: (document["family"], document["revision"]),
        )
        return page(given, "taskDefinitionArns", [document["taskDefinitionArn"] for document in found])

    def DeregisterTaskDefinition(self, given):
        found = self.resolved(given["taskDefinition"])
        found["status"] = "INACTIVE"
        return {"taskDefinition": found}

    def DeleteTaskDefinitions(self, given):
        if len(given["taskDefinitions"]) > 10:
            raise AwsError("InvalidParameterException", "Too many task definitions")
        failures = []
        for reference in given["taskDefinitions"]:
            found = self.resolved(reference)
            if found["status"] == "ACTIVE":
                failures.append({"arn": reference, "reason": "The task definition is still in ACTIVE status."})
            else:
                found["status"] = "DELETE_IN_PROGRESS"
        return {"taskDefinitions": [], "failures": failures}


class Tagging:
    """GetResources. ``hidden`` holds ARNs that its index doesn't know yet."""

    def __init__(self, tags):
        self.tags = tags
        self.hidden = set()

    def GetResources(self, given):
        found = [
            {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            for arn, tags in sorted(self.tags.items())
            if arn.startswith(ARN) and arn not in self.hidden and _matches(tags, given.get("TagFilters", []))
        ]
        return page(given, "ResourceTagMappingList", found, "PaginationToken", given.get("ResourcesPerPage", 50))


def _matches(tags, filters):
    return all(each["Key"] in tags and tags[each["Key"]] in each.get("Values", [tags[each["Key"]]]) for each in filters)


def _filled(document):
    """What DescribeTaskDefinition shows of a Fargate task definition that was not given."""
    document = filled(MODEL.operation_model("RegisterTaskDefinition").input_shape, document)
    for name in ("volumes", "placementConstraints"):
        document.setdefault(name, [])
    for volume in document["volumes"]:
        efs = volume.get("efsVolumeConfiguration")
        if efs is not None:
            efs.setdefault("rootDirectory", "/")
        elif set(volume) == {"name"}:
            volume["host"] = {}
    for container in document["containerDefinitions"]:
        _fill_container(container)
    document["cpu"] = str(document["cpu"]).replace("1 vCPU", "1024")
    return document


def _fill_container(container):
    container.setdefault("cpu", 0)
    container.setdefault("essential", True)
    for name in ("portMappings", "environment", "mountPoints", "volumesFrom", "systemControls"):
        container.setdefault(name, [])
    for mapping in container["portMappings"]:
        mapping.setdefault("protocol", "tcp")
        if "containerPort" in mapping:
            mapping.setdefault("hostPort", mapping["containerPort"])
    # AWS gives these back in an order of its own
    container["environment"].sort(key=lambda pair: pair["name"], reverse=True)
    check = container.get("healthCheck")
    if check:
        for name, value in {"interval": 30, "timeout": 5, "retries": 3}.items():
            check.setdefault(name, value)
    if "linuxParameters" in container:
        for name in ("devices", "tmpfs"):
            container["linuxParameters"].setdefault(name, [])
    if "logConfiguration" in container:
        container["logConfiguration"].setdefault("options", {})
        container["logConfiguration"].setdefault("secretOptions", [])
