"""What a look at an environment finds of ECS, and what it costs in calls."""

from __future__ import annotations

from types import SimpleNamespace

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.changing import operations
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reading import find
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reconcile import reconcile
from ansible_collections.farflow.airflow.plugins.module_utils.engine.tags import ENVIRONMENT, ROLE
from ansible_collections.farflow.airflow.plugins.module_utils.environment import readers
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs import project
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import Layer, as_result
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import look as look_at
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs import service as ecs_services
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs import task_definition as ecs_task_definitions
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.cluster import ECS_CLUSTER
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.cluster import documents as pure_clusters
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.service import documents as pure_services
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.task_definition import calls as api
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.task_definition import documents as definitions

TAGS = [{"key": ENVIRONMENT, "value": "prod"}, {"key": ROLE, "value": "dag_tasks"}]
OF_ANOTHER = [{"key": ENVIRONMENT, "value": "prod-too"}, {"key": ROLE, "value": "dag_tasks"}]
CLUSTER = {"name": "prod-airflow", "tags": {ENVIRONMENT: "prod"}}


@pytest.fixture
def clients(ecs):
    return Clients(boto3.Session().client)


def family(name, **changed):
    containers = [{"name": "web", "image": "x"}]
    return {"family": name, "cpu": 256, "memory": 512, "container_definitions": containers, "tags": TAGS, **changed}


def service(name, **changed):
    return {
        "service_name": name,
        "cluster": "prod-airflow",
        "task_definition": "prod-web:1",
        "desired_count": 1,
        "network_configuration": {"awsvpc_configuration": {"subnets": ["subnet-a"]}},
        "tags": TAGS,
        **changed,
    }


def converge(clients, *resources):
    of_type = {
        pure_clusters.TYPE: operations(ECS_CLUSTER, clients),
        pure_services.TYPE: ecs_services.operations(clients),
    }
    for resource in resources:
        reconcile([resource], [], of_type[resource.type], check_mode=False)


def register(clients, *specifications):
    wanted = definitions.all_desired(specifications)
    index = ecs_task_definitions.read(clients, [each.name for each in wanted])
    ecs_task_definitions.reconcile(clients, wanted, index, check_mode=False, keep=3)
    return wanted


def test_right_after_the_hands_ran_the_plan_is_empty(ecs, clients):
    wanted = register(clients, family("prod-web"), family("prod-a"))
    cluster = pure_clusters.desired(CLUSTER)
    services = [pure_services.desired(service("prod-web")), pure_services.desired(service("prod-b", autoscaled=True))]
    converge(clients, cluster, *services)
    assert plan([cluster], find(ECS_CLUSTER, clients, "prod")) == []
    found = {each.name: each for each in ecs_services.find(clients, "prod", ["prod-airflow"])}
    assert plan([pure_services.counted(each, found[each.name]) for each in services], found.values()) == []
    index = ecs_task_definitions.find(clients, "prod").tagged(ENVIRONMENT, "prod")
    assert definitions.plan_task_definitions(wanted, index, lambda arns: {}) == []


def test_another_environment_is_not_found(ecs, clients):
    tags = [{"key": ENVIRONMENT, "value": "prod-too"}]
    register(clients, family("prod-web"), family("prod-too-web", tags=tags))
    others = {"name": "prod-too-airflow", "tags": {ENVIRONMENT: "prod-too"}}
    converge(clients, pure_clusters.desired(CLUSTER), pure_clusters.desired(others))
    converge(clients, pure_services.desired(service("prod-web")))
    converge(clients, pure_services.desired(service("prod-too-web", cluster="prod-too-airflow", tags=tags)))
    assert [each.name for each in find(ECS_CLUSTER, clients, "prod")] == ["prod-airflow"]
    assert [each.name for each in ecs_services.find(clients, "prod", ["prod-airflow"])] == ["prod-web"]
    index = ecs_task_definitions.find(clients, "prod").tagged(ENVIRONMENT, "prod")
    assert list(index.arns) == ["prod-web"]


def test_a_look_at_two_hundred_families_costs_a_handful_of_calls(ecs, clients):
    register(clients, *(family(f"prod-{number}") for number in range(200)))
    ecs.forget_calls()
    assert len(ecs_task_definitions.find(clients, "prod").arns) == 200
    assert ecs.call_count == 4


