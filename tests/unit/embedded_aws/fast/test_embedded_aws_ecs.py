"""Amazon ECS without containers, driven by boto3: what the emulators get wrong by themselves is right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from said_and_described import TASK_DEFINITION, lost, until


def one_off(service):
    """Arguments of RunTask, in the network of the service."""
    network = service["networkConfiguration"]
    return {"cluster": "c", "taskDefinition": "web", "launchType": "FARGATE", "networkConfiguration": network}


def test_every_member_of_a_task_definition_is_described(aws):
    ecs = aws.client("ecs")
    ecs.register_task_definition(**TASK_DEFINITION)
    assert lost(TASK_DEFINITION, ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]) == []


def test_aws_defaults_are_filled_in(aws):
    ecs = aws.client("ecs")
    ecs.register_task_definition(**TASK_DEFINITION)
    definition = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    container = definition["containerDefinitions"][0]
    assert container["portMappings"] == [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}]
    assert container["healthCheck"] == {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3}
    assert "pidMode" not in definition


def test_a_family_prefix_is_a_whole_family(aws):
    ecs = aws.client("ecs")
    for family in ("web", "web-two", "web"):
        ecs.register_task_definition(**{**TASK_DEFINITION, "family": family})
    arns = ecs.list_task_definitions(familyPrefix="web", sort="DESC")["taskDefinitionArns"]
    assert [arn.rsplit("/")[-1] for arn in arns] == ["web:2", "web:1"]


def test_every_member_of_a_new_service_is_described(aws, service):
    described = aws.client("ecs").describe_services(cluster="c", services=["web"], include=["TAGS"])["services"][0]
    said = {name: value for name, value in service.items() if name not in ("cluster", "taskDefinition")}
    assert lost(said, described) == []


def test_a_task_of_a_service_is_started_by_its_deployment(aws, service):
    ecs = aws.client("ecs")
    arns = ecs.list_tasks(cluster="c", serviceName="web")["taskArns"]
    tasks = ecs.describe_tasks(cluster="c", tasks=arns)["tasks"]
    [described] = ecs.describe_services(cluster="c", services=["web"])["services"]
    assert {task["startedBy"] for task in tasks} == {described["deployments"][0]["id"]}


@pytest.mark.parametrize("size", [{"cpu": "1024", "memory": "512"}, {"cpu": "300"}, {"memory": "2000"}])
def test_a_size_that_fargate_has_not_is_refused_in_overrides_too(aws, service, size):
    with pytest.raises(ClientError, match="No Fargate configuration exists for given values"):
        aws.client("ecs").run_task(**one_off(service), overrides=size)


def test_a_size_that_fargate_has_is_taken(aws, service):
    answer = aws.client("ecs").run_task(**one_off(service), overrides={"cpu": "1024", "memory": "2048"})
    assert answer["tasks"][0]["overrides"]["cpu"] == "1024"


def test_the_agent_of_guardduty_is_told_of_and_killed_with_its_task(aws, service):
    ecs = aws.client("ecs")
    with aws.behaviours(guardduty_agent=True):
        arn = ecs.run_task(**one_off(service))["tasks"][0]["taskArn"]

        def told():
            return ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]

        until(lambda: told()["lastStatus"] == "STOPPED")
        agent, own = told()["containers"]
    assert (agent["name"], agent["exitCode"], own["exitCode"]) == ("aws-guardduty-agent-mfjGLB", 137, 0)
    assert len(told()["containers"]) == 1


@pytest.mark.parametrize(
    ("propagate", "tags"),
    [
        ({"propagateTags": "TASK_DEFINITION"}, {"team": "data", "stage": "of the definition", "own": "1"}),
        ({}, {"team": "data", "own": "1"}),
    ],
)
def test_a_task_has_the_tags_of_its_definition_where_that_is_asked_for(aws, service, propagate, tags):
    ecs = aws.client("ecs")
    of_definition = {"team": "of the definition", "stage": "of the definition"}
    ecs.register_task_definition(**TASK_DEFINITION, tags=as_tags(of_definition))
    [task] = ecs.run_task(
        cluster="c",
        taskDefinition="web",
        networkConfiguration=service["networkConfiguration"],
        tags=as_tags({"team": "data", "own": "1"}),
        **propagate,
    )["tasks"]
    [described] = ecs.describe_tasks(cluster="c", tasks=[task["taskArn"]], include=["TAGS"])["tasks"]
    assert {tag["key"]: tag["value"] for tag in described["tags"]} == tags


def as_tags(tags):
    return [{"key": key, "value": value} for key, value in tags.items()]


def test_an_update_is_kept_and_leaves_the_rest(aws, service):
    ecs = aws.client("ecs")
    changes = {
        "propagateTags": "TASK_DEFINITION",
        "enableECSManagedTags": False,
        "availabilityZoneRebalancing": "ENABLED",
        "serviceRegistries": [],
    }
    ecs.update_service(cluster="c", service="web", **changes, deploymentConfiguration={"maximumPercent": 150})
    described = ecs.describe_services(cluster="c", services=["web"])["services"][0]
    assert lost(changes, described) == []
    assert described["deploymentConfiguration"]["maximumPercent"] == 150
    assert described["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"] is True


def test_a_service_runs_and_rolls(aws, service):
    ecs = aws.client("ecs")
    ecs.update_service(
        cluster="c", service="web", forceNewDeployment=True, deploymentConfiguration={"maximumPercent": 150}
    )
    described = ecs.describe_services(cluster="c", services=["web"])["services"][0]
    assert (described["runningCount"], described["deployments"][0]["rolloutState"]) == (2, "COMPLETED")


def test_a_one_off_task_ends_well_and_has_a_log(aws, service):
    ecs = aws.client("ecs")
    aws.client("logs").create_log_group(logGroupName="g")
    task = ecs.run_task(**one_off(service))["tasks"][0]["taskArn"]

    def stopped():
        return ecs.describe_tasks(cluster="c", tasks=[task])["tasks"][0]["lastStatus"] == "STOPPED"

    until(stopped)
    assert ecs.describe_tasks(cluster="c", tasks=[task])["tasks"][0]["containers"][0]["exitCode"] == 0
    assert len(aws.client("logs").describe_log_streams(logGroupName="g")["logStreams"]) == 1


@pytest.mark.parametrize(
    ("container", "words"),
    [
        ({"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1"}, "to support ECR images"),
        ({"logConfiguration": {"logDriver": "awslogs", "options": {}}}, "to support log driver awslogs"),
        ({"secrets": [{"name": "A", "valueFrom": "/a"}]}, "you must also specify a value for 'executionRoleArn'"),
    ],
)
def test_a_definition_for_which_ecs_has_to_call_aws_needs_an_execution_role(aws, container, words):
    definition = {**TASK_DEFINITION, "containerDefinitions": [{"name": "web", "image": "image", **container}]}
    aws.client("ecs").register_task_definition(**definition)
    del definition["executionRoleArn"]
    with pytest.raises(ClientError, match=words):
        aws.client("ecs").register_task_definition(**definition)


@pytest.mark.parametrize(("length", "taken"), [(8000, True), (8192, False)])
def test_overrides_are_counted_with_the_characters_of_their_json(aws, service, length, taken):
    overrides = {"containerOverrides": [{"name": "web", "command": ["x" * length]}]}
    run = {**one_off(service), "overrides": overrides}
    if taken:
        assert aws.client("ecs").run_task(**run)["tasks"]
        return
    with pytest.raises(ClientError, match="Container Overrides length must be at most 8192"):
        aws.client("ecs").run_task(**run)


def test_a_client_token_starts_its_task_once(aws, service):
    ecs = aws.client("ecs")
    started = [ecs.run_task(**one_off(service), clientToken="token")["tasks"][0]["taskArn"] for _unused in range(2)]
    assert started[0] == started[1]


def test_a_client_token_makes_its_service_once(aws, service):
    ecs = aws.client("ecs")
    request = {**service, "serviceName": "other"}
    made = [ecs.create_service(**request, clientToken="token")["service"]["serviceArn"] for _unused in range(2)]
    assert made[0] == made[1]
    with pytest.raises(ClientError, match="not idempotent"):
        ecs.create_service(**request, clientToken="another")


def test_a_client_token_makes_its_service_once_however_often_it_is_sent_at_a_time(aws, service):
    """A client repeats a call whose answer takes too long, while AWS still works on the first."""
    ecs = aws.client("ecs")
    request = {**service, "serviceName": "other", "clientToken": "token"}
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(ecs.create_service, **request) for _unused in range(8)]
    assert len({each.result()["service"]["serviceArn"] for each in made}) == 1


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"cluster": "none"}, "ClusterNotFoundException"),
        ({"taskDefinition": "none"}, "Unable to find task definition"),
        ({"networkConfiguration": {}}, "Network Configuration must be provided"),
        ({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-none"]}}}, "subnet-none"),
    ],
)
def test_a_task_that_cannot_run_is_refused(aws, service, change, complaint):
    with pytest.raises(ClientError, match=complaint):
        aws.client("ecs").run_task(**{**one_off(service), **change})


def test_a_family_means_its_newest_active_revision(aws):
    ecs = aws.client("ecs")
    for _unused in range(2):
        ecs.register_task_definition(**TASK_DEFINITION)
    ecs.deregister_task_definition(taskDefinition="web:2")
    assert ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]["revision"] == 1
    ecs.deregister_task_definition(taskDefinition="web:1")
    with pytest.raises(ClientError, match="Unable to describe task definition"):
        ecs.describe_task_definition(taskDefinition="web")


def test_sizes_that_fargate_has_not_are_refused(aws):
    with pytest.raises(ClientError, match="No Fargate configuration"):
        aws.client("ecs").register_task_definition(**{**TASK_DEFINITION, "memory": "8192"})


def test_scaling_of_a_service_that_exists(aws, service):
    scaling = aws.client("application-autoscaling")
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/c/web",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1,
        "MaxCapacity": 5,
    }
    arn = scaling.register_scalable_target(**target, Tags={"k": "v"})["ScalableTargetARN"]
    assert lost(target, scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]) == []
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"k": "v"}
    aws.reset()
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []


def test_scaling_of_a_service_that_does_not_exist_is_refused(aws, service):
    with pytest.raises(ClientError, match="ECS service doesn't exist"):
        aws.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId="service/c/other",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=1,
            MaxCapacity=5,
        )


def run_tasks(aws, service, count):
    return aws.client("ecs").run_task(**one_off(service), count=count)["tasks"]


def test_tasks_beyond_the_quota_of_the_account_are_not_started(aws, service):
    """A task has a quarter of a vCPU, and the service has two of them."""
    with aws.behaviours(fargate_vcpus=1.0):
        quota = aws.client("service-quotas").get_service_quota(ServiceCode="fargate", QuotaCode="L-3032A538")
        assert quota["Quota"]["Value"] == 1.0
        with pytest.raises(ClientError, match="reached the limit on the number of vCPUs"):
            run_tasks(aws, service, 3)
        assert len(run_tasks(aws, service, 2)) == 2


def test_a_service_starts_what_the_quota_kept_back_when_there_is_room(aws, service):
    ecs = aws.client("ecs")

    def described():
        return ecs.describe_services(cluster="c", services=["web"])["services"][0]

    with aws.behaviours(fargate_vcpus=0.75):
        ecs.update_service(cluster="c", service="web", desiredCount=4)
        until(lambda: described()["runningCount"] == 3)
        assert "unable to place a task. Reason: You've reached the limit" in described()["events"][0]["message"]
    until(lambda: described()["runningCount"] == 4)


def test_a_role_that_ecs_does_not_see_yet_is_refused(aws, service):
    with aws.behaviours(cold_roles=1):
        with pytest.raises(ClientError, match="ECS was unable to assume the role"):
            run_tasks(aws, service, 1)
        assert len(run_tasks(aws, service, 1)) == 1


def test_a_role_that_may_not_read_its_secrets_yet_stops_a_task(aws, service):
    ecs = aws.client("ecs")

    def stopped(arn):
        return next(task for task in ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"])

    with aws.behaviours(cold_policies=1):
        first, second = (run_tasks(aws, service, 1)[0]["taskArn"] for _unused in range(2))
        until(lambda: all(stopped(arn)["lastStatus"] == "STOPPED" for arn in (first, second)))
        assert sorted(stopped(arn)["stopCode"] for arn in (first, second)) == [
            "EssentialContainerExited",
            "TaskFailedToStart",
        ]
