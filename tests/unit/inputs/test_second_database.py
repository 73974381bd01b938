"""A database beside the environment's own: RDS gives one that is restored the tags that its snapshot has."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import schema, teardown
from ansible_collections.farflow.airflow.plugins.module_utils.environment.database_readers import (
    parts as database_parts,
)
from ansible_collections.farflow.airflow.plugins.module_utils.environment.layers import LAYERS
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import Look, in_progress, look
from ansible_collections.farflow.airflow.plugins.module_utils.environment.reader import Reader
from databases import NAME, TAGS, beside, database
from gathered import gather


def inputs_of(**given):
    inputs, problems = gather(**given)
    assert problems == []
    return inputs


def parts(*databases):
    """What a look finds of them: each, and its schema."""
    return [part for each in databases for part in database_parts(each)]


def planned(name, resources, kept=None, inputs=None, **changes):
    """What a look plans in a layer that finds these."""
    layer = replace(LAYERS[name], readers=[Reader(lambda *_unused: resources, ())], needs=(), **changes)
    seen = look(None, inputs or inputs_of(), {name: layer}, [name], kept)
    return [(each.kind, each.resource.type, each.resource.name) for each in seen.actions[name]]


def test_a_deploy_deletes_no_database():
    inputs = inputs_of()
    found = parts(database(inputs, TagList=TAGS), beside(inputs))
    assert [each for each in planned("rds", found) if each[0] == "delete"] == []
    wanted = [schema.found(NAME, None, None)]
    assert planned("airflow_service", found, desired=lambda inputs, known: wanted) == []


def test_a_deploy_keeps_the_parameter_group_of_a_database_beside():
    """That of the former major version: AWS deletes none that is in use."""
    inputs, group = inputs_of(rds_engine_version="18"), {"tags": {"farflow:role": "rds"}}
    groups = [Resource("rds_parameter_group", f"{NAME}-postgres{major}", group) for major in (16, 17)]
    uses = {"DBParameterGroups": [{"DBParameterGroupName": f"{NAME}-postgres17"}]}
    found = parts(beside(inputs, **uses))
    deleted = [each for each in planned("rds", [*groups, *found], inputs=inputs) if each[0] == "delete"]
    assert deleted == [("delete", "rds_parameter_group", f"{NAME}-postgres16")]


def test_a_deploy_waits_for_its_own_database_alone():
    inputs = inputs_of()
    creating = {"DBInstanceStatus": "creating", "TagList": TAGS}
    found = parts(database(inputs, **creating), beside(inputs, **creating))
    (line,) = in_progress(Look(Existing(found), {}, owned={"rds": found}))
    assert line == f"rds_instance {NAME} is creating"


def test_a_teardown_leaves_neither():
    inputs = inputs_of()
    found = parts(database(inputs, TagList=TAGS), beside(inputs))
    assert planned("rds", found, teardown.kept(inputs)) == [
        ("delete", "rds_instance", "prod-restored"),
        ("delete", "rds_instance", NAME),
    ]
