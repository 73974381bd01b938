"""Certificates of servers, in PEM: the names in them, and TLS as a load balancer speaks it with them."""

from __future__ import annotations

import functools
import ssl
import tempfile
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def names_in(certificate: str) -> list[str]:
    """The names for which it is: those of its extension, or that of its subject."""
    parsed = _parsed(certificate)
    try:
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return names.value.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        common = parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return [str(name.value) for name in common]


def validity(certificate: str) -> tuple[datetime, datetime]:
    """From when until when it is valid."""
    parsed = _parsed(certificate)
    return parsed.not_valid_before_utc, parsed.not_valid_after_utc


def belongs_to(key: str, certificate: str) -> bool:
    """Whether it is the private key of the certificate. Raises ValueError for what is neither, or has a password."""
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except TypeError as error:
        raise ValueError("the key has a password") from error
    return private.public_key() == _parsed(certificate).public_key()


def _parsed(certificate: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.encode())


@functools.lru_cache
def server_context(certificates: Sequence[tuple[str, str]], policy: str) -> ssl.SSLContext:
    """Each certificate with its chain, and its key. The first is the default one: it is shown to clients that name no
    host, or one for which none of the others is.
    """
    default, *others = (_context(certificate, key, policy) for certificate, key in certificates)
    names = [names_in(certificate) for certificate, _key in certificates[1:]]

    def choose(connection: ssl.SSLObject, host: str | None, _context: ssl.SSLContext) -> None:
        fitting = (other for those, other in zip(names, others, strict=True) if _is_for(host or "", those))
        connection.context = next(fitting, default)

    default.sni_callback = choose
    return default


def _is_for(host: str, names: Sequence[str]) -> bool:
    return host in names or f"*.{host.partition('.')[2]}" in names


def _context(certificate: str, key: str, policy: str) -> ssl.SSLContext:
    """What versions of TLS a security policy allows is in its name. OpenSSL itself refuses those before 1.2."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if "-TLS13-1-3-" in policy else ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_3 if "-TLS13-" in policy else ssl.TLSVersion.TLSv1_2
    with tempfile.NamedTemporaryFile() as file:
        file.write(f"{key}\n{certificate}".encode())
        file.flush()
        context.load_cert_chain(file.name)
    return context
