# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What inputs name by ARN and others have made: secrets, certificates, managed policies, KMS keys. Whether it is there,
whole, and of the right account is told by the plan, not by the first thing that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...engine.actions import Resource
from ...engine.known import Existing
from ...kinds.rds.instance import documents as rds_instances
from ...project import task_folders as dag_tasks_folder
from .. import database as rds
from .. import names
from ..arns import IDENTITY, Account, account

TYPE = "named_thing"
#: Attributes of a resource of that type: AWS's document, or its words when it does not let us look.
DOCUMENT, DENIED = "document", "denied"

SECRET, CERTIFICATE, SERVER_CERTIFICATE = "secret", "certificate", "server certificate"
POLICY, KEY = "managed policy", "KMS key"

#: What AWS lets another account use, where its policy says so.
_SHARED = {SECRET, KEY}
_OF_AWS = "aws"
DAG_TASKS, AIRFLOW = "dag_tasks", "airflow_service"
#: What a key is by which services of AWS encrypt.
_SYMMETRIC = "SYMMETRIC_DEFAULT"
_SUFFIX = re.compile("-[A-Za-z0-9]{6}$")

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Named:
    """``arn`` is that of the thing alone, ``place`` says where an input names it. With ``has_to_be_seen`` AWS wants of
    those who name it that they may describe it.
    """

    kind: str
    arn: str
    place: Callable[[], str]
    has_to_be_seen: bool = False

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]

    @property
    def region(self) -> str:
        """Empty where its kind has none."""
        return self.arn.split(":")[3]

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        """What its ARN ends with."""
        return self.arn.split(":", 5)[5].partition("/" if self.kind != SECRET else ":")[2]

    @property
    def secret_name(self) -> str:
        """The name of a secret, which its ARN has six characters more than."""
        return _SUFFIX.sub("", self.name)


def named(inputs: Inputs, layers: Collection[str] = (rds.ROLE, DAG_TASKS, AIRFLOW)) -> Iterator[Named]:
    """Everything that the inputs of a deploy name for these layers."""
    if rds.ROLE in layers and (key := inputs["rds_kms_key_id"]):
        yield Named(KEY, key, lambda: "rds_kms_key_id", has_to_be_seen=True)
    if DAG_TASKS in layers:
        yield from _secrets_of_tasks(inputs)
    if AIRFLOW in layers:
        yield from _by_airflow(inputs)
    if DAG_TASKS in layers or AIRFLOW in layers:
        yield from _by_all(inputs)


def _secrets_of_tasks(inputs: Inputs) -> Iterator[Named]:
    for task in inputs["dag_tasks"]:
        for variable, reference in task.secrets.items():
            if reference.startswith("arn:"):
                place = partial(dag_tasks_folder.place_of_secret, task, variable)
                yield Named(SECRET, without_key(reference), place)


def _by_airflow(inputs: Inputs) -> Iterator[Named]:
    for variable, reference in inputs["airflow_service_secrets"].items():
        yield _of_variable(SECRET, without_key(reference), f"airflow_service_secrets.{variable}")
    if certificate := inputs["airflow_service_certificate_arn"]:
        kind = CERTIFICATE if certificate.split(":")[2] == "acm" else SERVER_CERTIFICATE
        yield _of_variable(kind, certificate, "airflow_service_certificate_arn")
    for index, policy in enumerate(inputs["airflow_service_managed_policy_arns"]):
        yield _of_variable(POLICY, policy, f"airflow_service_managed_policy_arns.{index}")


def _by_all(inputs: Inputs) -> Iterator[Named]:
    """What each layer needs that makes roles."""
    if boundary := inputs.get("farflow_permissions_boundary_arn"):
        yield _of_variable(POLICY, boundary, "farflow_permissions_boundary_arn")
    yield from _secret_keys(inputs)


def _secret_keys(inputs: Inputs) -> Iterator[Named]:
    for index, key in enumerate(inputs["farflow_secret_kms_key_arns"]):
        yield _of_variable(KEY, key, f"farflow_secret_kms_key_arns.{index}")


def without_key(reference: str) -> str:
    """The ARN of a secret without the JSON key and version that may follow it."""
    return ":".join(reference.split(":")[:7])


def to_look_up(inputs: Inputs, known: Existing) -> list[Named]:
    """Each thing once of which this account and region can tell."""
    where = account(known, inputs["farflow_region"])
    each = {(one.kind, one.arn): one for one in named(inputs) if not _elsewhere(one, where)}
    return [one for one in each.values() if one.region in ("", where.region)]


def found(one: Named, document: Mapping[str, Any] | None) -> Resource:
    """What AWS told of it; None is that there is none."""
    return Resource(TYPE, one.arn, attributes={DOCUMENT: document})


def denied(one: Named, words: str) -> Resource:
    """That AWS did not let us look."""
    return Resource(TYPE, one.arn, attributes={DENIED: words})


def refusals(inputs: Inputs, known: Existing, layers: Collection[str]) -> list[str]:
    """What a deploy, or what it has made, would fail at; a line each."""
    if not known.get(IDENTITY, IDENTITY):
        return []
    where = account(known, inputs["farflow_region"])
    wrong = ((one, _problem(one, where, inputs, known)) for one in _needed(inputs, known, layers))
    return [f"{one.place()}: {problem}" for one, problem in wrong if problem]


