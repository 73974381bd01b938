# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is still to be done when everything has been, in words: which resource, which difference, and where to look for
what keeps it so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..engine.actions import CHANGE, CREATE, Action, failed
from ..engine.known import Existing
from ..engine.tags import ENVIRONMENT, ROLE

_WHO = "another tool, a policy or a rule of the organization; the events of AWS CloudTrail tell who"
_OF_TAGS = (
    f"a change of tags: look who else sets them: {_WHO}. One that is none of ours is left alone when "
    "farflow_ignored_tags names it"
)
_OF_CHANGE = f"a change: look who else sets what stands there, or whether AWS takes it from there: {_WHO}"
_OF_CREATION = f"a creation: look whether it was deleted at once, and by whom: {_WHO}"
_OF_DELETION = (
    f"a deletion: look at its tags. {ENVIRONMENT} and {ROLE} make it one of this environment; if a hand, or a policy "
    f"of tags, has put them on what is not, take them off. If it is, look at what needs or makes it: {_WHO}"
)


def sentences(actions: Sequence[Action], known: Existing) -> str:
    """A line each; below them, for each kind of action that is among them, where to look."""
    advice = dict.fromkeys(each for action in actions for each in _where_to_look(action, known))
    return "\n".join([*(_sentence(each, known) for each in actions), *advice])


def _sentence(action: Action, known: Existing) -> str:
    reasons = [*action.reasons, *_failure(action, known)]
    told = f": {'; '.join(reasons)}" if reasons else ""
    id_ = action.resource.id
    which = f" ({id_})" if id_ and id_ != action.resource.name else ""
    return f"{action.kind} {action.resource.type} {action.resource.name}{which}{told}"


def _failure(action: Action, known: Existing) -> list[str]:
    """AWS's reason where it has begun to make the resource and given up."""
    gone = known.get(failed(action.resource.type), action.resource.name)
    return [f"the last one failed: {gone.reason}"] if gone and action.kind == CREATE else []


def _where_to_look(action: Action, known: Existing) -> Iterator[str]:
    """Nowhere else where the sentence has AWS's own reason, or where the action waits for another one."""
    if action.blocked or _failure(action, known):
        return
    if action.kind == CREATE:
        yield _OF_CREATION
    elif action.kind != CHANGE:
        yield _OF_DELETION
    else:
        of_tags = [reason.startswith("tags ") for reason in action.reasons]
        if any(of_tags):
            yield _OF_TAGS
        if not all(of_tags):
            yield _OF_CHANGE
