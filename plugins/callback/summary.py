# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: summary
type: aggregate
short_description: Say at the end what there is to do, or what has been done
version_added: 0.1.0
description:
  - It follows the looks that M(farflow.airflow.environment_plan) takes, and is silent in playbooks that take none.
  - In check mode it says the plan, in total, by role and resource by resource. Where Ansible has already shown the
    resources as a diff, it only counts.
  - At the end of any other run it says what has been done, and what is left, even if the run failed. Done is what a
    look saw to do and a later look did not. What happened after the last look at a role is not known, and not counted.
  - Where a task failed, that comes first, with its message in lines, and what was to do is called so, not left. Of a
    role with something to do, at which no look was taken after the failure, it says just that.
  - The time of a role is what its tasks took, each until the next one started. Work in the background, such as the
    build of an image, is counted for the role that waits for it, for as long as it waits.
author: farflow.airflow contributors (@farflow)
requirements:
  - To be enabled, by C(callbacks_enabled = farflow.airflow.summary) in the section C([defaults]) of ansible.cfg, or by
    E(ANSIBLE_CALLBACKS_ENABLED).
"""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible import constants as C
from ansible.plugins.callback import CallbackBase

from ..module_utils.engine.compare import UNKNOWN

LOOKS = ("farflow.airflow.environment_plan", "environment_plan")
#: It does all that a layer has to do, so no look has to follow it: the layer.
DOES = {"farflow.airflow.dag_bundles": "dags"}

Action = Mapping[str, Any]
Key = tuple[str, str, str, int]
Line = tuple[str, str | None]


class Kind(NamedTuple):
    """How one kind of action is said."""

    sign: str
    color: str
    to_do: str
    done: str


KINDS = {
    "create": Kind("+", C.COLOR_DIFF_ADD, "to create", "created"),
    "change": Kind("~", C.COLOR_CHANGED, "to change", "changed"),
    "delete": Kind("-", C.COLOR_DIFF_REMOVE, "to delete", "deleted"),
}


_NOT_LOOKED_AT_SINCE = (
    "To do at the last look. None was taken after the failure, so some of it may be done; a plan says what is left:"
)


class Failure(NamedTuple):
    """A task that failed, and what it said."""

    task: str
    message: str


class Clock:
    """Wall seconds by role, in ``seconds``; those of tasks without a role are under None."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str | None, float] = defaultdict(float)
        self._role: str | None = None
        self._since = time.monotonic()

    def turn(self, role: str | None) -> None:
        """From now on time is the role's."""
        now = time.monotonic()
        self.seconds[self._role] += now - self._since
        self._role, self._since = role, now


class Ledger:
    """What the looks of one play at one host's environment saw. ``is_plan``: all of them were in check mode;
    ``unseen``: the layers after whose latest look a task has failed, so some of what that saw to do may be done.
    """

    def __init__(self, title: str, clock: Clock) -> None:
        self.title = title
        self.clock = clock
        self.is_plan = True
        self.unseen: set[str] = set()
        self._seen: dict[str, dict[Key, Action]] = {}
        self._latest: dict[str, Sequence[Action]] = {}
        self._told: dict[str, bool] = {}

    def add(self, layers: Mapping[str, Any], check_mode: bool, told: bool) -> None:
        """A look at some layers. ``told``: its actions are on the screen already."""
        self.is_plan = self.is_plan and check_mode
        self.unseen -= layers.keys()
        for name, layer in layers.items():
            seen = self._seen.setdefault(name, {})
            for key, action in _keyed(layer["actions"]):
                seen[key] = _merged(seen[key], action) if key in seen else action
            self._latest[name] = layer["actions"]
            self._told[name] = told

    def fail(self) -> None:
        """A task has failed."""
        self.unseen.update(self._latest)

    def settle(self, layer: str) -> None:
        """All that the latest look saw to do in a layer has been done."""
        if layer in self._latest:
            self._latest[layer] = []

    def left(self) -> dict[str, Sequence[Action]]:
        """By layer what the latest look saw to do."""
        return {name: actions for name, actions in self._latest.items() if actions}

    def untold(self) -> dict[str, Sequence[Action]]:
        """What is left, without what is on the screen already."""
        return {name: actions for name, actions in self.left().items() if not self._told[name]}

    def done(self) -> dict[str, Sequence[Action]]:
        """By layer what a look saw to do and the latest did not; also nothing, if the role of the layer took time."""
        done = {name: self._done_in(name) for name in self._seen}
        return {name: actions for name, actions in done.items() if actions or name in self.clock.seconds}

    def _done_in(self, name: str) -> list[Action]:
        left = dict(_keyed(self._latest[name]))
        done = {key: action for key, action in self._seen[name].items() if key not in left}
        # What was created was not also changed.
        return [action for (kind, *rest), action in done.items() if kind != "change" or ("create", *rest) not in done]


def _keyed(actions: Iterable[Action]) -> Iterator[tuple[Key, Action]]:
    """Actions by what they are; the number tells two resources with one name apart."""
    times: Counter[tuple[str, str, str]] = Counter()
    for action in actions:
        key = action["kind"], action["type"], action["name"]
        yield (*key, times[key]), action
        times[key] += 1


def _merged(earlier: Action, later: Action) -> Action:
    """An action with the reasons of both looks: it may be done in parts, and what was unknown may be known by now."""
    known = [reason for reason in earlier["reasons"] if UNKNOWN not in reason]
    return {**later, "reasons": list(dict.fromkeys([*known, *later["reasons"]]))}


