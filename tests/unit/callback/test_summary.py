"""What is printed at the end, from what the looks of a run answered."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.farflow.airflow.plugins.callback import summary
from ansible_collections.farflow.airflow.plugins.callback.summary import CallbackModule

TO_DO = "To do at the last look. None was taken after the failure, so some of it may be done; a plan says what is left:"
RECORDED = Path(__file__).parent / "recorded"


def look(changed=False, **layers):
    """A look's result: by layer "kind type name" or "kind type name: reason; reason"."""
    return {
        "changed": changed,
        "layers": {name: {"actions": list(map(action, texts))} for name, texts in layers.items()},
    }


def action(text):
    head, _unused, reasons = text.partition(": ")
    kind, type_, name = head.split()
    return {
        "kind": kind,
        "type": type_,
        "name": name,
        "reasons": reasons.split("; ") if reasons else [],
        "blocked": False,
    }


class Screen:
    """Ansible's display, remembering."""

    verbosity = 0

    def __init__(self):
        self.lines = []
        self.colors = {}

    def display(self, text, color=None):
        self.lines.append(text)
        self.colors[text] = color

    def banner(self, text):
        self.lines.append(f"*** {text}")


class Playbook:
    """Tells the callback of plays, tasks and results, as Ansible does; a task takes a second."""

    def __init__(self):
        self.now = 1000.0
        self.failures = {}
        self.screen = Screen()
        self.callback = CallbackModule(display=self.screen)
        self.play()

    def play(self, name="Deploy"):
        self.callback.v2_playbook_on_play_start(SimpleNamespace(get_name=lambda: name))

    def task(self, result, action="farflow.airflow.environment_plan", role=None, failed=False, **task):
        """One task from its start to its result."""
        its_role = role and SimpleNamespace(get_name=lambda include_role_fqcn: role)
        settings = {"check_mode": False, "diff": False, "host": "localhost", "seconds": 1, **task}
        task = SimpleNamespace(
            action=action,
            _role=its_role,
            check_mode=settings["check_mode"],
            diff=settings["diff"],
            get_name=lambda: settings.get("name", "Do it"),
            args=settings.get("args", {}),
        )
        host = SimpleNamespace(get_name=lambda: settings["host"])
        self.callback.v2_playbook_on_task_start(task, False)
        self.now += settings["seconds"]
        tell = self.callback.v2_runner_on_failed if failed else self.callback.v2_runner_on_ok
        if failed:
            self.failures[settings["host"]] = 1
        tell(SimpleNamespace(task=task, host=host, result=result))

    def plan(self, **layers):
        """A look in check mode, which is changed when there is something to do."""
        self.task(look(changed=any(layers.values()), **layers), check_mode=True)

    def end(self):
        """What is on the screen at the end."""
        self.callback.v2_playbook_on_stats(SimpleNamespace(failures=self.failures))
        return self.screen.lines


@pytest.fixture
def playbook(monkeypatch):
    playbook = None
    monkeypatch.setattr(summary, "time", SimpleNamespace(monotonic=lambda: playbook.now if playbook else 1000.0))
    playbook = Playbook()
    return playbook


def test_a_playbook_without_a_look_is_left_alone(playbook):
    playbook.task({"changed": True, "layers": {"network": {}}}, action="ansible.builtin.debug")
    playbook.task({"changed": True}, role="network", action="amazon.aws.ec2_vpc_net")
    assert playbook.end() == []


def test_a_plan_counts_and_names_every_resource_with_its_reasons(playbook):
    playbook.plan(
        network=["create vpc prod", "create subnet prod-a"],
        rds=[],
        dag_tasks=["change ecs_task_definition prod-multi_task: memory 1024 -> 2048; cpu 256 -> 512"],
        airflow_service=["create sqs_queue prod-celery", "delete iam_role prod-old"],
    )
    assert playbook.end() == [
        "*** PLAN",
        "in all           to create 3, to change 1, to delete 1",
        "network          to create 2",
        "dag_tasks        to change 1",
        "airflow_service  to create 1, to delete 1",
        "+ network: vpc prod",
        "+ network: subnet prod-a",
        "~ dag_tasks: ecs_task_definition prod-multi_task: memory 1024 -> 2048; cpu 256 -> 512",
        "+ airflow_service: sqs_queue prod-celery",
        "- airflow_service: iam_role prod-old",
    ]


