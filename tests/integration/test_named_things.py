"""What variables and task.yml files name by ARN: the plan refuses what is not there, before anything is made."""

from __future__ import annotations

import json

import pytest

from .stack import mutating_calls

NOWHERE = "arn:aws:{}:us-east-1:123456789012:{}"
STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


@pytest.fixture
def secret(aws):
    """The ARN of a secret whose name ends as an ARN does."""
    return aws.client("secretsmanager").create_secret(Name="app/db-secret", SecretString='{"key": "x"}')["ARN"]


def test_what_is_not_there_is_refused_together(aws, playbooks, project, secret):
    (project.tasks / "hello" / "task.yml").write_text(f"cpu: 256\nsecrets:\n  TOKEN: '{secret[:-7]}:key::'\n")
    given = {
        "airflow_service_secrets": {"TOKEN": NOWHERE.format("secretsmanager", "secret:gone-AbCdEf")},
        "airflow_service_certificate_arn": NOWHERE.format("acm", "certificate/0f1e").replace("1234", "9999"),
        "airflow_service_managed_policy_arns": ["arn:aws:iam::123456789012:policy/gone"],
        "farflow_secret_kms_key_arns": [NOWHERE.format("kms", "key/0f1e")],
    }
    aws.reset_calls()
    for playbook in ("plan", "deploy"):
        refused = playbooks.run(playbook, **project.variables, **given)
        assert refused.code != 0
        for said in (
            f"hello/task.yml:3: secrets.TOKEN: is '{secret[:-7]}', a part of an ARN, allowed: the whole one, {secret}",
            "secret:gone-AbCdEf', which does not exist",
            "airflow_service_certificate_arn: is of account 999956789012, allowed: one of account 123456789012",
            "airflow_service_managed_policy_arns.0: is 'arn:aws:iam::123456789012:policy/gone', which does not exist",
            "farflow_secret_kms_key_arns.0: is ",
            "nothing was done",
        ):
            assert said in refused.output, refused.output
    assert mutating_calls(aws) == []


@pytest.mark.thorough
def test_what_is_there_is_deployed_with(aws, playbooks, project, secret):
    (project.tasks / "hello" / "task.yml").write_text(f"secrets: {{TOKEN: '{secret}:key::'}}\n")
    document = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
    given = {
        "airflow_service_secrets": {"TOKEN": secret},
        "airflow_service_certificate_arn": aws.client("acm").request_certificate(DomainName="airflow.example.org")[
            "CertificateArn"
        ],
        "airflow_service_managed_policy_arns": [
            aws.client("iam").create_policy(PolicyName="mine", PolicyDocument=document)["Policy"]["Arn"]
        ],
        "airflow_service_load_balancer_port": 443,
        "farflow_secret_kms_key_arns": [aws.client("kms").create_key()["KeyMetadata"]["Arn"]],
    }
    playbooks.deploy(**project.variables, **given)
    again = playbooks.deploy(**project.variables, **given)
    assert again.changed == 0, again.output
    playbooks.teardown(**project.variables, **given)
