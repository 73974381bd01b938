"""ECS with its task definitions, clusters, services and tasks, the tagging API, and the logs of tasks."""

from __future__ import annotations

from .clusters import Clusters
from .logs import Logs
from .services import Services
from .task_definitions import Tagging, TaskDefinitions
from .tasks import Tasks
from .wire import AwsError, Wire


class Tags:
    """TagResource and UntagResource of ECS."""

    def __init__(self):
        self.by_arn = {}

    def TagResource(self, given):
        if given["resourceArn"] not in self.by_arn:
            raise AwsError("InvalidParameterException", "The specified resource is not valid")
        self.by_arn[given["resourceArn"]].update({tag["key"]: tag.get("value", "") for tag in given["tags"]})
        return {}

    def UntagResource(self, given):
        for key in given["tagKeys"]:
            self.by_arn[given["resourceArn"]].pop(key, None)
        return {}


class Double:
    """One account. ``wire`` speaks ECS."""

    def __init__(self):
        self.tags = Tags()
        self.task_definitions = TaskDefinitions(self.tags.by_arn)
        self.clusters = Clusters(self.tags.by_arn)
        self.tasks = Tasks(self.clusters, self.task_definitions)
        self.services = Services(self.tags.by_arn, self.clusters, self.task_definitions, self.tasks)
        self.tagging = Tagging(self.tags.by_arn)
        self.logs = Logs()
        self.logs_wire = Wire("logs", self.logs)
        self.wire = Wire("ecs", self.tags, self.task_definitions, self.clusters, self.tasks, self.services)
        self.tagging_wire = Wire("resourcegroupstaggingapi", self.tagging)

    @property
    def wires(self):
        return {"ecs": self.wire, "resource-groups-tagging-api": self.tagging_wire, "cloudwatch-logs": self.logs_wire}

    def forget_calls(self):
        self.wire.calls.clear()
        self.tagging_wire.calls.clear()

    @property
    def call_count(self):
        return len(self.wire.calls) + len(self.tagging_wire.calls)