def warnings(inputs: Inputs, known: Existing, layers: Collection[str]) -> list[str]:
    """What could not be looked up; a line each."""
    if not known.get(IDENTITY, IDENTITY):
        return []
    where = account(known, inputs["farflow_region"])
    doubts = ((one, _doubt(one, where, known)) for one in _needed(inputs, known, layers))
    return [f"{one.place()}: {doubt}" for one, doubt in doubts if doubt]


def keys_of_nothing(inputs: Inputs) -> list[str]:
    """Keys of a region in which no input names a secret that they could have encrypted; a line each. Those of the
    environment's own region may be for secrets that only code names.
    """
    region = inputs["farflow_region"]
    of_airflow = (reference.split(":")[3] for reference in inputs["airflow_service_secrets"].values())
    regions = {region, *of_airflow, *(one.region for one in _secrets_of_tasks(inputs))}
    return [
        f"{one.place()}: is {one.arn!r}, of region {one.region}, allowed: one of region {region}, or of one from which "
        "airflow_service_secrets or a task.yml has a secret"
        for one in _secret_keys(inputs)
        if one.region not in regions
    ]


def _needed(inputs: Inputs, known: Existing, layers: Collection[str]) -> Iterator[Named]:
    """What these layers need. A database that there is has its key, whatever has become of that."""
    has_database = known.get(rds_instances.TYPE, names.database(inputs))
    return named(inputs, [layer for layer in layers if not (layer == rds.ROLE and has_database)])


def _of_variable(kind: str, arn: str, variable: str) -> Named:
    return Named(kind, arn, lambda: variable)


def _elsewhere(one: Named, where: Account) -> str:
    """What is wrong with the account that it is of."""
    if one.partition != where.partition:
        return f"is of partition {one.partition}, allowed: one of {where.partition}, where the credentials are"
    if one.account in (where.id, _OF_AWS) or one.kind in _SHARED:
        return ""
    return f"is of account {one.account}, allowed: one of account {where.id}, where the credentials are"


def _doubt(one: Named, where: Account, known: Existing) -> str:
    resource = known.get(TYPE, one.arn)
    if one.region not in ("", where.region):
        return f"is of region {one.region}, where a look at this environment does not see whether it exists"
    if resource and not one.has_to_be_seen and (words := _not_seen(one, where, resource)):
        return f"whether it exists was not seen: {words}"
    return ""


def _problem(one: Named, where: Account, inputs: Inputs, known: Existing) -> str:
    resource = known.get(TYPE, one.arn)
    if (problem := _elsewhere(one, where)) or not resource:
        return problem
    if words := _not_seen(one, where, resource):
        return _unseen(one, where, words) if one.has_to_be_seen else ""
    document = resource.attributes[DOCUMENT]
    if document is None:
        return f"is {one.arn!r}, which does not exist, allowed: the ARN of a {one.kind} that does"
    return _JUDGES[one.kind](one, document, inputs, known) if one.kind in _JUDGES else ""


def _not_seen(one: Named, where: Account, resource: Resource) -> str:
    """Why nobody knows whether it is there: AWS does not let us look, or tells another account of nothing that is."""
    if DENIED in resource.attributes:
        return str(resource.attributes[DENIED])
    if resource.attributes[DOCUMENT] is None and one.account not in (where.id, _OF_AWS):
        return f"AWS shows account {where.id} no such {one.kind} of account {one.account}"
    return ""


def _unseen(one: Named, where: Account, words: str) -> str:
    of = "" if one.account == where.id else f" of account {one.account}"
    return (
        f"is {one.arn!r}, a {one.kind}{of} that can't be seen, allowed: one of account {where.id}, or one whose own "
        f"policy lets that account use it: {words}"
    )


def _secret(one: Named, document: Mapping[str, Any], inputs: Inputs, known: Existing) -> str:
    if document["ARN"] != one.arn:
        return f"is {one.arn!r}, a part of an ARN, allowed: the whole one, {document['ARN']}, as policies name it"
    if document.get("DeletedDate"):
        name = document["Name"]
        return (
            f"is {one.arn!r}, which is to be deleted soon, allowed: one that stays; restore it (aws secretsmanager "
            f"restore-secret --secret-id {name})"
        )
    return ""


def _certificate(one: Named, document: Mapping[str, Any], inputs: Inputs, known: Existing) -> str:
    """One that is in use by our load balancer stays there, whatever becomes of it."""
    in_use = known.id("load_balancer", names.load_balancer(inputs)) in document.get("InUseBy", [])
    if document["Status"] == "ISSUED" or in_use:
        return ""
    return f"is {one.arn!r}, which is {document['Status']}, allowed: a certificate that is ISSUED"


def _policy(one: Named, document: Mapping[str, Any], inputs: Inputs, known: Existing) -> str:
    if document.get("IsAttachable", True):
        return ""
    return f"is {one.arn!r}, which AWS attaches to no role, allowed: a policy that it does"


def _key(one: Named, document: Mapping[str, Any], inputs: Inputs, known: Existing) -> str:
    if document["KeyState"] != "Enabled":
        return f"is {one.arn!r}, which is {document['KeyState']}, allowed: a key that is Enabled"
    if document.get("KeySpec", _SYMMETRIC) != _SYMMETRIC:
        return f"is {one.arn!r}, which is {document['KeySpec']}, allowed: a key that is {_SYMMETRIC}"
    return ""


_JUDGES: Mapping[str, Callable[[Named, Mapping[str, Any], Inputs, Existing], str]] = {
    SECRET: _secret,
    CERTIFICATE: _certificate,
    POLICY: _policy,
    KEY: _key,
}
