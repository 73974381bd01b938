"""The scenarios, each contender's turn with them, and what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.embedded_aws import EmbeddedAWS
from tests.embedded_aws.limits import PUBLISHED

from . import contenders
from .contenders import NO_OP, Command, Contender, Place
from .measure import Failed, Meter, Usage, cheapest
from .workload import Workload, family

FIRST = "first deploy"
MEMORY = "one memory change"
IMAGE = "one image change"
EMPTY = "empty playbook"

#: Said of a scenario in which AWS throttles.
AT_RATES = ", at AWS's rates"


@dataclass(frozen=True)
class Measurement:
    """What one contender used for one scenario. ``did`` is whether AWS shows the edit afterwards, None where there was
    none.
    """

    scenario: str
    size: int
    contender: str
    usage: Usage
    did: bool | None = None


@dataclass(frozen=True)
class Bench:
    """``say`` tells how far it is; ``repetitions`` of every no-op, the cheapest of which counts."""

    aws: EmbeddedAWS
    folder: Path
    repetitions: int
    say: Callable[[str], None]

    def empty_playbook(self) -> Measurement:
        """The floor under everything that Ansible does."""
        place = self._place("empty")
        meter = Meter(self.aws, place.folder)
        usage = cheapest(lambda: _run(meter, EMPTY, contenders.empty_playbook(place)), self.repetitions)
        return self._told(Measurement(EMPTY, 0, "ansible-playbook", usage))

    def turn(self, contender: Contender, size: int, changes: bool = True) -> Iterator[Measurement]:
        """All scenarios of one contender on an account of its own, with so many DAG tasks.

        Raises: Failed, contenders.Missing
        """
        turn = self._turn(contender, size)
        yield self._told(turn.first())
        for scenario, arguments in contender.no_ops.items():
            yield self._told(turn.no_op(scenario, arguments))
        if changes:
            yield self._told(turn.edit(MEMORY, turn.workload.change_memory))
            yield self._told(turn.edit(IMAGE, turn.workload.change_image))

    def turn_at_rates(self, contender: Contender, size: int) -> Iterator[Measurement]:
        """The first deploy and the no-op, while AWS throttles beyond the rates that it publishes: how long they take.

        Raises: Failed
        """
        with self.aws.behaviours(rates=PUBLISHED):
            turn = self._turn(contender, size, AT_RATES)
            yield self._told(turn.first())
            yield self._told(turn.no_op(NO_OP, []))

    def _turn(self, contender: Contender, size: int, said: str = "") -> _Turn:
        self.aws.reset()
        place = self._place(_file_name(f"{contender.name} {size}{said}"))
        contender.prepare(place)
        workload = Workload(size, place.folder / "project")
        return _Turn(self, contender, workload, place, Meter(self.aws, place.folder), said)

    def _place(self, name: str) -> Place:
        folder = self.folder / name
        folder.mkdir()
        return Place(self.aws, folder)

    def _told(self, measured: Measurement) -> Measurement:
        used = measured.usage
        self.say(
            f"{measured.contender}, N = {measured.size}, {measured.scenario}: {used.cpu_seconds:.2f} CPU s, "
            f"{used.wall_seconds:.1f} s, {used.memory_mib:.0f} MiB, {used.calls} calls"
        )
        return measured


@dataclass(frozen=True)
class _Turn:
    """``said`` is said of each scenario."""

    bench: Bench
    contender: Contender
    workload: Workload
    place: Place
    meter: Meter
    said: str

    def first(self) -> Measurement:
        return self._measurement(FIRST, self._run(FIRST, []), None)

    def no_op(self, scenario: str, arguments: list[str]) -> Measurement:
        before = self._registered()
        usage = cheapest(lambda: self._run(scenario, arguments), self.bench.repetitions)
        if self._registered() != before:
            raise Failed(f"{self.contender.name}: {NO_OP} registers a task definition, see {self.place.folder}")
        return self._measurement(scenario, usage, None)

    def edit(self, scenario: str, change: Callable[[], None]) -> Measurement:
        before = self._registered()
        change()
        usage = self._run(scenario, [])
        return self._measurement(scenario, usage, self._registered() != before)

    def _registered(self) -> tuple[str, str, str]:
        """ARN, memory and image of the newest revision for the task that is edited."""
        found = contenders.task_definition(self.bench.aws, family(self.workload.tasks[-1]))
        return found["taskDefinitionArn"], found["memory"], found["containerDefinitions"][0]["image"]

    def _run(self, scenario: str, arguments: list[str]) -> Usage:
        return _run(self.meter, scenario, self.contender.command(self.place, self.workload, arguments))

    def _measurement(self, scenario: str, usage: Usage, did: bool | None) -> Measurement:
        return Measurement(scenario + self.said, self.workload.size, self.contender.name, usage, did)


def _run(meter: Meter, scenario: str, command: Command) -> Usage:
    return meter.run(_file_name(scenario), command.arguments, command.folder, command.environment)


def _file_name(words: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in words)
