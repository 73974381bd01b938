"""What inputs name by ARN is looked up: what is not there, or not as it has to be, is refused by the plan."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import named_things as glue
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs import project
from ansible_collections.farflow.airflow.plugins.module_utils.environment.named_things import documents as pure
from ansible_collections.farflow.airflow.plugins.module_utils.project import task_folders as dag_tasks_folder
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
OTHER = "999999999999"
REGION = "eu-west-1"
IDENTITY = Resource("identity", "identity", {}, ACCOUNT, {"partition": "aws"})
LAYERS = ("rds", "dag_tasks", "airflow_service")
LOAD_BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/net/prod-airflow/0f1e"
NOTHING = {
    "farflow_environment": "prod",
    "farflow_region": REGION,
    "dag_tasks": [],
    "airflow_service_secrets": {},
    "airflow_service_certificate_arn": "",
    "airflow_service_managed_policy_arns": [],
    "farflow_secret_kms_key_arns": [],
    "rds_kms_key_id": "",
}


class Counting(Clients):
    """Clients whose calls are counted, and of which some operations are denied."""

    def __init__(self, *denied):
        self.calls = []
        self.denied = denied
        super().__init__(self._made)

    def _made(self, service, config):
        client = boto3.client(service, config=config)
        client.meta.events.register("before-call", self._count)
        return client

    def _count(self, model, **_unused):
        self.calls.append(model.name)
        if model.name in self.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, model.name)


@pytest.fixture
def look(aws):
    """``look(inputs, *denied)``: refusals, warnings, and the calls that it took."""

    def look(*denied, layers=LAYERS, found=(), **given):
        inputs = {**NOTHING, **given}
        clients = Counting(*denied)
        known = Existing([IDENTITY, *found])
        known = Existing([*known.all(), *glue.find(clients, inputs, known)])
        return pure.refusals(inputs, known, layers), pure.warnings(inputs, known, layers), sorted(clients.calls)

    return look


@pytest.fixture
def secret(aws):
    """The ARN of a secret that exists, called as one that ends like an ARN does."""
    return boto3.client("secretsmanager").create_secret(Name="app/db-secret", SecretString="{}")["ARN"]


@pytest.fixture
def task(tmp_path):
    """``task(reference)``: a DAG task whose task.yml names the secret."""

    def make(reference):
        folder = tmp_path / "hello"
        folder.mkdir()
        (folder / "Dockerfile").write_text("FROM scratch\n")
        (folder / "task.yml").write_text(f"cpu: 256\nsecrets:\n  TOKEN: '{reference}'\n")
        return dag_tasks_folder.discover(tmp_path, "prod")

    return make


def test_nothing_is_asked_where_nothing_is_named(look):
    assert look() == ([], [], [])


def test_a_teardown_looks_nothing_up(aws):
    clients = Counting()
    assert glue.find(clients, {"farflow_region": REGION, **project.UNREAD}, Existing([IDENTITY])) == []
    assert clients.calls == []


def test_secrets_that_exist_cost_a_call_for_ten(look, secret, task):
    client = boto3.client("secretsmanager")
    many = {f"S{n}": client.create_secret(Name=f"n{n:02}", SecretString="x")["ARN"] + ":key::" for n in range(12)}
    assert look(airflow_service_secrets=many, dag_tasks=task(secret)) == ([], [], ["ListSecrets", "ListSecrets"])


def test_a_part_of_an_arn_is_refused_with_the_whole_one(look, secret, task, tmp_path):
    """AWS finds the secret by it, and policies do not grant it."""
    part = secret[:-7]
    (line,), _warnings, _calls = look(dag_tasks=task(part))
    assert line == (
        f"{tmp_path}/hello/task.yml:3: secrets.TOKEN: is {part!r}, a part of an ARN, allowed: the whole one, {secret}, "
        "as policies name it"
    )


def test_a_secret_that_does_not_exist_is_refused(look):
    missing = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:missing-AbCdEf"
    (line,), _warnings, _calls = look(airflow_service_secrets={"TOKEN": f"{missing}:key::"})
    assert line.startswith(f"airflow_service_secrets.TOKEN: is '{missing}', which does not exist, allowed: ")


def test_a_secret_that_is_to_be_deleted_is_refused(look, secret):
    boto3.client("secretsmanager").delete_secret(SecretId=secret)
    (line,), _warnings, _calls = look(airflow_service_secrets={"TOKEN": secret})
    assert "which is to be deleted soon" in line and "restore-secret --secret-id app/db-secret" in line


def test_a_secret_of_another_region_is_taken_with_a_warning(look):
    there = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:token-AbCdEf"
    refused, (warning,), calls = look(airflow_service_secrets={"TOKEN": there})
    assert (refused, calls) == ([], [])
    assert warning.startswith("airflow_service_secrets.TOKEN: is of region us-east-1")


@pytest.mark.parametrize("account", [ACCOUNT, OTHER])
def test_a_secret_that_nobody_lets_us_see_is_taken_with_a_warning(look, account):
    there = f"arn:aws:secretsmanager:{REGION}:{account}:secret:token-AbCdEf"
    refused, (warning,), _calls = look("DescribeSecret", airflow_service_secrets={"TOKEN": there})
    assert refused == []
    assert "AccessDeniedException" in warning and "airflow_service_secrets.TOKEN" in warning


def test_what_another_layer_names_is_nobodys_problem(look):
    missing = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:missing-AbCdEf"
    assert look(airflow_service_secrets={"TOKEN": missing}, layers=["dag_tasks"])[:2] == ([], [])


@pytest.fixture
def certificate(aws):
    return boto3.client("acm").request_certificate(DomainName="airflow.example.org")["CertificateArn"]


def test_a_certificate_that_is_not_issued_is_refused(look, certificate):
    (line,), _warnings, calls = look(airflow_service_certificate_arn=certificate)
    assert line == (
        f"airflow_service_certificate_arn: is {certificate!r}, which is PENDING_VALIDATION, allowed: a certificate "
        "that is ISSUED"
    )
    assert calls == ["DescribeCertificate"]


def test_a_certificate_that_is_issued_is_right(look, certificate, monkeypatch):
    monkeypatch.setattr("moto.settings.ACM_VALIDATION_WAIT", -1)
    assert look(airflow_service_certificate_arn=certificate)[0] == []


def test_a_certificate_that_expired_in_use_is_in_nobodys_way():
    """A deploy does not touch the listener that has it."""
    inputs = {**NOTHING, "airflow_service_certificate_arn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0f1e"}
    ours = Resource("load_balancer", "prod-airflow", {}, LOAD_BALANCER)
    (one,) = pure.named(inputs)
    expired = pure.found(one, {"Status": "EXPIRED", "InUseBy": [LOAD_BALANCER]})
    assert pure.refusals(inputs, Existing([IDENTITY, expired, ours]), LAYERS) == []
    assert len(pure.refusals(inputs, Existing([IDENTITY, expired]), LAYERS)) == 1


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        (
            {"airflow_service_certificate_arn": f"arn:aws:acm:{REGION}:{OTHER}:certificate/0f1e"},
            "airflow_service_certificate_arn",
        ),
        (
            {"airflow_service_certificate_arn": f"arn:aws:iam::{OTHER}:server-certificate/mine"},
            "airflow_service_certificate_arn",
        ),
        (
            {"airflow_service_managed_policy_arns": [f"arn:aws:iam::{OTHER}:policy/mine"]},
            "airflow_service_managed_policy_arns.0",
        ),
    ],
)
def test_what_has_to_be_of_this_account_is_refused_without_a_call(look, given, variable):
    (line,), _warnings, calls = look(**given)
    assert line == (f"{variable}: is of account {OTHER}, allowed: one of account {ACCOUNT}, where the credentials are")
    assert calls == []


def test_what_is_of_another_partition_is_refused(look):
    (line,), _warnings, calls = look(airflow_service_managed_policy_arns=["arn:aws-cn:iam::aws:policy/ReadOnlyAccess"])
    assert "is of partition aws-cn, allowed: one of aws" in line
    assert calls == []


def test_managed_policies_have_to_exist(look):
    document = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
    mine = boto3.client("iam").create_policy(PolicyName="mine", PolicyDocument=document)["Policy"]["Arn"]
    gone = f"arn:aws:iam::{ACCOUNT}:policy/gone"
    (line,), _warnings, calls = look(airflow_service_managed_policy_arns=[mine, gone])
    assert line.startswith(f"airflow_service_managed_policy_arns.1: is '{gone}', which does not exist")
    assert calls == ["GetPolicy", "GetPolicy"]


def test_a_permissions_boundary_has_to_exist(look):
    gone = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    (line,), _warnings, _calls = look(farflow_permissions_boundary_arn=gone, layers=["dag_tasks"])
    assert line.startswith(f"farflow_permissions_boundary_arn: is '{gone}', which does not exist")


def test_layers_that_name_nothing_need_no_folder():
    inputs = {"farflow_environment": "prod", "farflow_region": REGION, "rds_kms_key_id": ""}
    assert pure.refusals(inputs, Existing([IDENTITY]), ["network", "rds"]) == []
    assert pure.warnings(inputs, Existing([IDENTITY]), ["network", "rds"]) == []


def test_a_server_certificate_has_to_exist(look):
    (line,), _warnings, calls = look(
        airflow_service_certificate_arn=f"arn:aws:iam::{ACCOUNT}:server-certificate/team/mine"
    )
    assert "which does not exist, allowed: the ARN of a server certificate that does" in line
    assert calls == ["GetServerCertificate"]


def test_keys_have_to_be_usable(look):
    client = boto3.client("kms")
    good, bad = (client.create_key()["KeyMetadata"] for _unused in range(2))
    client.disable_key(KeyId=bad["KeyId"])
    refused, _warnings, calls = look(farflow_secret_kms_key_arns=[good["Arn"], bad["Arn"]])
    assert refused == [
        f"farflow_secret_kms_key_arns.1: is {bad['Arn']!r}, which is Disabled, allowed: a key that is Enabled"
    ]
    assert calls == ["DescribeKey", "DescribeKey"]


def test_a_key_of_another_account_that_does_not_let_us_look_is_taken_with_a_warning(look):
    key = f"arn:aws:kms:{REGION}:{OTHER}:key/0f1e"
    refused, warnings, _calls = look("DescribeKey", farflow_secret_kms_key_arns=[key])
    assert (refused, len(warnings)) == ([], 1)


@pytest.mark.parametrize(
    ("arn", "given"),
    [
        (f"arn:aws:kms:{REGION}:{OTHER}:key/0f1e", lambda arn: {"farflow_secret_kms_key_arns": [arn]}),
        (
            f"arn:aws:secretsmanager:{REGION}:{OTHER}:secret:token-AbCdEf",
            lambda arn: {"airflow_service_secrets": {"TOKEN": arn}},
        ),
    ],
)
def test_that_another_account_has_nothing_is_never_said(look, arn, given):
    """AWS tells it of nothing that is not open to it, whether there is anything or not."""
    refused, (warning,), _calls = look(**given(arn))
    assert refused == []
    assert f"AWS shows account {ACCOUNT} no such " in warning and f"of account {OTHER}" in warning
    (line,), _warnings, _calls = look(rds_kms_key_id=f"arn:aws:kms:{REGION}:{OTHER}:key/0f1e")
    assert "that can't be seen, allowed: one of account" in line


def test_a_key_is_of_a_region_that_has_a_secret(task):
    there = "us-east-1"
    keys = [f"arn:aws:kms:{region}:{ACCOUNT}:key/0f1e" for region in (REGION, there)]
    secret = f"arn:aws:secretsmanager:{there}:{ACCOUNT}:secret:token-AbCdEf"
    inputs = {**NOTHING, "farflow_secret_kms_key_arns": keys}
    (line,) = pure.keys_of_nothing(inputs)
    assert line.startswith(f"farflow_secret_kms_key_arns.1: is {keys[1]!r}, of region {there}, allowed: one of region")
    assert pure.keys_of_nothing({**inputs, "airflow_service_secrets": {"TOKEN": f"{secret}:key::"}}) == []
    assert pure.keys_of_nothing({**inputs, "dag_tasks": task(secret)}) == []


def test_the_databases_key_has_to_be_there_enabled_and_one_that_encrypts(look):
    client = boto3.client("kms")
    good, disabled = (client.create_key()["KeyMetadata"] for _unused in range(2))
    signs = client.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["Arn"]
    client.disable_key(KeyId=disabled["KeyId"])
    none = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0f1e"
    assert look(rds_kms_key_id=good["Arn"]) == ([], [], ["DescribeKey"])
    for key, problem in (
        (disabled["Arn"], "which is Disabled, allowed: a key that is Enabled"),
        (signs, "which is RSA_2048, allowed: a key that is SYMMETRIC_DEFAULT"),
        (none, "which does not exist, allowed: the ARN of a KMS key that does"),
    ):
        assert look(rds_kms_key_id=key)[0] == [f"rds_kms_key_id: is {key!r}, {problem}"]


@pytest.mark.parametrize(("account", "of"), [(OTHER, f" of account {OTHER}"), (ACCOUNT, "")])
def test_a_key_that_can_not_be_seen_encrypts_no_database(look, account, of):
    key = f"arn:aws:kms:{REGION}:{account}:key/0f1e"
    (line,), warnings, _calls = look("DescribeKey", rds_kms_key_id=key)
    assert line.startswith(
        f"rds_kms_key_id: is {key!r}, a KMS key{of} that can't be seen, allowed: one of account {ACCOUNT}, or one "
        "whose own policy lets that account use it: could not describe KMS key"
    )
    assert warnings == []


def test_a_database_that_there_is_keeps_its_key(look):
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0f1e"
    there = Resource("rds_instance", "prod-database")
    assert look(rds_kms_key_id=key, found=[there])[:2] == ([], [])
    assert look(rds_kms_key_id=key, layers=["airflow_service"])[:2] == ([], [])
