"""A command that needs a Docker engine has one for as long as it takes."""

from __future__ import annotations

import sys

import pytest

from tests.embedded_aws import command_line, engine


@pytest.fixture
def told(monkeypatch):
    """What was done to the engine; ``told.there`` says whether one answers."""

    class PrefetchedTags(list):
        there = False

    told = PrefetchedTags()
    monkeypatch.setattr(engine, "answers", lambda: told.there)
    monkeypatch.setattr(engine, "ensure", lambda: told.append("ensure"))
    monkeypatch.setattr(engine, "stop", lambda: told.append("stop"))
    monkeypatch.setattr(command_line.signal, "signal", lambda number, action: None)  # pytest has its own
    return told


def run(monkeypatch, code):
    monkeypatch.setattr(sys, "argv", ["embedded_aws", "engine", sys.executable, "-c", f"import sys; sys.exit({code})"])
    return command_line.main()


def test_one_that_was_started_is_stopped_whatever_the_end(told, monkeypatch):
    assert run(monkeypatch, 3) == 3
    assert told == ["ensure", "stop"]


def test_one_that_was_there_stays(told, monkeypatch):
    told.there = True
    assert run(monkeypatch, 0) == 0
    assert told == ["ensure"]


def test_where_there_can_be_none_the_command_does_not_run(told, monkeypatch, capsys):
    def refuse():
        raise engine.EngineError("no engine")

    monkeypatch.setattr(engine, "ensure", refuse)
    assert run(monkeypatch, 0) == 1
    assert capsys.readouterr().err == "embedded AWS: no engine\n"
