"""Tasks as ECS tells of them."""

from __future__ import annotations

from copy import deepcopy

from .paging import page
from .wire import AwsError

ARN = "arn:aws:ecs:eu-west-1:123456789012:task/"


class Tasks:
    """``stored`` has every task by ARN. ``course`` is what coming tasks go through, a document a DescribeTasks call;
    the last one stays.
    """

    def __init__(self, clusters, task_definitions):
        self.stored = {}
        self.requests = []
        self.failures = []
        self.course = [ended(0)]
        self._clusters = clusters
        self._task_definitions = task_definitions
        self._by_token = {}

    def RunTask(self, given):
        self.requests.append(given)
        if self.failures:
            return {"tasks": [], "failures": self.failures}
        cluster = self._clusters.named(given["cluster"])["clusterName"]
        definition = self._task_definitions.resolved(given["taskDefinition"])
        token = given["clientToken"]
        if token not in self._by_token:
            self._by_token[token] = self.add(cluster, definition["taskDefinitionArn"], self.course)
        return {"tasks": [self.stored[self._by_token[token]]], "failures": []}

    def add(self, cluster, definition, course, **members):
        arn = f"{ARN}{cluster}/{len(self.stored):032d}"
        self.stored[arn] = {
            "taskArn": arn,
            "taskDefinitionArn": definition,
            "lastStatus": "PROVISIONING",
            "course": deepcopy(course),
            **members,
        }
        return arn

    def DescribeTasks(self, given):
        found = [self.stored[arn] for arn in given["tasks"] if arn in self.stored]
        for task in found:
            task.update(task["course"].pop(0) if task["course"] else {})
        return {"tasks": found, "failures": []}

    def ListTasks(self, given):
        wanted = given["serviceName"], given["desiredStatus"]
        found = [arn for arn, each in self.stored.items() if (each.get("service"), each.get("desiredStatus")) == wanted]
        return page(given, "taskArns", found)

    def StopTask(self, given):
        if given["task"] not in self.stored:
            raise AwsError("InvalidParameterException", "The referenced task was not found.")
        task = self.stored[given["task"]]
        task["course"] = []
        task.update(ended(137, "UserInitiated", given["reason"]))
        return {"task": task}

    def stop_service(self, name):
        for task in self.stored.values():
            if task.get("service") == name:
                task.update(ended(0, "UserInitiated", "Service deleted"), course=[])


def ended(exit_code, stop_code="EssentialContainerExited", reason="Essential container in task exited", name="web"):
    """A task that has stopped, as DescribeTasks tells it."""
    container = {"name": name, "lastStatus": "STOPPED"}
    if exit_code is not None:
        container["exitCode"] = exit_code
    return {
        "lastStatus": "STOPPED",
        "desiredStatus": "STOPPED",
        "stopCode": stop_code,
        "stoppedReason": reason,
        "containers": [container],
    }


def guardduty_agent(**members):
    """The container that GuardDuty's Runtime Monitoring adds to every Fargate task; AWS promises no order."""
    return {"name": "aws-guardduty-agent-mfjGLB", "lastStatus": "STOPPED", **members}


#: How such an agent ends: killed with its task, or never started, which does not keep the task from running.
AGENTS = {
    "killed": guardduty_agent(exitCode=137),
    "not pulled": guardduty_agent(
        reason="CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
        "694911143906.dkr.ecr.eu-west-1.amazonaws.com/aws-guardduty-agent-fargate:v1.9.0-Fg_x86_64: 403 Forbidden"
    ),
}
