# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What inputs name by ARN and others have made, looked up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.actions import Resource
from ...engine.clients import ACCESS_DENIED, Clients, caused_by, doing
from ...engine.errors import FarflowError
from ...engine.known import Existing
from ...engine.parallel import in_parallel
from ...kinds.secret import calls as secrets
from ..arns import IDENTITY
from ..images import UNREAD
from ..reader import reads
from . import calls as named_things_calls
from . import documents
from .documents import Named

Document = Mapping[str, Any]


@reads(documents.TYPE, after=(IDENTITY,))
def find(clients: Clients, inputs: Mapping[str, Any], known: Existing) -> list[Resource]:
    """A resource for each that could be asked about, whether it is there or not. A teardown needs none of them."""
    if inputs.get("airflow_images") is UNREAD:
        return []
    wanted = documents.to_look_up(inputs, known)
    listed = _listed_secrets(clients, [one for one in wanted if one.kind == documents.SECRET])
    return in_parallel(partial(_look, clients, listed), wanted)


def _listed_secrets(clients: Clients, wanted: list[Named]) -> Mapping[str, Document]:
    """Those that the list shows, by ARN: a call for ten. It may be minutes old, and knows this account's alone."""
    some = sorted({one.secret_name for one in wanted})
    return {secret["ARN"]: secret for secret in secrets.list_named(clients, some)}


def _look(clients: Clients, listed: Mapping[str, Document], one: Named) -> Resource:
    if one.arn in listed:
        return documents.found(one, listed[one.arn])
    try:
        with doing("describe", one.kind, one.arn):
            return documents.found(one, _document(clients, one))
    except FarflowError as error:
        if not caused_by(error, ACCESS_DENIED):
            raise
        return documents.denied(one, str(error))


def _document(clients: Clients, one: Named) -> Document | None:
    if one.kind == documents.SECRET:
        return secrets.describe(clients, one.arn)
    if one.kind == documents.CERTIFICATE:
        return named_things_calls.acm_certificate(clients, one.arn)
    if one.kind == documents.SERVER_CERTIFICATE:
        return named_things_calls.server_certificate(clients, one.name.rpartition("/")[2])
    return (
        named_things_calls.managed_policy(clients, one.arn)
        if one.kind == documents.POLICY
        else named_things_calls.kms_key(clients, one.arn)
    )
