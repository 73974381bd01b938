"""Whatever is given: it ends in a list of sentences or in a plan, never in another error."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils import naming
from ansible_collections.farflow.airflow.plugins.module_utils.dags.folder import DagFolder
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import names
from ansible_collections.farflow.airflow.plugins.module_utils.environment.images import Image
from ansible_collections.farflow.airflow.plugins.module_utils.environment.layers import LAYERS
from ansible_collections.farflow.airflow.plugins.module_utils.project import task_yml
from ansible_collections.farflow.airflow.plugins.module_utils.project.task_folders import DagTask
from ansible_collections.farflow.airflow.plugins.module_utils.validation.value_checks import dotted
from gathered import OPTIONS, gather
from hypothesis import given, settings
from hypothesis import strategies as st

WORDS = [
    *("count", "cpu", "memory", "core", "database", "sql_alchemy_conn", "Effect", "Action", "Resource", "Condition"),
    *("Allow", "s3:GetObject", "*", "arn:aws:s3:::bucket/*", "eu-west-1", "eu-west-1a", "10.0.0.0/16", "10.0.0.0/24"),
    *("arn:aws:secretsmanager:eu-west-1:123456789012:secret:token", "https://example.org", "prod", "internal", "17"),
    *("arn:aws:iam::aws:policy/ReadOnlyAccess", "db.t4g.small", "true", "0", "a=b", "{", "name:tag", "snapshot"),
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 5)
    | st.sampled_from([256, 512, 1024, 2048, 30, 65536])
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(WORDS)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
GIVEN = st.dictionaries(st.sampled_from(sorted(OPTIONS)), VALUES, max_size=4)

#: As long as AWS takes them, and in what letters. Source: the guides of the services.
LIMITS = {
    names.cluster: 255,
    names.database: 63,
    names.queue: 80,
    names.load_balancer: 32,
    names.target_group: 32,
    names.task_repository: 256,
    names.airflow_repository: 256,
    names.plain_task_role: 64,
    lambda inputs: names.execution_role(inputs, "airflow"): 64,
    lambda inputs: names.component_role(inputs, "dag-processor"): 64,
    lambda inputs: names.component_family(inputs, "dag-processor"): 255,
    lambda inputs: names.log_bucket(inputs, "123456789012"): 63,
}
ENVIRONMENTS = st.from_regex(naming.ENVIRONMENT, fullmatch=True).filter(lambda name: "--" not in name)


def is_sentence(line):
    return isinstance(line, str) and line.isprintable()


def plan(inputs):
    """What a deploy into an empty account would have to make."""
    context = {"repository": "prod-tasks", "name": "hello", "context": "/tmp", "architecture": "X86_64"}
    image = Image("prod-tasks:hello-0123456789abcdef0123", context)
    task = DagTask(name="hello", path="/tmp", family="prod-hello", cpu=256, memory=512, architecture="X86_64")
    folder = DagFolder(Path("/tmp/airflow/dags"), (), {"example.py": "0"})
    everything = {
        **inputs,
        "dag_tasks": [task],
        "task_images": {"hello": image},
        "airflow_images": dict.fromkeys(task_yml.ARCHITECTURES, image),
        "dags": folder,
    }
    made = {name: layer.desired(everything, Existing()) for name, layer in LAYERS.items()}
    return made if inputs["airflow_service_dags"] == "bundle" else {**made, "dags": [None]}


@settings(max_examples=400, deadline=None)
@given(GIVEN)
def test_inputs_are_refused_in_sentences_or_planned(given):
    inputs, problems = gather(**given)
    assert [line for line in problems if not is_sentence(line)] == []
    if not problems:
        assert all(plan(inputs).values())


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_each_variable_alone_is_refused_by_its_name_or_planned(name):
    @settings(max_examples=15, deadline=None)
    @given(VALUES)
    def check(value):
        inputs, problems = gather(**{name: value})
        assert [line for line in problems if not is_sentence(line)] == []
        if problems:
            of = name.rpartition("_")[0]  # a CPU that does not go with the memory may be said of either
            assert any(of in line for line in problems), problems
        else:
            assert all(plan(inputs).values())

    check()


#: A number that is none, which equals nothing, is no key.
NAMES = SCALARS.filter(lambda key: not (isinstance(key, float) and math.isnan(key)))
DOCUMENTS = st.dictionaries(st.sampled_from(sorted(task_yml.KEYS)) | NAMES, VALUES)


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS)
def test_a_task_yml_is_refused_by_place_and_sentence_or_right(document):
    for place, text in task_yml.problems(document):
        assert place[0] in document
        assert is_sentence(f"{dotted(place)} {text}")


@settings(max_examples=200, deadline=None)
@given(ENVIRONMENTS, st.sampled_from(["eu-west-1", "ap-southeast-2", "us-gov-east-1"]))
def test_every_name_is_as_long_as_aws_takes(environment, region):
    inputs = {"farflow_environment": environment, "farflow_region": region}
    for name, limit in LIMITS.items():
        made = name(inputs)
        assert len(made) <= limit
        assert made[0] != "-" and made[-1] != "-" and "--" not in made


@given(ENVIRONMENTS, st.text("abcXYZ019_-", min_size=1, max_size=300))
def test_two_tasks_never_share_a_role_unless_they_share_letters(environment, task):
    """What is cut ends in a hash of the whole, so that a longer name is another one."""
    first, second = naming.task_role(environment, task), naming.task_role(environment, f"{task}x")
    assert first != second
    assert max(len(first), len(second)) <= naming.IAM_ROLE_LIMIT


def test_infinity_is_a_value_too():
    assert gather(worker_pool_count=math.inf)[1] == ["worker_pool_count: is a number inf, allowed: a whole number"]
