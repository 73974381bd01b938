"""Deployers who have the policies that the collection writes, and no other rights; and what IAM was asked for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.farflow.airflow.plugins.module_utils.environment import deployer
from ansible_collections.farflow.airflow.plugins.module_utils.environment.arns import Account

from tests.embedded_aws import EmbeddedAWS
from tests.embedded_aws.authorization.evaluation import Request
from tests.embedded_aws.settings import ACCOUNT_ID, REGION

WHERE = Account("aws", REGION, ACCOUNT_ID)
_REFUSALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotImplemented")


def identity(aws: EmbeddedAWS, inputs: Mapping[str, Any], *doors: str) -> dict[str, str]:
    """The environment variables of one who may do what these doors do, or all, for the inputs of an environment."""
    return aws.identity(deployer.documents(inputs, WHERE, doors or deployer.DOORS))


def keys(aws: EmbeddedAWS, inputs: Mapping[str, Any], *doors: str) -> dict[str, str]:
    """The variables of playbooks that such a one runs."""
    found = identity(aws, inputs, *doors)
    return {"farflow_access_key": found["AWS_ACCESS_KEY_ID"], "farflow_secret_key": found["AWS_SECRET_ACCESS_KEY"]}


def asked(aws: EmbeddedAWS) -> list[Request]:
    """What IAM was asked since the last `reset_calls`, each once, with the keys that the policies looked at."""
    found = {}
    for each in (each for call in aws.calls() for each in call.get("asked", ())):
        context = {"aws:RequestedRegion": REGION, **each["context"]}
        found[repr(each)] = Request(each["action"], each["resource"], context)
    return list(found.values())


def refused(aws: EmbeddedAWS) -> list[str]:
    """The calls since then that IAM refused, or that nobody knew how to judge. An answer to HEAD has no code."""
    calls = [call for call in aws.calls() if call["error"] in _REFUSALS or call["status"] == 403]
    return [f"{call['service']} {call['operation']}" for call in calls]
