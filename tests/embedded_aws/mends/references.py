"""What names something that others have made: AWS refuses what is not there, or can't be used."""

from __future__ import annotations

from typing import Any

from ministack.services import acm, alb, iam


def apply() -> None:
    alb._default_certificate = look_up_certificate(alb._default_certificate)
    iam._IAM_HANDLERS["AttachRolePolicy"] = look_up_policy(iam._IAM_HANDLERS["AttachRolePolicy"])


def look_up_certificate(default_certificate):
    """Fault: a listener takes any certificate. AWS takes one of ACM that is of this account and region, and issued.
    Those that IAM keeps are not emulated.
    """

    def handler(parameters: dict[str, Any]):
        arns, error = default_certificate(parameters)
        for arn in [] if error else arns:
            if ":acm:" not in arn:
                continue
            found = acm._get_local_certificate(arn)
            if not found:
                return None, alb._error("CertificateNotFound", f"Certificate '{arn}' not found")
            if found["Status"] != "ISSUED":
                message = (
                    f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a "
                    "supported key size."
                )
                return None, alb._error("UnsupportedCertificate", message)
        return arns, error

    return handler


def look_up_policy(attach):
    """Fault: a managed policy that does not exist can be attached."""

    def handler(parameters: dict[str, Any]):
        arn = iam._p(parameters, "PolicyArn")
        if not iam._policy_exists(arn):
            message = f"Policy {arn} does not exist or is not attachable."
            return iam._error(404, "NoSuchEntity", message, ns="iam")
        return attach(parameters)

    return handler