def test_colors_are_those_of_ansible_diffs(playbook):
    playbook.plan(network=["create vpc prod", "change subnet prod-a: tags", "delete route_table prod-old"])
    playbook.end()
    colors = playbook.screen.colors
    assert colors["+ network: vpc prod"] == "green"
    assert colors["~ network: subnet prod-a: tags"] == "yellow"
    assert colors["- network: route_table prod-old"] == "red"
    assert colors["network  to create 1, to change 1, to delete 1"] is None


def test_a_plan_of_nothing_is_one_line(playbook):
    playbook.plan(network=[], rds=[])
    assert playbook.end() == ["PLAN: nothing to create, to change or to delete"]


def test_a_plan_that_stands_in_a_diff_is_only_counted(playbook):
    playbook.task(look(changed=True, network=["create vpc prod"]), check_mode=True, diff=True)
    assert playbook.end() == [
        "*** PLAN",
        "in all   to create 1, to change 0, to delete 0",
        "network  to create 1",
    ]


def test_a_plan_whose_diff_ansible_did_not_show_is_told(playbook):
    """As with ``changed_when: false``."""
    playbook.task(look(changed=False, network=["create vpc prod"]), check_mode=True, diff=True)
    assert playbook.end()[-1] == "+ network: vpc prod"


def test_a_run_that_ends_with_a_plan_was_a_run(playbook):
    playbook.task(look(network=["create vpc prod"]))
    playbook.plan(network=[])
    assert playbook.end()[-1] == "+ network: vpc prod"


def test_what_a_run_did_is_told_although_it_was_asked_for_diffs(playbook):
    playbook.task(look(network=["create vpc prod"]), diff=True)
    playbook.task(look(network=[]), diff=True)
    assert playbook.end()[-1] == "+ network: vpc prod"


def test_a_run_tells_what_it_did_and_how_long_each_role_took(playbook):
    playbook.task(
        look(network=["create vpc prod", "create subnet prod-a"], rds=["change rds_instance prod: size 1 -> 2"])
    )
    playbook.task({"changed": True}, action="amazon.aws.ec2_vpc_net", role="network", seconds=5)
    playbook.task(look(network=["create subnet prod-a"]), role="network")
    playbook.task({"changed": True}, action="amazon.aws.ec2_vpc_subnet", role="network", seconds=90)
    playbook.task(look(network=[]), role="network")
    playbook.task({"changed": True}, action="farflow.airflow.rds_instances", role="rds", seconds=7.25)
    playbook.task(look(rds=[]), role="rds")
    playbook.task(look(network=[], rds=[]), seconds=2)
    assert playbook.end() == [
        "*** SUMMARY",
        "in all   created 2, changed 1, deleted 0    1 min 48 s",
        "network  created 2                          1 min 37 s",
        "rds      changed 1                               8.2 s",
        "+ network: vpc prod",
        "+ network: subnet prod-a",
        "~ rds: rds_instance prod: size 1 -> 2",
    ]


def test_a_role_that_is_left_and_come_back_to_has_the_time_of_both(playbook):
    playbook.task(look(rds=["create rds_instance prod"], network=["create vpc prod"]), seconds=0)
    for role, seconds in [("rds", 2), ("network", 30), ("rds", 3)]:
        playbook.task({}, action="ansible.builtin.debug", role=role, seconds=seconds)
    playbook.task(look(rds=[], network=[]), seconds=0)
    lines = playbook.end()
    assert lines[1].endswith("  35.0 s")
    assert lines[2].endswith("   5.0 s")
    assert lines[3].endswith("  30.0 s")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 0 s"), (60, "1 min 0 s"), (3601, "60 min 1 s")],
)
def test_times_are_seconds_and_then_minutes(playbook, seconds, text):
    playbook.task(look(network=[]), seconds=seconds)
    assert playbook.end()[0].endswith(f", {text}")


def test_a_role_alone_without_anything_to_do_is_one_line(playbook):
    playbook.task(look(network=[]), role="network")
    assert playbook.end() == ["SUMMARY: nothing to create, to change or to delete, 1.0 s"]