def test_a_look_at_services_costs_three_calls(ecs, clients):
    register(clients, family("prod-web"))
    converge(clients, pure_clusters.desired(CLUSTER))
    converge(clients, *(pure_services.desired(service(f"prod-{number}")) for number in range(5)))
    ecs.forget_calls()
    assert len(ecs_services.find(clients, "prod", ["prod-airflow"])) == 5
    assert ecs.wire.operations() == ["ListServices", "DescribeServices", "DescribeServiceRevisions"]


def test_what_is_deleted_names_itself_to_the_module(ecs, clients):
    register(clients, family("prod-web"))
    converge(clients, pure_clusters.desired(CLUSTER))
    converge(clients, pure_services.desired(service("prod-web")))
    [found] = ecs_services.find(clients, "prod", ["prod-airflow"])
    assert found.arguments == {"service_name": "prod-web", "cluster": "prod-airflow"}
    assert find(ECS_CLUSTER, clients, "prod")[0].arguments == {"name": "prod-airflow"}
    [definition] = ecs_task_definitions.find(clients, "prod").resources()
    assert definition.arguments == {"family": "prod-web", "tags": TAGS[:1]}


def test_how_many_revisions_every_look_lists_is_known(ecs, clients):
    register(clients, family("prod-web"), *(family(f"somebody-{number}") for number in range(120)))
    found = readers.task_definitions(
        clients,
        {"farflow_environment": "prod", "dag_tasks": [], "worker_pools": {}, "airflow_service_executors": ["celery"]},
        Existing(),
    )
    account = Existing(found).get(definitions.REVISIONS_OF_ACCOUNT, definitions.REVISIONS_OF_ACCOUNT)
    assert account.attributes == {"count": 121}


def look(clients, environment="prod", *families):
    """The families that a look finds, and whose the newest revision is where it is another environment's."""
    tasks = [SimpleNamespace(family=family) for family in families]
    inputs = {
        "farflow_environment": environment,
        "dag_tasks": tasks,
        "airflow_images": {},
        "worker_pools": {},
        "airflow_service_executors": ["celery"],
    }
    found = readers.task_definitions(clients, inputs, Existing())
    return {each.name: each.attributes.get(definitions.OWNER) for each in found if each.type == definitions.TYPE}


def test_a_family_that_two_environments_would_have_is_told(ecs, clients):
    """``prod`` with a folder ``too-web``, and ``prod-too`` with ``web``; and a component's."""
    register(clients, family("prod-web"))
    register(clients, family("prod-too-web", tags=OF_ANOTHER), family("prod-too-b", tags=OF_ANOTHER))
    of_third = [{"key": ENVIRONMENT, "value": "prod-airflow"}, {"key": ROLE, "value": "dag_tasks"}]
    register(clients, family("prod-airflow-scheduler", tags=of_third))
    ecs.forget_calls()
    assert look(clients, "prod", "prod-web", "prod-too-web") == {
        "prod-web": None,
        "prod-too-web": "prod-too",
        "prod-too-b": None,
        "prod-airflow-scheduler": "prod-airflow",
    }
    assert ecs.wire.operations().count("DescribeTaskDefinition") == 2


def test_a_family_of_both_is_that_of_the_newest_revision(ecs, clients):
    register(clients, family("prod-too-web"))
    register(clients, family("prod-too-web", tags=OF_ANOTHER, memory=1024))
    assert look(clients, "prod", "prod-too-web") == {"prod-too-web": "prod-too"}
    assert look(clients, "prod-too", "prod-too-web") == {"prod-too-web": None}


@pytest.mark.parametrize(("memory", "reasons"), [(512, []), (1024, ["memory 512 -> 1024"])])
def test_what_the_list_does_not_show_yet_is_described_once(ecs, clients, monkeypatch, memory, reasons):
    monkeypatch.setattr(api, "list_tags", lambda *given: {})
    register(clients, family("prod-web"), family("prod-a"))
    tasks = [SimpleNamespace(family=name) for name in ("prod-web", "prod-a")]
    ecs.forget_calls()
    inputs = {
        "farflow_environment": "prod",
        "dag_tasks": tasks,
        "airflow_images": {},
        "worker_pools": {},
        "airflow_service_executors": ["celery"],
    }
    found = [each for each in readers.task_definitions(clients, inputs, Existing()) if each.type == definitions.TYPE]
    wanted = definitions.all_desired([family("prod-web", memory=memory), family("prod-a")])
    actions = readers.plan_task_definitions(clients, wanted, found)
    assert [(action.resource.name, list(action.reasons)) for action in actions] == [
        ("prod-web", reasons) for _unused in reasons
    ]
    assert ecs.wire.operations().count("DescribeTaskDefinition") == 2


