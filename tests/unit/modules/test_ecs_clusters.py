from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.modules import ecs_clusters as module
from aws_double.wire import AwsError

NAME = "test-airflow"


def run(run_module, check_mode=False, state="present", **cluster):
    cluster = {"name": NAME, "tags": {"farflow:environment": "test"}, **cluster}
    return run_module(module, check_mode=check_mode, clusters=[cluster], state=state)


def test_creates_then_changes_nothing(ecs, run_module):
    first = run(run_module)
    assert first["clusters"][0]["reasons"] == ["created"]
    assert ecs.clusters.stored[NAME]["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert run(run_module)["changed"] is False
    assert run(run_module, capacity_providers=["FARGATE_SPOT", "FARGATE"])["changed"] is False


CHANGES = {
    "insights": ({"container_insights": "enhanced"}, ["settings containerInsights disabled -> enhanced"]),
    "providers": ({"capacity_providers": ["FARGATE"]}, ["capacity_providers [FARGATE, FARGATE_SPOT] -> [FARGATE]"]),
    "strategy": (
        {"default_capacity_provider_strategy": [{"capacity_provider": "FARGATE", "weight": 1}]},
        [
            "default_capacity_provider_strategy FARGATE capacity_provider (none) -> FARGATE",
            "default_capacity_provider_strategy FARGATE weight (none) -> 1",
            "default_capacity_provider_strategy FARGATE base (none) -> 0",
        ],
    ),
    "configuration": (
        {
            "configuration": {
                "execute_command_configuration": {
                    "logging": "OVERRIDE",
                    "log_configuration": {"cloud_watch_log_group_name": "/test"},
                }
            }
        },
        None,
    ),
    "namespace": (
        {"service_connect_namespace": "arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-1"},
        ["service_connect_defaults namespace (none) -> arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-1"],
    ),
    "tags": (
        {"tags": {"team": "data"}},
        ["tags team (none) -> data", "tags farflow:environment test -> (none)"],
    ),
}


@pytest.mark.parametrize(("changed", "reasons"), CHANGES.values(), ids=CHANGES.keys())
def test_change_is_predicted_told_and_done(ecs, run_module, changed, reasons):
    run(run_module)
    ecs.forget_calls()
    predicted = run(run_module, check_mode=True, **changed)
    assert ecs.wire.mutations() == []
    done = run(run_module, **changed)
    assert predicted["clusters"] == done["clusters"]
    assert done["clusters"][0]["reasons"] and reasons in (None, done["clusters"][0]["reasons"])
    assert run(run_module, **changed)["changed"] is False


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_left_out_again_goes_back_to_the_default(ecs, run_module, name):
    run(run_module, **CHANGES[name][0])
    assert run(run_module)["changed"] is True
    assert run(run_module)["changed"] is False


BY_HAND = {
    "logging": {"executeCommandConfiguration": {"logging": "NONE"}},
    "another place": {
        "executeCommandConfiguration": {
            "logging": "OVERRIDE",
            "kmsKeyId": "key",
            "logConfiguration": {"s3BucketName": "theirs", "s3KeyPrefix": "x", "s3EncryptionEnabled": True},
        }
    },
    "a key": {"managedStorageConfiguration": {"fargateEphemeralStorageKmsKeyId": "key"}},
    "both": {
        "executeCommandConfiguration": {"logging": "NONE"},
        "managedStorageConfiguration": {"kmsKeyId": "key"},
    },
}


@pytest.mark.parametrize("configuration", BY_HAND.values(), ids=BY_HAND)
def test_a_configuration_by_hand_is_put_back_to_the_default(ecs, run_module, configuration):
    run(run_module)
    ecs.clusters.UpdateCluster({"cluster": NAME, "configuration": configuration})
    assert run(run_module)["clusters"][0]["reasons"]
    (request,) = [given for operation, given in ecs.wire.calls if operation == "UpdateCluster"]
    defaults = {"executeCommandConfiguration": {"logging": "DEFAULT"}, "managedStorageConfiguration": {}}
    assert request == {"cluster": NAME, "configuration": {name: defaults[name] for name in configuration}}
    assert run(run_module)["changed"] is False


def test_a_configuration_that_says_the_default_is_none(ecs, run_module):
    run(run_module)
    default = {"execute_command_configuration": {"logging": "DEFAULT"}}
    assert run(run_module, configuration=default)["changed"] is False
    key = {"managed_storage_configuration": {"kms_key_id": "key"}}
    run(run_module, configuration={**default, **key})
    assert run(run_module, configuration=key)["changed"] is False


def test_several_are_read_in_one_call_and_told_in_the_order_given(ecs, run_module):
    run(run_module, name="first")
    ecs.forget_calls()
    given = [{"name": "second", "container_insights": "enabled"}, {"name": "first", "capacity_providers": ["FARGATE"]}]
    done = run_module(module, clusters=given)
    assert [(each["name"], each["changed"]) for each in done["clusters"]] == [("second", True), ("first", True)]
    assert done["diff"]["prepared"].startswith("second: created\nfirst: capacity_providers ")
    assert ecs.wire.calls[0] == (
        "DescribeClusters",
        {"clusters": ["second", "first"], "include": ["CONFIGURATIONS", "SETTINGS", "TAGS"]},
    )
    gone = run_module(module, clusters=[{"name": each["name"]} for each in given], state="absent")
    assert {each["name"]: each["reasons"] for each in gone["clusters"]} == {"second": ["deleted"], "first": ["deleted"]}


def test_a_strategy_of_a_provider_that_is_not_there(ecs, run_module):
    result = run(
        run_module,
        capacity_providers=["FARGATE"],
        default_capacity_provider_strategy=[{"capacity_provider": "FARGATE_SPOT", "weight": 1}],
    )
    assert "names FARGATE_SPOT, which is not in capacity_providers" in result["msg"]
    assert ecs.call_count == 0


def test_absent_waits_for_tasks_that_are_stopping(ecs, run_module, no_pauses):
    run(run_module)
    refusals = ["The cluster cannot be deleted while tasks are active."] * 2

    def fault(operation, given):
        if operation == "DeleteCluster" and refusals:
            raise AwsError("ClusterContainsTasksException", refusals.pop())

    ecs.wire.fault = fault
    assert run(run_module, state="absent")["clusters"][0]["reasons"] == ["deleted"]
    assert ecs.clusters.stored[NAME]["status"] == "INACTIVE"
    assert run(run_module, state="absent") == {**run(run_module, state="absent"), "changed": False, "clusters": []}
    assert run(run_module)["clusters"][0]["reasons"] == ["created"]


def test_a_cluster_that_lost_all_its_tags_gets_them_back(ecs, run_module):
    run(run_module, tags={})
    assert run(run_module, tags={"team": "data"})["changed"] is True
    assert run(run_module, tags={"team": "data"})["changed"] is False