def test_a_run_without_anything_to_do_is_one_line(playbook):
    playbook.task(look(network=[], rds=[]), seconds=1.4)
    assert playbook.end() == ["SUMMARY: nothing to create, to change or to delete, 1.4 s"]


def test_a_failed_run_tells_why_then_what_was_done_and_what_was_to_do(playbook):
    """Not what is left: the task that failed, and those before it, may have done some of that."""
    playbook.task(look(network=["create vpc prod", "create subnet prod-a"], rds=["create rds_instance prod"]))
    playbook.task(look(network=["create subnet prod-a"]), role="network")
    said = {"msg": "could not create subnet prod-a\nadvice: no"}
    playbook.task(said, action="amazon.aws.ec2_vpc_subnet", role="network", failed=True, name="network : Subnets")
    assert playbook.end() == [
        "*** FAILED [localhost: network : Subnets]",
        "could not create subnet prod-a",
        "advice: no",
        "*** SUMMARY",
        "in all   created 1, changed 0, deleted 0         3.0 s",
        "network  created 1                               2.0 s",
        "+ network: vpc prod",
        TO_DO,
        "in all   to create 2, to change 0, to delete 0",
        "network  to create 1",
        "rds      to create 1",
        "+ network: subnet prod-a",
        "+ rds: rds_instance prod",
    ]


def test_what_was_tried_but_not_looked_at_is_not_said_to_be_done_nor_that_nothing_was(playbook):
    playbook.task(look(network=["create vpc prod"], rds=["create rds_instance prod"]))
    playbook.task({"msg": "no"}, action="amazon.aws.ec2_vpc_net", role="network", failed=True)
    assert playbook.end()[3:6] == [
        "in all   created 0, changed 0, deleted 0         2.0 s",
        "network  not looked at since                     1.0 s",
        TO_DO,
    ]


def test_a_role_that_had_nothing_to_do_did_nothing_also_where_a_later_one_fails(playbook):
    playbook.task(look(network=[], rds=["create rds_instance prod"]))
    playbook.task(look(network=[]), role="network")
    playbook.task({"msg": "no"}, action="farflow.airflow.rds_instances", role="rds", failed=True)
    assert playbook.end()[3:7] == [
        "in all   created 0, changed 0, deleted 0         3.0 s",
        "network  nothing                                 1.0 s",
        "rds      not looked at since                     1.0 s",
        TO_DO,
    ]


def test_a_look_after_the_failure_tells_of_its_own_layers_alone(playbook):
    playbook.task(look(network=["create vpc prod"], rds=["create rds_instance prod"]))
    for action, role in [("amazon.aws.ec2_vpc_net", "network"), ("farflow.airflow.rds_instances", "rds")]:
        playbook.task({"msg": "no"}, action=action, role=role, failed=True)
    playbook.task(look(network=["create vpc prod"]), role="network")
    lines = playbook.end()
    assert lines[4:7] == [
        "network  nothing                                 2.0 s",
        "rds      not looked at since                     1.0 s",
        TO_DO,
    ]


def test_a_failure_after_a_look_that_saw_nothing_to_do_is_no_proof_of_that(playbook):
    playbook.task(look(network=[], rds=[]))
    playbook.task({"msg": "no"}, action="farflow.airflow.ecs_rollouts", failed=True)
    assert playbook.end()[-1] == (
        "SUMMARY: nothing to create, to change or to delete at the last look; none was taken after the failure, 2.0 s"
    )


def test_a_look_that_failed_before_it_saw_anything_says_why_alone(playbook):
    playbook.task({"msg": "the inputs are not right, nothing was done:\n- one\n- two"}, failed=True)
    assert playbook.end() == [
        "*** FAILED [localhost: Do it]",
        "the inputs are not right, nothing was done:",
        "- one",
        "- two",
    ]


def test_a_look_that_failed_counts_for_what_it_saw(playbook):
    """What it saw is left, as nothing was done after it."""
    playbook.task(look(network=["create vpc prod", "create subnet prod-a"]))
    playbook.task({**look(network=["create subnet prod-a"]), "msg": "did not converge"}, failed=True)
    lines = playbook.end()
    assert "+ network: vpc prod" in lines[:6]
    assert "Left at the last look:" in lines