def report(ledger: Ledger) -> list[Line]:
    """The summary below its heading, none if nothing was to do: lines with their colours."""
    done, left = ledger.done(), ledger.left()
    if not left and not any(done.values()):
        return []
    if ledger.is_plan:
        return [*_table(left, "to_do"), *_resources(ledger.untold())]
    unseen = ledger.unseen & left.keys()
    lines = [*_table(done, "done", ledger.clock.seconds, unseen), *_resources(done)]
    if left:
        heading = _NOT_LOOKED_AT_SINCE if unseen else "Left at the last look:"
        lines += [(heading, C.COLOR_WARN), *_table(left, "to_do"), *_resources(left)]
    return lines


def _table(
    layers: Mapping[str, Sequence[Action]],
    tense: str,
    seconds: Mapping[str | None, float] | None = None,
    unseen: Collection[str] = (),
) -> list[Line]:
    """One row in total, then one for each layer, aligned, with the time of each if ``seconds`` are given. Of those that
    are ``unseen`` nobody knows that nothing was done.
    """
    rows = [("in all", _counts([action for actions in layers.values() for action in actions], tense, zeros=True))]
    none = {name: "not looked at since" if name in unseen else "nothing" for name in layers}
    rows += [(name, _counts(actions, tense) or none[name]) for name, actions in layers.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"{name:{widths[0]}}  {counts:{widths[1]}}" for name, counts in rows]
    if seconds is not None:
        times = [sum(seconds.values()), *(seconds.get(name, 0.0) for name in layers)]
        lines = [f"{line}  {_duration(time_):>12}" for line, time_ in zip(lines, times, strict=True)]
    return [(line.rstrip(), None) for line in lines]


def _counts(actions: Iterable[Action], tense: str, zeros: bool = False) -> str:
    numbers = Counter(action["kind"] for action in actions)
    return ", ".join(f"{getattr(KINDS[kind], tense)} {numbers[kind]}" for kind in KINDS if zeros or numbers[kind])


def _resources(layers: Mapping[str, Iterable[Action]]) -> list[Line]:
    return [_resource(name, action) for name, actions in layers.items() for action in actions]


def _resource(layer: str, action: Action) -> Line:
    kind = KINDS[action["kind"]]
    reasons = f": {'; '.join(action['reasons'])}" if action["reasons"] else ""
    return f"{kind.sign} {layer}: {action['type']} {action['name']}{reasons}", kind.color


def _does_a_layer(task: Any) -> bool:
    return task.action in DOES and not task.check_mode and task.args.get("state", "current") == "current"


def _message(result: Mapping[str, Any]) -> str:
    """What a task that failed said; of a loop, what its first item that failed did."""
    failed = (each for each in result.get("results", ()) if each.get("failed"))
    return str(next(failed, result).get("msg") or "its output has been hidden")


def _duration(seconds: float) -> str:
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    return "{} min {} s".format(*divmod(round(seconds), 60))


class CallbackModule(CallbackBase):
    """Keeps a ledger for each play and host that takes a look, and prints them at the end of the playbook."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "farflow.airflow.summary"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ledgers: list[Ledger] = []
        self._play = ""
        self._ledger_of_host: dict[str, Ledger] = {}
        self._clock = Clock()
        self._looks = False
        self._failures: dict[str, Failure] = {}

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._clock.turn(None)
        self._looks = False
        self._play, self._ledger_of_host, self._clock = play.get_name(), {}, Clock()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._looks = self._looks or task.action in LOOKS
        self._clock.turn(task._role.get_name(include_role_fqcn=False) if task._role else None)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self.v2_playbook_on_task_start(task, False)

    def v2_runner_on_ok(self, result: Any) -> None:
        task, host = result.task, result.host.get_name()
        if task.action in LOOKS:
            self._add(result)
        elif host in self._ledger_of_host and _does_a_layer(task):
            self._ledger_of_host[host].settle(DOES[task.action])

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if self._looks and not ignore_errors:
            host = result.host.get_name()
            self._failures.setdefault(host, Failure(result.task.get_name(), _message(result.result)))
            if host in self._ledger_of_host:
                self._ledger_of_host[host].fail()
        if result.task.action in LOOKS:
            self._add(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._clock.turn(None)
        for host, failure in self._failures.items():
            if host in stats.failures:  # else it was rescued
                self._display.banner(f"FAILED [{host}: {failure.task}]")
                for line in failure.message.splitlines():
                    self._display.display(line, color=C.COLOR_ERROR)
        self._failures = {}
        for ledger in self._ledgers:
            self._print(ledger)
        self._ledgers = []

    def _add(self, result: Any) -> None:
        """The look, or the looks of a loop. One that failed or was hidden has no layers."""
        task, host = result.task, result.host.get_name()
        for look in result.result.get("results", [result.result]):
            if "layers" in look:
                # Ansible's own callback shows a diff only of what has changed.
                told = bool(task.diff and look["changed"])
                self._ledger(host).add(look["layers"], bool(task.check_mode), told)

    def _ledger(self, host: str) -> Ledger:
        if host not in self._ledger_of_host:
            self._ledger_of_host[host] = Ledger(f"{self._play}: {host}", self._clock)
            self._ledgers.append(self._ledger_of_host[host])
        return self._ledger_of_host[host]

    def _print(self, ledger: Ledger) -> None:
        heading = "PLAN" if ledger.is_plan else "SUMMARY"
        if len(self._ledgers) > 1:
            heading = f"{heading} [{ledger.title}]"
        lines = report(ledger)
        if not lines:
            time_ = "" if ledger.is_plan else f", {_duration(sum(ledger.clock.seconds.values()))}"
            since = " at the last look; none was taken after the failure" if ledger.unseen else ""
            color = C.COLOR_WARN if ledger.unseen else C.COLOR_OK
            self._display.display(f"{heading}: nothing to create, to change or to delete{since}{time_}", color=color)
            return
        self._display.banner(heading)
        for text, color in lines:
            self._display.display(text, color=color)
