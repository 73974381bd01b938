"""IAM between a call and its service: the behaviour `enforced_iam`."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import ecr, iam, kms, s3, secretsmanager, sqs

from .. import faults
from ..behaviours import ENFORCED_IAM
from ..faults import Answer
from ..parsed import Call
from ..settings import ACCOUNT_ID
from . import denials, principals, signatures, tags
from .denials import DENIED_CODES, UNKNOWN_CODES, UNKNOWN_KEY, UNKNOWN_TO_US, WRONG_CODES, words
from .evaluation import ALLOWED, Decision, Document, Policies, Request, condition_keys, judge
from .principals import Principal
from .requests import wanted

#: Keys that the context has, or that are rightly missing in it. A policy with another key is not judged.
_KEYS = {
    "aws": (
        "calledvia currenttime epochtime multifactorauthpresent principalaccount principalarn "
        "principalisawsservice principalorgid principaltag principaltype requestedregion requesttag "
        "resourceaccount resourcetag securetransport sourceaccount sourcearn sourceip tagkeys userid username"
    ),
    "application-autoscaling": "scalable-dimension service-namespace",
    "cloudwatch": "alarmactions namespace",
    "ec2": "createaction region resourcetag vpc",
    "ecr": "resourcetag",
    "ecs": "cluster createaction enable-execute-command resourcetag task-definition",
    "elasticfilesystem": "createaction encrypted",
    "elasticloadbalancing": "createaction resourcetag",
    "iam": "awsservicename passedtoservice permissionsboundary policyarn resourcetag",
    "kms": "viaservice",
    "s3": "delimiter locationconstraint max-keys prefix versionid",
    "secretsmanager": "kmskeyid name resourcetag",
}
_KNOWN = {f"{service}:{name}" for service, names in _KEYS.items() for name in names.split()}


def authenticate(call: Call) -> Answer | None:
    """Refuses a key that nobody has been given, and a signature that is not by its secret."""
    if not ENFORCED_IAM.is_on:
        return None
    try:
        secret = principals.secret_of(call)
    except principals.UnknownKey:
        ENFORCED_IAM.strike()
        return faults.refusal(call.service, UNKNOWN_CODES, UNKNOWN_KEY)
    if secret and not signatures.is_right(call, secret):
        ENFORCED_IAM.strike()
        return faults.refusal(call.service, WRONG_CODES, signatures.MISMATCH)
    return None


def authorize(call: Call) -> Answer | None:
    """Refuses what IAM does not allow, in AWS's words."""
    if not ENFORCED_IAM.is_on:
        return None
    try:
        said = complaint(call)
    except NotImplementedError as error:
        return faults.refusal(call.service, UNKNOWN_TO_US, f"the embedded AWS cannot judge this: {error}")
    return faults.refusal(call.service, DENIED_CODES, said) if said else None


def complaint(call: Call) -> str:
    """AWS's words for what IAM does not allow of a call; none where it allows all.

    Raises: NotImplementedError for what we do not know how to judge.
    """
    principal = principals.of_call(call)
    if principal.policies is None:
        return ""
    is_told_each = (call.service, call.operation) == ("s3", "DeleteObjects")
    with request_scope(ACCOUNT_ID, call.region):
        refused = list(itertools.islice(_refused(principal, call), None if is_told_each else 1))
    if refused:
        ENFORCED_IAM.strike()
    said = [(request, words(call.service, principal.arn, request, decision)) for request, decision in refused]
    if is_told_each:
        denials.of_objects.set({denials.object_of(request): text for request, text in said})
        return ""
    return said[0][1] if said else ""


def _refused(principal: Principal, call: Call) -> Iterator[tuple[Request, Decision]]:
    """What the log is to have is noted: each request with the keys that a policy could have looked at."""
    context = _context(principal, call)
    asked = call.notes["asked"] = []
    for request in wanted(call):
        policies = _policies_for(principal, request)
        keys = {**principal.keys, **request.context, **_tags(request, _keys_in(policies, request.action))}
        asked.append({"action": request.action, "resource": request.resource, "context": keys})
        whole = replace(
            request, context={**context, **keys}, principal=("AWS", principal.named), session=principal.session
        )
        decision = judge(policies, whole)
        if decision.outcome != ALLOWED:
            yield request, decision


def _policies_for(principal: Principal, request: Request) -> Policies:
    """All that hold: the caller's, the organization's, and the resource's own."""
    assert principal.policies is not None
    resource, needs_resource = _policy_of(request)
    return replace(
        principal.policies, resource=resource, needs_resource=needs_resource, organization=principals.organization()
    )


def _keys_in(policies: Policies, action: str) -> set[str]:
    """The keys that they look at for an action.

    Raises: NotImplementedError for one that we do not know.
    """
    keys = condition_keys(_all_documents(policies), action)
    if unknown := {key.partition("/")[0] for key in keys} - _KNOWN:
        raise NotImplementedError(f"the keys {', '.join(sorted(unknown))} of a policy for {action}")
    return keys


def _context(principal: Principal, call: Call) -> dict[str, Any]:
    now = time.time()
    return {
        "aws:CurrentTime": datetime.fromtimestamp(now, UTC).isoformat(),
        "aws:EpochTime": str(int(now)),
        "aws:PrincipalArn": principal.named,
        "aws:PrincipalIsAWSService": "false",
        "aws:RequestedRegion": call.region,
        "aws:ResourceAccount": ACCOUNT_ID,
        # the endpoint speaks plain HTTP in the place of AWS's, which all speak HTTPS
        "aws:SecureTransport": "true",
        "aws:SourceIp": call.client,
        "ec2:Region": call.region,
    }


def _tags(request: Request, keys: Iterable[str]) -> dict[str, str]:
    """The resource's tags under each of the names that a policy asks by."""
    names = {key.partition("/")[0] for key in keys if ":resourcetag/" in key}
    found = tags.of(request.resource) if names else {}
    return {f"{name}/{key}": value for name in names for key, value in found.items()}


def _all_documents(policies: Policies) -> list[Document]:
    single = [each for each in (policies.boundary, policies.resource) if each is not None]
    levels = [document for level in policies.organization for document in level]
    return [*policies.identity, *single, *(policies.session or ()), *levels]


def _policy_of(request: Request) -> tuple[Document | None, bool]:
    """The policy of the resource that is asked for, and whether it has to allow."""
    service = request.action.partition(":")[0]
    if request.action == "sts:AssumeRole":
        role = iam._roles.get(request.resource.rpartition("/")[2]) or {}
        trust = role.get("AssumeRolePolicyDocument")
        return (principals.read(trust) if trust else {"Statement": []}), True
    if service not in _LOOKUPS:
        return None, False
    found = _LOOKUPS[service](request.resource)
    policy = found[0] if found else ""
    return (principals.read(policy) if policy else None), service == "kms" and bool(policy)


_LOOKUPS = {
    "ecr": ecr.repository_policy_for_arn,
    "kms": kms.key_policy_for_arn,
    "s3": s3.bucket_policy_for_arn,
    "secretsmanager": secretsmanager.secret_policy_for_arn,
    "sqs": sqs.queue_policy_for_arn,
}
