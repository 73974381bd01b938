"""The call log is a file that grows, is read back and is emptied."""

from __future__ import annotations

from tests.embedded_aws.calls import CallLog


def test_calls_are_read_back_in_order(tmp_path):
    log = CallLog(tmp_path / "calls.jsonl")
    log.add({"operation": "RunTask"})
    log.add({"operation": "StopTask"})
    assert [call["operation"] for call in log.all()] == ["RunTask", "StopTask"]


def test_reset_forgets_and_goes_on(tmp_path):
    log = CallLog(tmp_path / "calls.jsonl")
    log.add({"operation": "RunTask"})
    log.reset()
    log.add({"operation": "StopTask"})
    assert (tmp_path / "calls.jsonl").read_text() == '{"operation": "StopTask"}\n'
