"""The policies of a deployer: every action that is called, on the environment's own alone, as IAM takes them."""

from __future__ import annotations

import importlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import parliament
import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.environment import deployer
from ansible_collections.farflow.airflow.plugins.module_utils.environment.arns import Account
from ansible_collections.farflow.airflow.plugins.module_utils.environment.deployer.rights import (
    DEPLOY,
    DOORS,
    PLAN,
    SCOPES,
    spelled,
)
from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs as given

from tests.embedded_aws.authorization.evaluation import ALLOWED, Request, decide

ROOT = Path(__file__).parents[3]
REGION, ACCOUNT = "eu-west-1", "111122223333"
WHERE = Account("aws", REGION, ACCOUNT)
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
#: What variables can name.
NAMED = {
    "rds_kms_key_id": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111",
    "farflow_secret_kms_key_arns": [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/22222222-2222-2222-2222-222222222222"],
    "farflow_permissions_boundary_arn": BOUNDARY,
    "airflow_service_managed_policy_arns": [f"arn:aws:iam::{ACCOUNT}:policy/reports"],
    "airflow_service_certificate_arn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/33333333",
    "rds_snapshot_identifier": "before",
    "farflow_image_builder": "codebuild",
}
LONGEST = "e" * 32

#: Playbooks that call nothing of AWS, or only ask who is asking.
NO_DOORS = {"awx", "deployer_policy", "dags_test", "first_deploy_report", "init"}


def policies(doors: Any = DOORS, environment: str = "dev", **variables: Any) -> list[dict[str, Any]]:
    return deployer.documents(inputs(environment, **variables), WHERE, doors)


def inputs(environment: str, **variables: Any) -> dict[str, Any]:
    def load(path: str) -> Any:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))

    templates = {"network_ingress_cidrs": [], "airflow_service_load_balancer_port": 80}
    wanted = {
        **given.defaults(load),
        **templates,
        "farflow_environment": environment,
        "farflow_region": REGION,
        **variables,
    }
    gathered, problems = given.gather(given.declared(load), wanted, lambda value: value)
    assert problems == []
    return gathered


