"""What RDS does not have: the plan refuses it by its variable, or AWS would, in the middle of a deploy."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import database_offers as rds_offers
from ansible_collections.farflow.airflow.plugins.module_utils.environment.refusals import refusals, warnings
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.engine_version import (
    documents as rds_engine_versions,
)
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.offer import family_parameters as rds_parameters
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.offer import instance_classes as rds_classes
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.parameter_group import (
    documents as rds_parameter_groups,
)
from databases import TODAY, database
from gathered import gather

FAMILY = "postgres17"
LIST = f"aws rds describe-engine-default-parameters --db-parameter-group-family {FAMILY} lists"
RULES = [
    {"ParameterName": "log_statement", "DataType": "string", "AllowedValues": "none,ddl,mod,all"},
    {"ParameterName": "rds.extensions", "DataType": "string", "IsModifiable": False},
    {"ParameterName": "work_mem", "DataType": "integer", "AllowedValues": "64-2147483647"},
    {"ParameterName": "zone", "DataType": "string", "AllowedValues": ",".join(f"Zone/{n}" for n in range(99))},
]
OF_FAMILY = rds_parameters.canonical(FAMILY, RULES)


def inputs_of(**given):
    inputs, problems = gather(**given)
    assert problems == []
    return {**inputs, "dag_tasks": [], "task_images": {}}


def group(**values):
    """The one that is there, as it is read by who asks for parameters of these names."""
    rules = [each for each in RULES if each["ParameterName"] in values]
    document = {
        "DBParameterGroupName": f"prod-database-{FAMILY}",
        "DBParameterGroupFamily": FAMILY,
        "DBParameterGroupArn": "arn",
        "parameters": [{**each, "ParameterValue": values[each["ParameterName"]]} for each in rules],
        "tags": {},
    }
    return rds_parameter_groups.canonical(document)


def refused(parameters, *found, layers=("rds",)):
    return refusals(inputs_of(rds_parameters=parameters), Existing(found), layers)


def asked(parameters, *found):
    return rds_offers.family_to_look_up(inputs_of(rds_parameters=parameters), Existing(found))


@pytest.mark.parametrize("found", [[OF_FAMILY], [OF_FAMILY, group(log_statement="ddl")]])
def test_a_parameter_that_there_is_not_is_refused_with_the_nearest(found):
    (line,) = refused({"work_memm": "64", "log_statement": "ddl"}, *found)
    assert line == (
        f"rds_parameters.work_memm: is no parameter of {FAMILY}, did you mean 'work_mem'?; allowed: those that {LIST}"
    )


@pytest.mark.parametrize("more", [[], [rds_parameters.denied(FAMILY, "no")]])
def test_what_the_group_does_not_have_is_refused_even_if_the_family_can_not_be_asked_for(more):
    (line,) = refused({"work_memm": "64"}, group(), *more)
    assert line == f"rds_parameters.work_memm: is no parameter of {FAMILY}; allowed: those that {LIST}"


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"work_mem": "64MB"}, "work_mem: is '64MB'; allowed in postgres17: 64-2147483647"),
        ({"work_mem": 1}, "work_mem: is '1'; allowed in postgres17: 64-2147483647"),
        (
            {"log_statement": "dll"},
            "log_statement: is 'dll', did you mean 'ddl'?; allowed in postgres17: none,ddl,mod,all",
        ),
        ({"rds.extensions": "x"}, "rds.extensions: is set by RDS alone in postgres17, allowed: to leave it out"),
    ],
)
@pytest.mark.parametrize("found", [OF_FAMILY, group(log_statement="ddl", work_mem="64", **{"rds.extensions": "y"})])
def test_a_value_that_rds_does_not_take_is_refused(parameters, told, found):
    assert refused(parameters, found) == [f"rds_parameters.{told}"]


def test_a_long_list_of_values_is_cut():
    (line,) = refused({"zone": "Zone/0x"}, OF_FAMILY)
    assert line.startswith("rds_parameters.zone: is 'Zone/0x', did you mean 'Zone/0'?; allowed in postgres17: Zone/0,")
    assert line.endswith("...") and len(line) < 250


def test_what_the_group_has_is_not_judged_again():
    assert refused({"work_mem": "1"}, group(work_mem="1")) == []


def test_what_nobody_could_ask_about_is_not_refused():
    assert refused({"work_memm": "64"}) == []
    assert refused({"work_memm": "64"}, rds_parameters.denied(FAMILY, "no")) == []
    assert refused({"work_memm": "64"}, OF_FAMILY, layers=["ecs_cluster"]) == []


def test_the_family_is_asked_for_only_where_the_group_does_not_tell_of_all():
    assert asked({}) is None
    assert asked({"rds.force_ssl": 1}) is None
    assert asked({"work_mem": "64"}) == FAMILY
    assert asked({"work_mem": "64"}, group(work_mem=None)) is None
    assert asked({"work_mem": "64", "other": "1"}, group(work_mem=None)) == FAMILY


def version(name, *targets):
    document = {"EngineVersion": name, "ValidUpgradeTarget": [{"EngineVersion": target} for target in targets]}
    return rds_engine_versions.canonical(document, TODAY)


def ordered(*found, **given):
    wanted = rds_offers.class_to_look_up(inputs_of(**given), Existing(found))
    return wanted and (wanted.name, wanted.version, wanted.example)


def test_the_class_of_a_new_database_is_asked_for_by_the_versions_that_there_are():
    there = [version("17.6"), version("17.10"), version("18.1")]
    assert ordered(*there) == ("db.t4g.small", "17", "17.10")
    assert ordered(*there, rds_engine_version="17.6") == ("db.t4g.small", "17.6", "17.6")
    assert ordered(*there, rds_engine_version="99") is None


def test_the_class_of_a_database_is_asked_for_when_it_shall_have_another():
    inputs = inputs_of()
    there = database(inputs)
    assert ordered(there) is None
    assert ordered(there, rds_engine_version="18") is None
    assert ordered(there, rds_instance_class="db.m7g.large") == ("db.m7g.large", "17.5", "17.5")
    upgraded = {"rds_instance_class": "db.m7g.large", "rds_engine_version": "18"}
    there = database(inputs_of(rds_engine_version="18"))
    assert ordered(there, version("17.5", "17.6", "18.1", "18.3"), **upgraded) == ("db.m7g.large", "18.3", "18.3")
    assert ordered(there, version("17.5", "17.6"), **upgraded) is None


def test_a_class_that_rds_does_not_have_is_refused_with_those_of_its_family():
    others = ["db.t4g.2xlarge", "db.t4g.large", "db.t4g.micro", "db.m7g.large", "db.t4g.xlarge", "db.t4g.small"]
    found = rds_classes.missing(rds_classes.Wanted("db.t4g.smal", "17", "17.9"), others)
    inputs = inputs_of(rds_instance_class="db.t4g.smal")
    assert refusals(inputs, Existing([found]), ["rds"]) == [
        "rds_instance_class: is 'db.t4g.smal', allowed: a class in which RDS has Postgres 17 in eu-west-1, such as "
        "db.t4g.micro, db.t4g.small, db.t4g.large, db.t4g.xlarge, db.t4g.2xlarge"
    ]
    assert refusals(inputs, Existing([found]), ["network"])[1:] == []


def test_of_no_such_family_those_are_told_that_are_written_like_it():
    assert rds_classes.nearest("db.t9g.small", ["db.t4g.small", "db.m7g.large"]) == ["db.t4g.small", "db.m7g.large"]


def test_what_could_not_be_looked_up_is_a_warning():
    wanted = rds_classes.Wanted("db.t4g.small", "17", "17.9")
    known = Existing([rds_parameters.denied(FAMILY, "no A"), rds_classes.denied(wanted, "no B")])
    inputs = inputs_of(rds_parameters={"work_mem": "64"})
    assert warnings(inputs, known, ["rds"]) == [
        "rds_parameters: whether they exist was not seen: no A",
        "rds_instance_class: whether it exists was not seen: no B",
    ]
    assert refusals(inputs, known, ["rds"]) == []
    assert warnings(inputs, Existing([OF_FAMILY]), ["rds"]) == []
