# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How AWS is called: clients made once, errors that name verb and resource, all pages of a list."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from .errors import FarflowError
from .ignored_tags import ignores, leave_out_tags

try:
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
    from botocore.exceptions import ConnectionError as NotConnected
except ImportError:  # AnsibleAWSModule says what is missing
    Config = None
    BotoCoreError = ClientError = HTTPClientError = IncompleteReadError = NotConnected = Exception

_ATTEMPTS = 10

#: What AWS says to who may not do what was asked. Each service has its own word.
ACCESS_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}

# Seconds in which a connection is made, or an answer begins; the longer ones are botocore's own.
_PATIENTLY, _BRIEFLY = 60, 3

#: What AWS says when it is asked too much. Each service has its own word.
_THROTTLED = {
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}

_ADVICE = {
    **dict.fromkeys(ACCESS_DENIED, "give the identity that runs this the permission named above"),
    "ExpiredToken": "renew the AWS credentials and run again",
    "ExpiredTokenException": "renew the AWS credentials and run again",
    "UnrecognizedClientException": "check the AWS credentials and the region",
    "InvalidClientTokenId": "check the AWS credentials and the region",
    **dict.fromkeys(_THROTTLED, "AWS throttled every attempt: run again, what is done is kept"),
    "LimitExceededException": "ask AWS for a higher quota, or remove what is not needed",
}


#: What no policy of the identity itself mends, by AWS's words. Source: "Troubleshoot access denied error messages" in
#: the guide of IAM.
_KEPT_BACK = {
    "service control policy": "the organization forbids it to everybody in this account, whatever rights they have: "
    "ask who manages the organization",
    "resource control policy": "the organization forbids it on the resources of this account: ask who manages the "
    "organization",
    "permissions boundary": "the permissions boundary of the identity that runs this does not let it: ask who manages "
    "the boundary",
    "session policy": "the policy of this session of the identity does not let it: begin a session without",
    "VPC endpoint policy": "the policy of the VPC endpoint that the call went through does not let it",
}


class Clients:
    """boto3 clients of one session, each made at its first use: ``clients("ecs")``. Safe between threads. Their answers
    lack AWS's own tags and the ignored ones.
    """

    def __init__(self, make: Callable[..., Any], ignored_tags: Iterable[str] = ()) -> None:
        """``make(service, config=...)`` returns a boto3 client; ``AnsibleAWSModule.client`` is one. ``ignored_tags``
        are keys of tags, or beginnings of keys that end with ``*``.
        """
        self._make = make
        self.ignores = ignores(ignored_tags)
        self._made: dict[tuple[str, int, int, bool], Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str) -> Any:
        return self._client(service)

    def with_ignored_tags(self, service: str) -> Any:
        """The client whose answers have all tags, for calls that replace them as a whole."""
        return self._client(service, all_tags=True)

    def once(self, service: str) -> Any:
        """The client for calls that AWS would perform again when they are repeated: it makes each once. Raises
        FarflowError where the task's ``aws_config`` says otherwise.
        """
        client = self._client(service, 1)
        if client.meta.config.retries.get("total_max_attempts") != 1:
            raise FarflowError(
                f"aws_config sets retries, which {service} cannot be given: a call that makes something is repeated "
                "here only when AWS shows that it made nothing; leave retries out"
            )
        return client

    def briefly(self, service: str) -> Any:
        """The client for what can be done without: it asks twice at most, and waits some seconds for each answer."""
        return self._client(service, 2, _BRIEFLY)

    def _client(
        self, service: str, attempts: int = _ATTEMPTS, seconds: int = _PATIENTLY, all_tags: bool = False
    ) -> Any:
        key = service, attempts, seconds, all_tags
        with self._lock:
            if key not in self._made:
                config = Config(
                    retries={"mode": "adaptive", "total_max_attempts": attempts},
                    max_pool_connections=32,
                    connect_timeout=seconds,
                    read_timeout=seconds,
                )
                client = self._made[key] = self._make(service, config=config)
                if not all_tags:
                    client.meta.events.register_last("after-call", self._leave_out_tags)
            return self._made[key]

    def _leave_out_tags(self, parsed: Any, **_unused: Any) -> None:
        leave_out_tags(parsed, self.ignores)


@contextmanager
def doing(verb: str, resource: str, name: str = "") -> Iterator[None]:
    """Turns an error of AWS into one that says ``could not <verb> <resource> <name>: <AWS's words>``."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        what = f"could not {verb} {resource} {name}".rstrip()
        advice = _advice(error)
        raise FarflowError(f"{what}: {error}" + (f" ({advice})" if advice else "")) from error


def _advice(error: Exception) -> str | None:
    """What helps, by AWS's code, and of a missing right by what AWS says of who keeps it back."""
    code = error_code(error)
    kept_back = (helps for words, helps in _KEPT_BACK.items() if code in ACCESS_DENIED and words in str(error))
    return next(kept_back, None) or _ADVICE.get(code)


def error_code(error: Exception) -> str:
    """AWS's code of an error, such as ``ResourceNotFoundException``; empty when it has none."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def is_one_of(code: str, codes: Collection[str]) -> bool:
    """Whether a code is among some, however AWS spells it: ``InvalidVpcID.NotFound`` and ``InvalidVpcId.NotFound`` by
    the action, ``DBSnapshotNotFound`` and ``DBSnapshotNotFoundFault`` by the document.
    """
    return _spelt_alike(code) in {_spelt_alike(each) for each in codes}


def _spelt_alike(code: str) -> str:
    return code.lower().removesuffix("fault")


def caused_by(error: FarflowError, codes: Collection[str]) -> bool:
    """Whether an error of ``doing`` stands for an answer of AWS with one of the codes."""
    cause = error.__cause__
    return isinstance(cause, Exception) and is_one_of(error_code(cause), codes)


def is_turned_away(error: FarflowError) -> bool:
    """Whether an error of ``doing`` says that AWS was not reached, or was asked too much: it did nothing."""
    return isinstance(error.__cause__, NotConnected) or caused_by(error, _THROTTLED)


def is_unanswered(error: FarflowError) -> bool:
    """Whether an error of ``doing`` leaves open if AWS did it: no answer came, or one of AWS's own failures."""
    cause = error.__cause__
    status = (getattr(cause, "response", None) or {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return (isinstance(cause, (HTTPClientError, IncompleteReadError)) or status >= 500) and not is_turned_away(error)


def pages(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """All items under ``key`` over all pages of a list operation of a boto3 client."""
    paginator = client.get_paginator(operation)
    return [item for page in paginator.paginate(**arguments) for item in page.get(key, [])]


def unless(codes: set[str], call: Callable[[], Any], default: Any = None) -> Any:
    """The call's answer, or ``default`` when AWS answers with one of the error codes."""
    try:
        return call()
    except ClientError as error:
        if is_one_of(error_code(error), codes):
            return default
        raise


def refused(codes: set[str], call: Callable[[], Any]) -> str:
    """AWS's words when it answers the call with one of the error codes; empty when it does what is asked."""
    try:
        call()
    except ClientError as error:
        if is_one_of(error_code(error), codes):
            return str(error)
        raise
    return ""


def chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    """The items in lists of at most ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def tag_list(tags: dict[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """A dictionary of tags in the form of the AWS API."""
    return [{key: name, value: text} for name, text in tags.items()]


def tag_dict(tags: list[dict[str, str]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """The AWS API's list of tags as a dictionary, without the tags that AWS itself sets."""
    return {tag[key]: tag[value] for tag in tags or [] if not tag[key].startswith("aws:")}
