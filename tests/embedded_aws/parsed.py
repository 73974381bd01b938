"""A call of AWS as it came in: who signed it, for which operation, and with which parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import botocore.session

from .routing import MODEL_NAMES, Request, credential_of, path_parameters
from .validation.documented import with_documented

#: Bodies that are contents of objects. They are passed on as they come.
STREAMED = {("s3", "PutObject"), ("s3", "UploadPart")}


@dataclass(frozen=True)
class Call:
    """`service` is the signing name; `body` is empty where it is streamed; `client` is the caller's address; `notes` is
    what the log is to have of it besides.
    """

    service: str
    operation: str
    request: Request
    body: bytes = b""
    client: str = ""
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def access_key_id(self) -> str:
        return credential_of(self.request)[0]

    @property
    def region(self) -> str:
        return credential_of(self.request)[2]

    @property
    def session_token(self) -> str:
        asked = parse_qs(self.request.query).get("X-Amz-Security-Token", [""])[0]
        return self.request.headers.get("x-amz-security-token", asked)

    @property
    def protocol(self) -> str:
        """That of this request: some services speak several."""
        from moto.core.request import determine_request_protocol

        content_type = self.request.headers.get("content-type", "").partition(";")[0]
        return str(determine_request_protocol(_model(self.service), content_type))

    @property
    def input_shape(self) -> Any:
        """botocore's shape of the operation's input; None for an operation that has none, or that it does not know."""
        model = _model(self.service)
        return model.operation_model(self.operation).input_shape if self.operation in model.operation_names else None

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The members of the operation's input, by botocore's model. Read once, when somebody asks.

        Raises: NotImplementedError for a protocol that moto does not read.
        """
        from moto.core.parse import PROTOCOL_PARSERS
        from werkzeug.datastructures import Headers, MultiDict

        protocol = self.protocol
        if protocol not in PROTOCOL_PARSERS:
            raise NotImplementedError(f"requests of {self.service} in {protocol}")
        values = parse_qsl(self.request.query, keep_blank_values=True)
        if protocol in ("ec2", "query"):
            values += parse_qsl(self.body.decode(), keep_blank_values=True)
        parts = {
            "body": self.body,
            "headers": Headers(list(self.request.headers.items())),
            "method": self.request.method,
            "url_params": path_parameters(self.service, self.request),
            "url_path": self.request.path,
            "values": MultiDict(values),
        }
        return dict(PROTOCOL_PARSERS[protocol](_model(self.service).operation_model(self.operation)).parse(parts))


@cache
def _model(service: str) -> Any:
    """botocore's model of a service, in the form that moto's parsers need, with what it says in words alone."""
    from moto.core.model import ServiceModel

    name = MODEL_NAMES.get(service, service)
    loader = botocore.session.get_session().get_component("data_loader")
    return ServiceModel(with_documented(name, loader.load_service_model(name, "service-2")), name)
