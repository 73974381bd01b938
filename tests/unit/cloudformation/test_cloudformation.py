"""What a deploy with each vars file makes, judged by CloudFormation's schemas of all those kinds of resource."""

from __future__ import annotations

import copy
import json

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import contains_unknown
from cfnlint import api
from deployed import REGION, ROOT, resources
from template import KNOWN, template

VARS_FILES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "vars").glob("*.yml"))


def errors(document):
    found = api.lint(json.dumps(document), regions=[REGION])
    return [
        f"{each.rule.id} {'/'.join(map(str, each.path))}: {each.message}" for each in found if each.rule.id[0] == "E"
    ]


@pytest.mark.parametrize(("vars_file", "version"), [*((each, "17") for each in VARS_FILES), ("vars/prod.yml", "18")])
def test_cloudformation_finds_no_error_in_what_is_deployed(vars_file, version):
    document = template(resources(vars_file, rds_engine_version=version))
    assert not contains_unknown(document)
    assert errors(document) == []


@pytest.mark.parametrize("vars_file", VARS_FILES)
def test_every_kind_is_in_the_template_but_for_those_that_cloudformation_does_not_know(vars_file):
    assert {each.type for each in resources(vars_file)} <= KNOWN


@pytest.mark.parametrize(
    ("type_", "member", "value"),
    [
        ("AWS::ECS::TaskDefinition", "Cpu", "300"),
        ("AWS::RDS::DBInstance", "AllocatedStorage", "much"),
        ("AWS::EC2::VPC", "EnableDnsHostnam", True),
    ],
)
def test_it_would_find_one(type_, member, value):
    wrong = copy.deepcopy(template(resources("vars/dev.yml")))
    first = next(each for each in wrong["Resources"].values() if each["Type"] == type_)
    first["Properties"][member] = value
    assert any(f"/Properties/{member}" in each or f"'{member}'" in each for each in errors(wrong))