def look_at_tasks(clients, inputs, wanted, kept=None):
    """What there is to do to the task definitions of a layer, as environment_plan tells it."""
    layer = Layer(
        "dag_tasks",
        lambda inputs, known: wanted,
        (readers.task_definitions,),
        planners={definitions.TYPE: readers.plan_task_definitions},
    )
    seen = look_at(
        clients, {"farflow_environment": "prod", **project.UNREAD, **inputs}, {layer.name: layer}, [layer.name], kept
    )
    return as_result(seen)["layers"]["dag_tasks"]


@pytest.fixture
def late_tags(monkeypatch):
    """The tagging API does not show anything yet."""
    monkeypatch.setattr(api, "list_tags", lambda *given: {})


def test_right_after_a_deploy_the_plan_is_empty_however_late_the_list_of_tags_is(ecs, clients, late_tags):
    wanted = register(clients, family("prod-web"), family("prod-a"))
    tasks = [SimpleNamespace(family=each.name) for each in wanted]
    assert look_at_tasks(clients, {"dag_tasks": tasks}, wanted)["actions"] == []
    changed = definitions.all_desired([family("prod-web", memory=1024), family("prod-a")])
    [action] = look_at_tasks(clients, {"dag_tasks": tasks}, changed)["actions"]
    assert (action["kind"], action["name"], action["reasons"]) == ("change", "prod-web", ["memory 512 -> 1024"])


def test_a_teardown_leaves_no_definition_however_late_the_list_of_tags_is(ecs, clients, late_tags):
    """It does not read the project's folder, so that it has no names of families."""
    register(clients, family("prod-web"), family("prod-too-web", tags=OF_ANOTHER), family("prod-b", tags=[]))
    gone = look_at_tasks(clients, {}, [], kept=lambda resource: False)["absent"]
    assert gone == {definitions.TYPE: [{"family": "prod-web", "tags": TAGS[:1]}]}


def test_a_family_with_one_of_our_tags_alone_is_nobodys(ecs, clients):
    """``x`` of somebody who tags what he has with our environment's name: it writes to no log group of ours."""
    register(clients, family("prod-x", tags=TAGS[:1]), family("prod-web"))
    for kept in (None, lambda resource: False):
        gone = {each["name"] for each in look_at_tasks(clients, {"dag_tasks": []}, [], kept)["actions"]}
        assert gone == {"prod-web"}


def test_whose_a_family_is_costs_no_call_while_it_is_our_own(ecs, clients):
    register(clients, family("prod-web"), family("prod-airflow-scheduler"))
    ecs.forget_calls()
    assert set(look(clients, "prod", "prod-web").values()) == {None}
    assert "DescribeTaskDefinition" not in ecs.wire.operations()


def logs_to(group):
    options = {"awslogs-group": group, "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "a"}
    logs = {"log_driver": "awslogs", "options": options}
    containers = [{"name": "web", "image": "x", "log_configuration": logs}]
    return {"container_definitions": containers, "execution_role_arn": "arn:aws:iam::123456789012:role/farflow"}


@pytest.mark.parametrize(
    ("name", "group"), [("prod-too-report", "/farflow/prod-too/tasks"), ("prod-theirs", "/theirs")]
)
def test_a_family_whose_log_group_is_none_of_ours_is_not_ours_whatever_its_tags_say(ecs, clients, name, group):
    """``report`` of ``prod-too``, and what is of no environment, with all tags of ``prod``."""
    register(clients, family(name, **logs_to(group)), family("prod-web"), family("prod-a-b"))
    assert look(clients, "prod", "prod-web") == {"prod-web": None, "prod-a-b": "prod"}
    for kept in (None, lambda resource: False):
        gone = {each["name"] for each in look_at_tasks(clients, {"dag_tasks": []}, [], kept)["actions"]}
        assert gone == {"prod-web", "prod-a-b"}


def test_only_families_that_would_go_are_described(ecs, clients):
    register(clients, family("prod-web"), family("prod-a-b"), family("prod-gone"), family("prod-c-d"))
    ecs.forget_calls()
    look(clients, "prod", "prod-web", "prod-a-b")
    assert ecs.wire.operations().count("DescribeTaskDefinition") == 2
