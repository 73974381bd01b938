"""What AWS answers to this process: listened to, and given again without asking AWS."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.model import Shape
from botocore.response import StreamingBody

_call = BaseClient._make_api_call

#: Makes of an operation, its arguments as JSON and a copy of the answer the answer that is given.
Change = Callable[[str, str, Any], Any]


class Answers:
    """Answers by operation, for example ``ecs DescribeClusters``, and by the arguments of the call as JSON. An error of
    AWS's is an answer, too.
    """

    def __init__(self) -> None:
        self.by_operation: dict[str, dict[str, Any]] = {}
        self.shapes: dict[str, Shape] = {}

    @contextmanager
    def heard(self) -> Iterator[Answers]:
        """Remembers what AWS answers meanwhile."""

        def call(client: Any, operation: str, arguments: Any) -> Any:
            name, key = _key(client, operation, arguments)
            try:
                answer = _call(client, operation, arguments)
            except ClientError as error:
                self.by_operation.setdefault(name, {})[key] = error
                raise
            self.shapes[name] = client.meta.service_model.operation_model(operation).output_shape
            kept = {member: value for member, value in answer.items() if member != "ResponseMetadata"}
            if isinstance(kept.get("Body"), StreamingBody):
                kept["Body"] = answer["Body"].read()
                answer["Body"] = _streamed(kept["Body"])
            self.by_operation.setdefault(name, {})[key] = kept
            return answer

        with patch.object(BaseClient, "_make_api_call", call):
            yield self

    @contextmanager
    def given(self, change: Change = lambda operation, arguments, answer: answer) -> Iterator[None]:
        """Answers in the place of AWS, with what ``change`` makes of each. Raises AssertionError for a call that was
        not heard.
        """

        def call(client: Any, operation: str, arguments: Any) -> Any:
            name, key = _key(client, operation, arguments)
            answers = self.by_operation.get(name, {})
            assert key in answers, f"nobody has asked for {name} with {key}"
            if isinstance(answers[key], ClientError):
                raise answers[key]
            answer = change(name, key, copy.deepcopy(answers[key]))
            if isinstance(answer.get("Body"), bytes):
                answer["Body"] = _streamed(answer["Body"])
            return answer

        with patch.object(BaseClient, "_make_api_call", call):
            yield

    def differing(self, other: Answers) -> set[str]:
        """The operations that have answered otherwise there, or to other calls."""
        names = self.by_operation.keys() | other.by_operation.keys()
        return {name for name in names if self._of(name) != other._of(name)}

    def _of(self, operation: str) -> dict[str, Any]:
        found = self.by_operation.get(operation, {})
        return {key: str(each) if isinstance(each, ClientError) else each for key, each in found.items()}


def _key(client: Any, operation: str, arguments: Any) -> tuple[str, str]:
    words = json.dumps(arguments, sort_keys=True, default=str)
    return f"{client.meta.service_model.service_name} {operation}", words


def _streamed(body: bytes) -> StreamingBody:
    return StreamingBody(BytesIO(body), len(body))