def statements(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [statement for document in documents for statement in document["Statement"]]


def actions(documents: list[dict[str, Any]]) -> set[str]:
    return {action for statement in statements(documents) for action in statement["Action"]}


@cache
def needed() -> frozenset[str]:
    """What scripts/permissions.py finds in the code, but for what nobody needs a right for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        found = importlib.import_module("permissions").needed()
    every = {f"{service}:{action}" for service, some in found.items() for action in some}
    return frozenset(every - {"sts:GetCallerIdentity"})


@cache
def known(action: str) -> dict[str, Any]:
    """What the service authorization reference says of an action."""
    prefix, name = action.split(":")
    # Load balancers are there twice, the classic ones first.
    services = [each for each in parliament.iam_definition if each["prefix"] == prefix]
    found: dict[str, Any] = next(each for each in services[-1]["privileges"] if each["privilege"] == name)
    return found


def test_every_action_that_is_called_is_in_the_table_and_no_other():
    table = {action for scope in SCOPES for _doors, text in scope.actions for action in spelled(text)}
    assert table == needed()


def test_every_playbook_that_calls_aws_is_a_door():
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml")}
    assert set(DOORS) == playbooks - NO_DOORS


def test_an_action_is_in_a_scope_once_and_by_doors_that_there_are():
    for scope in SCOPES:
        given = [action for _doors, text in scope.actions for action in spelled(text)]
        assert sorted(given) == sorted(set(given)), scope.sid
        assert all(doors <= set(DOORS) for doors, _text in scope.actions)


def test_names_of_statements_are_there_once():
    sids = [scope.sid for scope in SCOPES]
    assert sorted(sids) == sorted(set(sids))


@pytest.mark.parametrize("environment", ["dev", LONGEST])
@pytest.mark.parametrize("variables", [{}, NAMED], ids=["defaults", "all that can be named"])
@pytest.mark.parametrize("doors", [DOORS, *([door] for door in DOORS)], ids="-".join)
def test_iam_takes_each(doors, variables, environment):
    documents = policies(doors, environment, **variables)
    assert 0 < len(documents) <= 10  # which a role takes
    assert [len(json.dumps(each, separators=(",", ":"))) for each in documents if deployer.size(each) > 6144] == []
    assert all(json.loads(deployer.text(each)) == each for each in documents)


def test_they_are_as_few_as_their_size_lets_them_be():
    documents = policies(environment=LONGEST, **NAMED)
    assert len(documents) <= sum(map(deployer.size, documents)) // 6144 + 2


def test_what_only_plans_reads_and_reads_no_secret():
    planned = actions(policies([PLAN], **NAMED))
    assert {known(action)["access_level"] for action in planned} <= {"List", "Read"}
    assert "secretsmanager:GetSecretValue" not in planned


#: Actions that AWS decides on resources of which none can be named.
ON_EVERYTHING = {
    # Its resources are container instances, which Fargate has not; the condition keeps it to the cluster.
    "ecs:ListTasks",
}


def test_everything_is_named_only_where_aws_knows_no_resource():
    broad = {action for each in statements(policies(**NAMED)) if each["Resource"] == ["*"] for action in each["Action"]}
    narrower = {
        action
        for action in broad
        if any(each["resource_type"].endswith("*") for each in known(action)["resource_types"])
    }
    assert narrower == ON_EVERYTHING


def test_what_is_wider_than_the_environment_says_why():
    """Its name, or its tag, or what the variables name; or a reason."""
    for scope in SCOPES:
        own = inputs("dev", **NAMED)
        arns, condition = scope.arns(own, WHERE), json.dumps(scope.condition(own, WHERE))
        bucket = all(arn.startswith("arn:aws:s3:::dev-") for arn in arns)
        named = all("dev" in arn or arn in str(NAMED) or arn.endswith(":before") for arn in arns)
        default = scope.sid in ("RestoreWithOptions", "ServiceLinkedRoles")  # AWS's own
        assert bucket or named or default or scope.why or "dev" in condition, scope.sid


def test_conditions_and_resources_are_those_that_aws_knows():
    """parliament finds a mistake in an action, its resources and its conditions. Where one statement lets an action do
    something on some resources, and another one on others, it wants all in one.
    """
    documents = policies(environment="dev", **NAMED)
    assert {str(each) for each in findings(documents) if not is_expected(each, documents)} == set()


def findings(documents):
    for document in documents:
        found = parliament.analyze_policy_string(json.dumps(document)).findings
        yield from (each for each in map(parliament.enhance_finding, found) if each.severity != "LOW")


def is_expected(finding, documents):
    if finding.issue == "RESOURCE_POLICY_PRIVILEGE_ESCALATION":
        return "s3:PutBucketPolicy" in finding.detail  # a deploy writes the buckets' policies
    if finding.issue != "RESOURCE_MISMATCH":
        return False
    return all(is_covered(each["action"], each["required_format"], documents) for each in finding.detail)


def is_covered(action, required, documents):
    """Whether some statement has a resource of that form. Ours are network load balancers."""
    network = required.replace("listener/app/", "listener/net/")
    resources = [arn for each in statements(documents) if action in each["Action"] for arn in each["Resource"]]
    return any(parliament.is_arn_match(action.split(":")[0], network, arn) for arn in resources)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ecs:UpdateService", "ecs:{}:service/{}/{}-worker"),
        ("ecs:DeleteCluster", "ecs:{}:cluster/{}"),
        ("sqs:DeleteQueue", "sqs:{}:{}-celery"),
        ("sqs:DeleteQueue", "sqs:{}:{}-celery-heavy"),
        ("rds:DeleteDBInstance", "rds:{}:db:{}-database"),
        ("ecr:PutImage", "ecr:{}:repository/{}-tasks"),
        ("logs:DeleteLogGroup", "logs:{}:log-group:/farflow/{}/tasks"),
        ("secretsmanager:GetSecretValue", "secretsmanager:{}:secret:farflow/{}/fernet-key-a1b2c3"),
        ("ssm:PutParameter", "ssm:{}:parameter/farflow/{}/lock"),
        ("cloudwatch:DeleteAlarms", "cloudwatch:{}:alarm:{}-wanted-worker"),
        ("elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:{}:loadbalancer/net/{}-airflow/0a"),
        ("codebuild:DeleteProject", "codebuild:{}:project/{}-image-builder"),
    ],
)
@pytest.mark.parametrize("other", ["prod", "dev-2"])
def test_another_environments_is_not_allowed(action, resource, other):
    def arn(environment):
        service, rest = resource.split(":", 1)
        return f"arn:aws:{service}:{rest.format(f'{REGION}:{ACCOUNT}', environment, environment)}"

    documents = policies()
    assert decide(documents, Request(action, arn("dev"))) == ALLOWED
    assert decide(documents, Request(action, arn(other))) != ALLOWED


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ec2:DeleteVpc", "ec2:{}:vpc/vpc-1"),
        ("ec2:DeleteTags", "ec2:{}:subnet/subnet-1"),
        ("elasticfilesystem:DeleteFileSystem", "elasticfilesystem:{}:file-system/fs-1"),
        ("servicediscovery:DeleteNamespace", "servicediscovery:{}:namespace/ns-1"),
        ("application-autoscaling:PutScalingPolicy", "application-autoscaling:{}:scalable-target/1"),
    ],
)
def test_what_has_ids_is_known_by_its_tag(action, resource):
    arn = f"arn:aws:{resource.format(f'{REGION}:{ACCOUNT}')}"
    outcomes = {
        owner: decide(policies(), Request(action, arn, {"aws:ResourceTag/farflow:environment": owner} if owner else {}))
        for owner in ("dev", "prod", "")
    }
    assert [owner for owner, outcome in outcomes.items() if outcome == ALLOWED] == ["dev"]


def test_nothing_that_is_there_is_made_the_environments_by_a_tag():
    arn, tags = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-1", {"aws:RequestTag/farflow:environment": "dev"}
    made = {**tags, "ec2:CreateAction": "CreateVpc"}
    assert decide(policies(), Request("ec2:CreateTags", arn, made)) == ALLOWED
    assert decide(policies(), Request("ec2:CreateTags", arn, tags)) != ALLOWED
    assert decide(policies(), Request("ec2:CreateVpc", arn, tags)) == ALLOWED
    assert decide(policies(), Request("ec2:CreateVpc", arn)) != ALLOWED


def test_roles_are_made_with_the_boundary_alone_where_there_is_one():
    role = f"arn:aws:iam::{ACCOUNT}:role/farflow/dev/dev-task"
    with_it = {"iam:PermissionsBoundary": BOUNDARY}
    bounded = policies(farflow_permissions_boundary_arn=BOUNDARY)
    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary"):
        assert decide(bounded, Request(action, role, with_it)) == ALLOWED
        assert decide(bounded, Request(action, role)) != ALLOWED
        assert decide(policies(), Request(action, role)) == ALLOWED
    assert decide(bounded, Request("iam:DeleteRolePermissionsBoundary", role, with_it)) != ALLOWED
    elsewhere = role.replace("/farflow/dev/", "/")
    assert decide(policies(), Request("iam:PutRolePolicy", elsewhere)) != ALLOWED


@pytest.mark.parametrize(("builder", "services"), [("docker", 1), ("codebuild", 2)])
def test_roles_are_passed_to_what_takes_them(builder, services):
    role = f"arn:aws:iam::{ACCOUNT}:role/farflow/dev/dev-task"
    takers = ("ecs-tasks.amazonaws.com", "codebuild.amazonaws.com", "ec2.amazonaws.com")
    documents = policies(farflow_image_builder=builder)
    outcomes = [decide(documents, Request("iam:PassRole", role, {"iam:PassedToService": each})) for each in takers]
    assert [outcome == ALLOWED for outcome in outcomes] == [index < services for index in range(len(takers))]


def test_a_task_is_run_in_the_environments_cluster_alone():
    definition = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/dev-airflow-command:1"
    outcomes = {
        cluster: decide(
            policies(),
            Request("ecs:RunTask", definition, {"ecs:cluster": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{cluster}"}),
        )
        for cluster in ("dev", "prod")
    }
    assert [cluster for cluster, outcome in outcomes.items() if outcome == ALLOWED] == ["dev"]


def test_what_variables_name_is_allowed_where_they_do():
    assert set(NAMED["farflow_secret_kms_key_arns"]) <= named_resources("kms:DescribeKey", **NAMED)
    assert named_resources("kms:CreateGrant", **NAMED) == {NAMED["rds_kms_key_id"]}
    assert named_resources("acm:DescribeCertificate", **NAMED) == {NAMED["airflow_service_certificate_arn"]}
    assert {"kms:DescribeKey", "acm:DescribeCertificate", "iam:GetPolicy"}.isdisjoint(actions(policies()))
    images = {
        "dag_tasks_images": {"own": "reports:1", "far": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/far:1"},
        "airflow_service_image": f"444455556666.dkr.ecr.{REGION}.amazonaws.com/airflow:1",
    }
    assert named_resources("ecr:BatchGetImage", **images) - named_resources("ecr:BatchGetImage") == {
        f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/reports",
        f"arn:aws:ecr:{REGION}:444455556666:repository/airflow",
    }
    server = {"airflow_service_certificate_arn": f"arn:aws:iam::{ACCOUNT}:server-certificate/airflow"}
    assert named_resources("iam:GetServerCertificate", **server) == set(server.values())


def named_resources(action, **variables):
    found = statements(policies(**variables))
    return {arn for each in found if action in each["Action"] for arn in each["Resource"]}


def test_other_partitions_have_arns_of_their_own():
    own = deployer.documents(inputs("dev", **NAMED), Account("aws-cn", "cn-north-1", ACCOUNT), [DEPLOY])
    arns = [arn for each in statements(own) for arn in each["Resource"] if arn != "*" and arn not in str(NAMED)]
    assert {arn.split(":")[1] for arn in arns} == {"aws-cn"}
    through = [each["Condition"] for each in statements(own) if each["Sid"] == "EncryptDatabase"]
    assert through == [{"StringEquals": {"kms:ViaService": "rds.cn-north-1.amazonaws.com.cn"}}]


def test_the_file_and_the_page_are_what_the_table_says(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    before = set(sys.modules)
    try:
        script = importlib.import_module("deployer")
        assert (ROOT / "docs" / "deployer-policy.json").read_text() == script.text(script.policies())
        assert json.loads(script.text(script.policies())) == script.policies()
        page = (ROOT / "docs" / "permissions.md").read_text()
        assert script.table() in page
        assert script.usual_denials() in page
    finally:
        for name in set(sys.modules) - before:
            if name == "deployer" or name.partition(".")[0] == "plugins":
                del sys.modules[name]