BUNDLES = {"action": "farflow.airflow.dag_bundles"}


def test_dags_that_were_put_are_done_without_another_look(playbook):
    """The playbook dags takes none: it is to be quick, and the module has said what it did."""
    playbook.task(look(dags=["change dag_bundle dags-folder: version 1 -> 2"]))
    playbook.task({"changed": True}, **BUNDLES, args={"state": "uploaded"})
    playbook.task({"changed": True}, **BUNDLES)
    assert playbook.end() == [
        "*** SUMMARY",
        "in all  created 0, changed 1, deleted 0         3.0 s",
        "dags    changed 1                               0.0 s",
        "~ dags: dag_bundle dags-folder: version 1 -> 2",
    ]


@pytest.mark.parametrize(
    "task", [{"args": {"state": "uploaded"}}, {"args": {"state": "pruned"}}, {"check_mode": True}, {"failed": True}]
)
def test_dags_that_were_not_put_are_left(playbook, task):
    playbook.task(look(dags=["change dag_bundle dags-folder: version 1 -> 2"]))
    playbook.task({"changed": True, "msg": "no"}, **BUNDLES, **task)
    assert playbook.end()[-2:] == ["dags    to change 1", "~ dags: dag_bundle dags-folder: version 1 -> 2"]


def test_of_several_failures_the_first_is_the_cause(playbook):
    playbook.task(look(network=["create vpc prod"]))
    playbook.task({"msg": "the cause"}, action="amazon.aws.ec2_vpc_net", failed=True)
    playbook.task({"msg": "could not give the lock back"}, action="farflow.airflow.environment_lock", failed=True)
    assert playbook.end()[:3] == ["*** FAILED [localhost: Do it]", "the cause", "*** SUMMARY"]


def test_of_a_loop_the_first_item_that_failed_is_the_cause(playbook):
    items = [{"msg": "fine"}, {"failed": True, "msg": "the cause"}, {"failed": True, "msg": "another"}]
    playbook.task(look(network=[]))
    playbook.task({"msg": "One or more items failed", "results": items}, action="x", failed=True)
    assert playbook.end()[1] == "the cause"


def test_what_was_rescued_is_no_failure(playbook):
    playbook.task(look(network=[]))
    playbook.task({"msg": "no"}, action="x", failed=True)
    playbook.failures.clear()
    assert "FAILED" not in "".join(playbook.end())


def test_a_hidden_failure_stays_hidden(playbook):
    playbook.task(look(network=[]))
    playbook.task({"censored": "the output has been hidden"}, action="x", failed=True)
    assert playbook.end()[1] == "its output has been hidden"


def test_a_failure_in_a_play_without_a_look_is_none_of_its_business(playbook):
    playbook.task({"msg": "no"}, action="x", failed=True)
    assert playbook.end() == []


def test_what_only_a_later_look_could_know_is_told_when_done(playbook):
    playbook.task(look(dag_tasks=["create image prod-tasks:a-2"]))
    playbook.task(look(dag_tasks=["delete image prod-tasks:a-1"]))
    playbook.task(look(dag_tasks=[]))
    assert playbook.end()[-2:] == ["+ dag_tasks: image prod-tasks:a-2", "- dag_tasks: image prod-tasks:a-1"]


def test_what_was_created_in_steps_was_not_changed_too(playbook):
    playbook.task(look(rds=["create rds_instance prod"]))
    playbook.task(look(rds=["change rds_instance prod: backup_retention 0 -> 30"]))
    playbook.task(look(rds=[]))
    assert playbook.end()[1:] == [
        "in all  created 1, changed 0, deleted 0         3.0 s",
        "rds     created 1                               0.0 s",
        "+ rds: rds_instance prod",
    ]


def test_what_was_created_but_not_brought_to_its_end_is_both_done_and_left(playbook):
    playbook.task(look(rds=["create rds_instance prod"]))
    playbook.task(look(rds=["change rds_instance prod: backup_retention 0 -> 30"]))
    lines = playbook.end()
    assert "+ rds: rds_instance prod" in lines
    assert lines[-1] == "~ rds: rds_instance prod: backup_retention 0 -> 30"


