"""An answer to HEAD is nothing but its head. Where the connection ends within that, Python takes what there is."""

from __future__ import annotations

import io

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine import waiting
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import s3_objects
from botocore import exceptions

WHOLE = {"ETag": '"0"', "ContentLength": 3, "Metadata": {}}
CUT = {"ContentLength": 1000}


class BrokenOff:
    """Content of which a part does not come."""

    def __init__(self, error):
        self.error = error

    def read(self):
        raise self.error


class S3:
    """Gives its answers in their order, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def head_object(self, **_unused):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    get_object = head_object


@pytest.fixture
def clock(monkeypatch):
    """Pauses are over at once."""
    seconds = [0.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: seconds[0])
    monkeypatch.setattr(waiting.time, "sleep", lambda pause: seconds.__setitem__(0, seconds[0] + pause))


def head(*answers):
    s3 = S3(*answers)
    return s3_objects.head(lambda service: s3, "bucket", "key")


def test_an_answer_that_was_cut_is_asked_for_again(clock):
    assert head(CUT, CUT, WHOLE) == WHOLE


def test_answers_that_are_always_cut_end_in_an_error_that_says_so(clock):
    with pytest.raises(
        FarflowError, match="AWS to tell of S3 object s3://bucket/key after 60 s: its answer had no ETag"
    ):
        head(CUT)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ResponseStreamingError(error="IncompleteRead"),
        exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=1000),
        exceptions.ReadTimeoutError(endpoint_url="https://s3"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_content_that_breaks_off_is_read_again(clock, error):
    s3 = S3({**WHOLE, "Body": BrokenOff(error)}, {**WHOLE, "Body": io.BytesIO(b"abc")})
    assert s3_objects.get(lambda service: s3, "bucket", "key") == (b"abc", '"0"')
