"""ECS: the behaviour `guardduty_agent`, by which tasks on Fargate tell of a container that nobody has defined."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import json_response
from ministack.services import ecs

from .. import behaviours

NAME = "aws-guardduty-agent-mfjGLB"
_KILLED = 137


def apply() -> None:
    for operation in ("RunTask", "DescribeTasks"):
        ecs._ACTION_MAP[operation] = tell_of_the_agent(ecs._ACTION_MAP[operation])


def tell_of_the_agent(call):
    """The agent runs as long as its task does, and is killed with it. It is told first: AWS promises no order."""

    def handler(data: dict[str, Any]):
        answer = call(data)
        if answer[0] != 200 or not behaviours.GUARDDUTY_AGENT.is_on:
            return answer
        document = json.loads(answer[2])
        for task in document["tasks"]:
            if task.get("launchType") == "FARGATE":
                task["containers"] = [_agent(task), *task["containers"]]
                behaviours.GUARDDUTY_AGENT.strike()
        return json_response(document)

    return handler


def _agent(task: dict[str, Any]) -> dict[str, Any]:
    ended = {"exitCode": _KILLED} if task["lastStatus"] == "STOPPED" else {}
    return {
        "containerArn": f"{task['taskArn'].replace(':task/', ':container/')}/{NAME}",
        "taskArn": task["taskArn"],
        "name": NAME,
        "lastStatus": task["lastStatus"],
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
        "cpu": "0",
        **ended,
    }
