"""A container is run to its end and is gone afterwards, whatever happens."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.runs.docker_containers import Run, run_to_end
from docker.errors import APIError, NotFound

RUN = Run("airflow:1", ["check"], {"A": "1"}, "check the DAGs", "dag-check", [("/opt/airflow", b"packed")])


class Engine:
    """A Docker engine that says what it is told to; ``there`` has the containers that it has."""

    def __init__(self, pieces=(), code=0, **errors):
        self.pieces, self.code, self.errors = pieces, code, errors
        self.there: set[str] = set()
        self.copied: list[tuple[str, str, bytes]] = []

    def _may_fail(self, step):
        if step in self.errors:
            raise self.errors[step]

    def create_container(self, image, command, **_options):
        self._may_fail("create")
        self.there.add("c1")
        return {"Id": "c1"}

    def put_archive(self, container, folder, archive):
        self._may_fail("copy")
        self.copied.append((container, folder, archive))

    def start(self, container):
        self._may_fail("start")

    def logs(self, container, stream, follow):
        return iter(self.pieces)

    def wait(self, container):
        return {"StatusCode": self.code}

    def remove_container(self, container, v, force):
        self.there.remove(container)


def test_lines_come_whole_and_the_exit_code_is_the_programs():
    engine, lines = Engine([b"one\r\ntw", b"o\n", b"thr", b"ee"], code=3), []
    assert run_to_end(engine, RUN, lines.append) == 3
    assert lines == ["one", "two", "three"]
    assert engine.copied == [("c1", "/opt/airflow", b"packed")]
    assert engine.there == set()


@pytest.mark.parametrize("step", ["create", "copy", "start"])
def test_an_error_of_the_engine_says_what_was_being_done(step):
    engine = Engine(**{step: APIError("no space left")})
    with pytest.raises(FarflowError, match="could not check the DAGs in a container of airflow:1: no space left"):
        run_to_end(engine, RUN, print)
    assert engine.there == set()


def test_an_image_that_is_not_airflows_is_told_as_such():
    engine = Engine(copy=NotFound("Could not find the file /opt/airflow"))
    with pytest.raises(FarflowError, match="the image has no folder /opt/airflow, so it is not Airflow's"):
        run_to_end(engine, RUN, print)
    assert engine.there == set()
