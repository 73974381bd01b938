"""A teardown while a worker has a task in hand: it waits as long as it may, then says what it waited for."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.thorough


def protect(aws, enabled):
    """As a worker does that has a task in hand; its ARN."""
    ecs = aws.client("ecs")
    (worker,) = ecs.list_tasks(cluster="local", serviceName="local-worker")["taskArns"]
    ecs.update_task_protection(cluster="local", tasks=[worker], protectionEnabled=enabled)
    return worker


#: For the plan, and when the services are brought to zero.
LOOKS_BEFORE_IT_WAITS = 2


def looks(aws):
    """How often it was asked which workers protect themselves."""
    return sum(call["operation"] == "GetTaskProtection" for call in aws.calls(service="ecs"))


def services(aws):
    return {arn.rpartition("/")[2] for arn in aws.client("ecs").list_services(cluster="local")["serviceArns"]}


def test_it_waits_for_the_worker_and_goes_on_when_that_is_done(aws, playbooks, project):
    playbooks.deploy(**project.variables)
    worker = protect(aws, enabled=True).rpartition("/")[2]
    given = {**project.variables, "farflow_teardown_confirm": "local"}

    ended = playbooks.run("teardown", **given, farflow_teardown_wait_minutes=1)
    assert ended.code != 0
    assert "after 1 minutes there is still work in hand: local-worker, task " + worker in ended.output
    assert services(aws) == {f"local-{each}" for each in ("api-server", "dag-processor", "triggerer", "worker")}
    [service] = aws.client("ecs").describe_services(cluster="local", services=["local-worker"])["services"]
    assert (service["desiredCount"], service["runningCount"]) == (0, 1)

    aws.reset_calls()
    process, log = playbooks.start("teardown", **given, farflow_teardown_wait_minutes=10)
    while looks(aws) < LOOKS_BEFORE_IT_WAITS + 2:
        assert process.poll() is None, log.read_text()[-6000:]
        time.sleep(0.5)
    assert "local-worker" in services(aws)
    protect(aws, enabled=False)
    assert process.wait(300) == 0, log.read_text()[-6000:]
    assert aws.client("ecs").list_clusters()["clusterArns"] == []
