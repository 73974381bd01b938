"""Whether a call is signed with the secret that goes with its access key, in the header or in the URL.

Source: "AWS Signature Version 4 for API requests" in the guide of IAM.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from ministack.core import sigv4

from ..parsed import Call

MISMATCH = sigv4.SIGNATURE_MISMATCH


def is_right(call: Call, secret: str) -> bool:
    """Of a body that is streamed the hash that the call tells is believed."""
    request = call.request
    query = parse_qs(request.query, keep_blank_values=True)
    in_url = "authorization" not in request.headers
    found = sigv4.parse_query_signature(query) if in_url else sigv4.parse_header_signature(request.headers)
    if isinstance(found, tuple):
        return False
    failure = sigv4.header_signature_failure(
        found, secret, request.method, request.raw_path, query, request.headers, call.body, presigned=in_url
    )
    return failure is None
