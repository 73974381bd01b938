"""ACM has true certificates, and listeners have several of them, of ACM or of IAM."""

from __future__ import annotations

import functools
import json
from typing import Any

from ministack.core.responses import AccountScopedDict, error_response_json, get_account_id
from ministack.core.x509_utils import generate_ca, sign_leaf_certificate
from ministack.services import acm, alb

from ..certificates import belongs_to, names_in, validity
from . import server_certificates

Record = dict[str, Any]

#: The certificates of a listener beside its default one, by the listener's ARN.
_further = AccountScopedDict()


def apply() -> None:
    acm._request_certificate = issue(acm._request_certificate)
    acm._import_certificate = read_imported(acm._import_certificate)
    acm._cert_shape = tell_users(acm._cert_shape)
    acm._delete_certificate = keep_used(acm._delete_certificate)
    alb._default_certificate = look_up_certificate(alb._default_certificate)
    alb._ACTION_MAP.update(
        {
            "AddListenerCertificates": _add_to_listener,
            "RemoveListenerCertificates": _remove_from_listener,
            "DescribeListenerCertificates": _describe_of_listener,
        }
    )


def forget() -> None:
    _further.clear()


def shown_by(listener: Record) -> tuple[tuple[str, str], ...]:
    """The certificates of a listener, each with its chain, and their keys; the default one is the first."""
    return tuple(found for arn in _arns_of(listener) if (found := _kept(arn)))


def _arns_of(listener: Record) -> list[str]:
    default = listener.get("Certificates", [])
    return [*default, *(arn for arn in _further.get(listener["ListenerArn"], []) if arn not in default)]


def _kept(arn: str) -> tuple[str, str] | None:
    if record := acm._get_local_certificate(arn):
        return f"{record['_pem_body']}\n{record['_pem_chain']}", record["_private_key"]
    if record := server_certificates.by_arn(arn):
        return f"{record['CertificateBody']}\n{record['CertificateChain']}", record["key"]
    return None


def _users(arn: str) -> list[str]:
    """The load balancers whose listeners have it."""
    return sorted({each["LoadBalancerArn"] for each in alb._listeners.values() if arn in _arns_of(each)})


@functools.cache
def _authority() -> tuple[str, str]:
    """Who issues the certificates that ACM is asked for, and the key."""
    return generate_ca("Embedded AWS", "Authority of the embedded AWS")


def issue(request):
    """Fault: there is nothing in an issued certificate."""

    def handler(data: Record):
        status, headers, answer = request(data)
        if status == 200:
            record = acm._certificates[json.loads(answer)["CertificateArn"]]
            authority, its_key = _authority()
            names = record["SubjectAlternativeNames"]
            body, key, _public = sign_leaf_certificate(authority, its_key, record["DomainName"], names)
            record.update(_pem_body=body, _pem_chain=authority, _private_key=key)
        return status, headers, answer

    return handler


def read_imported(take):
    """Fault: nobody reads what is imported: its names, until when it is valid, and whether the key is its own."""

    def handler(data: Record):
        body, key = (acm._decode_pem_field(data.get(part)) for part in ("Certificate", "PrivateKey"))
        if key and (problem := _problem(body, key)):
            return error_response_json("ValidationException", problem, 400)
        status, headers, answer = take(data)
        if status == 200:
            names, (since, until) = names_in(body), validity(body)
            acm._certificates[json.loads(answer)["CertificateArn"]].update(
                DomainName=names[0] if names else "",
                SubjectAlternativeNames=names,
                NotBefore=since.isoformat(),
                NotAfter=until.isoformat(),
            )
        return status, headers, answer

    return handler


def _problem(body: str, key: str) -> str:
    try:
        return "" if belongs_to(key, body) else "The private key does not match the certificate."
    except ValueError:
        return "The certificate or the private key is not valid."


def tell_users(describe):
    """Fault: a certificate does not tell which load balancers use it."""

    def shape(record: Record) -> Record:
        told = describe(record)
        return {**told, "InUseBy": [*told["InUseBy"], *_users(record["CertificateArn"])]}

    return shape


def keep_used(delete):
    """Fault: a certificate is deleted while a listener has it."""

    def handler(data: Record):
        arn = data.get("CertificateArn", "")
        if _users(arn):
            message = f"Certificate {arn} in account {get_account_id()} is in use."
            return error_response_json("ResourceInUseException", message, 400)
        return delete(data)

    return handler


def look_up_certificate(default_certificate):
    """Fault: a listener takes any certificate. AWS takes one of this account; of ACM it has to be issued, and of this
    region.
    """

    def handler(parameters: Record):
        arns, error = default_certificate(parameters)
        for arn in [] if error else arns:
            if not _kept(arn):
                return None, alb._error("CertificateNotFound", f"Certificate '{arn}' not found")
            record = acm._get_local_certificate(arn)
            if record and record["Status"] != "ISSUED":
                message = (
                    f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a "
                    "supported key size."
                )
                return None, alb._error("UnsupportedCertificate", message)
        return arns, error

    return handler


def _add_to_listener(parameters: Record):
    listener, given, error = _named(parameters)
    if error:
        return error
    there = _further.setdefault(listener["ListenerArn"], [])
    there += [arn for arn in given if arn not in there]
    return alb._xml(200, "AddListenerCertificates", _told(listener, given))


def _remove_from_listener(parameters: Record):
    listener, given, error = _named(parameters)
    if error:
        return error
    if set(given) & set(listener["Certificates"]):
        return alb._error("OperationNotPermitted", "Default certificate cannot be removed from listener")
    there = _further.get(listener["ListenerArn"], [])
    _further[listener["ListenerArn"]] = [arn for arn in there if arn not in given]
    return alb._xml(200, "RemoveListenerCertificates", "")


def _describe_of_listener(parameters: Record):
    listener, _given, error = _named(parameters)
    if error:
        return error
    return alb._xml(200, "DescribeListenerCertificates", _told(listener, _arns_of(listener)))


def _named(parameters: Record) -> tuple[Record, list[str], Any]:
    """The listener and the certificates that a call names, or the error that is its answer."""
    arn = alb._p(parameters, "ListenerArn")
    if arn not in alb._listeners:
        return {}, [], alb._error("ListenerNotFound", f"Listener '{arn}' not found.")
    return alb._listeners[arn], *alb._default_certificate(parameters)


def _told(listener: Record, arns: list[str]) -> str:
    default = listener.get("Certificates", [])
    members = "".join(
        f"<member><CertificateArn>{arn}</CertificateArn><IsDefault>{str(arn in default).lower()}</IsDefault></member>"
        for arn in arns
    )
    return f"<Certificates>{members}</Certificates>"