def test_a_change_in_steps_has_the_reasons_of_all_and_the_values_that_became_known(playbook):
    before = "change ecs_service prod-web: count 1 -> 2; task_definition web:1 -> (known after apply)"
    playbook.task(look(airflow_service=[before]))
    playbook.task(look(airflow_service=["change ecs_service prod-web: task_definition web:1 -> web:2"]))
    playbook.task(look(airflow_service=[]))
    assert playbook.end()[-1] == (
        "~ airflow_service: ecs_service prod-web: count 1 -> 2; task_definition web:1 -> web:2"
    )


def test_two_resources_with_one_name_are_two(playbook):
    playbook.task(look(network=["delete vpc prod", "delete vpc prod"]))
    playbook.task(look(network=["delete vpc prod"]))
    lines = playbook.end()
    assert lines[2].split("  ")[:2] == ["network", "deleted 1"]
    assert lines[-1] == "- network: vpc prod"


def test_looks_in_a_loop_are_looks(playbook):
    items = [look(network=["create vpc prod"]), look(rds=["create rds_instance prod"]), {"skipped": True}]
    playbook.task({"results": items, "changed": False}, check_mode=True)
    assert playbook.end()[1] == "in all   to create 2, to change 0, to delete 0"


def test_hidden_results_are_left_alone(playbook):
    playbook.task({"censored": "the output has been hidden", "changed": False})
    assert playbook.end() == []


def test_a_plan_and_a_run_in_two_plays_are_told_apart(playbook):
    playbook.plan(network=["create vpc prod"])
    playbook.play("Go")
    playbook.task(look(network=["create vpc prod"]))
    playbook.task(look(network=[]))
    playbook.play("Something else")
    playbook.task({}, action="ansible.builtin.debug", seconds=100)
    assert playbook.end() == [
        "*** PLAN [Deploy: localhost]",
        "in all   to create 1, to change 0, to delete 0",
        "network  to create 1",
        "+ network: vpc prod",
        "*** SUMMARY [Go: localhost]",
        "in all   created 1, changed 0, deleted 0         2.0 s",
        "network  created 1                               0.0 s",
        "+ network: vpc prod",
    ]


def test_two_hosts_are_two_environments(playbook):
    playbook.task(look(network=["create vpc dev"]), host="dev")
    playbook.task(look(network=[]), host="prod")
    lines = playbook.end()
    assert "*** SUMMARY [Deploy: dev]" in lines
    assert "Left at the last look:" in lines
    assert lines[-1] == "SUMMARY [Deploy: prod]: nothing to create, to change or to delete, 2.0 s"


def test_the_next_playbook_begins_anew(playbook):
    playbook.plan(network=["create vpc prod"])
    playbook.end()
    playbook.screen.lines.clear()
    playbook.play()
    assert playbook.end() == []


def test_a_recorded_deploy(playbook):
    """Of three settings: the service was changed twice, because its task definition had to be registered first."""
    for line in (RECORDED / "changed_settings.jsonl").read_text().splitlines():
        recorded = json.loads(line)
        playbook.task(recorded["result"], role=recorded["role"])
    assert playbook.end() == [
        "*** SUMMARY",
        "in all           created 0, changed 6, deleted 0        10.0 s",
        "ecs_cluster      changed 1                               2.0 s",
        "airflow_service  changed 5                               6.0 s",
        "~ ecs_cluster: ecs_cluster local: settings containerInsights disabled -> enabled",
        "~ airflow_service: log_group /farflow/local/airflow: retention_in_days 30 -> 60",
        "~ airflow_service: s3_bucket local-airflow-logs-123456789012-us-east-1:"
        " lifecycle_rules expire-task-logs expiration_days 30 -> 60",
        "~ airflow_service: ecs_task_definition local-airflow-scheduler: memory 1024 -> 2048",
        "~ airflow_service: ecs_task_definition local-airflow-command: memory 1024 -> 2048",
        "~ airflow_service: ecs_service local-scheduler: desired_count 1 -> 2;"
        " task_definition local-airflow-scheduler:3 -> local-airflow-scheduler:4",
    ]
