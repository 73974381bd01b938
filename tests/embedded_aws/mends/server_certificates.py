"""IAM keeps server certificates, which ministack does not know."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import AccountScopedDict, get_account_id, new_uuid
from ministack.services import alb, iam

from ..certificates import belongs_to, validity

Record = dict[str, Any]

_kept = AccountScopedDict()


def apply() -> None:
    iam._IAM_HANDLERS.update(
        {
            "UploadServerCertificate": _upload,
            "GetServerCertificate": _get,
            "ListServerCertificates": _list,
            "DeleteServerCertificate": _delete,
        }
    )


def forget() -> None:
    _kept.clear()


def by_arn(arn: str) -> Record | None:
    return next((record for record in _kept.values() if record["Arn"] == arn), None)


def _upload(parameters: Record):
    name, path = iam._p(parameters, "ServerCertificateName"), iam._p(parameters, "Path") or "/"
    body, key = iam._p(parameters, "CertificateBody"), iam._p(parameters, "PrivateKey")
    if name in _kept:
        message = f"The Server Certificate with name {name} already exists."
        return iam._error(409, "EntityAlreadyExists", message)
    try:
        if not belongs_to(key, body):
            return iam._error(400, "KeyPairMismatch", "Public key certificate and private key doesn't match.")
    except ValueError:
        return iam._error(400, "MalformedCertificate", "Unable to parse certificate or private key.")
    _kept[name] = {
        "ServerCertificateName": name,
        "Path": path,
        "Arn": f"arn:aws:iam::{get_account_id()}:server-certificate{path}{name}",
        "ServerCertificateId": f"ASCA{new_uuid().replace('-', '')[:17].upper()}",
        "UploadDate": iam._now(),
        "Expiration": validity(body)[1].isoformat(),
        "CertificateBody": body,
        "CertificateChain": iam._p(parameters, "CertificateChain"),
        "key": key,
    }
    return _answer("UploadServerCertificate", _metadata(_kept[name], "ServerCertificateMetadata"))


def _get(parameters: Record):
    record = _kept.get(iam._p(parameters, "ServerCertificateName"))
    if record is None:
        return _unknown(parameters)
    parts = "".join(f"<{part}>{record[part]}</{part}>" for part in ("CertificateBody", "CertificateChain"))
    whole = f"<ServerCertificate>{_metadata(record, 'ServerCertificateMetadata')}{parts}</ServerCertificate>"
    return _answer("GetServerCertificate", whole)


def _list(parameters: Record):
    path = iam._p(parameters, "PathPrefix") or "/"
    told = "".join(_metadata(record, "member") for record in _kept.values() if record["Path"].startswith(path))
    members = f"<ServerCertificateMetadataList>{told}</ServerCertificateMetadataList>"
    return _answer("ListServerCertificates", f"<IsTruncated>false</IsTruncated>{members}")


def _delete(parameters: Record):
    record = _kept.get(iam._p(parameters, "ServerCertificateName"))
    if record is None:
        return _unknown(parameters)
    if any(record["Arn"] in each.get("Certificates", []) for each in alb._listeners.values()):
        message = f"Certificate: {record['ServerCertificateId']} is currently in use by a load balancer."
        return iam._error(409, "DeleteConflict", message)
    del _kept[record["ServerCertificateName"]]
    return _answer("DeleteServerCertificate", "")


def _unknown(parameters: Record):
    name = iam._p(parameters, "ServerCertificateName")
    return iam._error(404, "NoSuchEntity", f"The Server Certificate with name {name} cannot be found.")


def _metadata(record: Record, tag: str) -> str:
    names = ("ServerCertificateName", "Path", "Arn", "ServerCertificateId", "UploadDate", "Expiration")
    return f"<{tag}>{''.join(f'<{name}>{record[name]}</{name}>' for name in names)}</{tag}>"


def _answer(operation: str, inner: str):
    return iam._xml(200, f"{operation}Response", f"<{operation}Result>{inner}</{operation}Result>")
