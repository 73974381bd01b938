# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which rules the security groups lack, for the error of what does not come up: a task that reaches nobody, or that
nobody reaches, says no more than that the time was over.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.errors import FarflowError
from ..engine.reading import read
from ..kinds.ec2.security_group import SecurityGroupRules, documents

#: The option of a module that names them; plugins/doc_fragments/security_group_rules.py documents it.
OPTION = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "name": {"type": "str", "required": True},
        "group_id": {"type": "str", "required": True},
        "ingress": {"type": "dict", "default": {}},
        "egress": {"type": "dict", "default": {}},
    },
}

_ADVICE = (
    "advice: deploy again, which puts back what is missing; the events RevokeSecurityGroupIngress and "
    "RevokeSecurityGroupEgress of AWS CloudTrail tell who took it away"
)


@contextlib.contextmanager
def told_in_errors(clients: Clients, wanted: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """A context: an error in it also says which of the ``wanted`` rules are missing. They are read then, and only then.

    Raises FarflowError
    """
    try:
        yield
    except FarflowError as error:
        missing = _missing(clients, wanted)
        if not missing:
            raise
        raise FarflowError("\n".join([str(error), *missing, _ADVICE])) from error.__cause__


def _missing(clients: Clients, wanted: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence for each rule that is not there; none when AWS does not tell, as the error has a cause of its own."""
    groups = [documents.desired_rules(each) for each in wanted]
    names = {str(each.properties["group_id"]): each.name for each in groups}
    try:
        found = {each.name: each for each in read(SecurityGroupRules(names), clients, names.values())} if names else {}
    except FarflowError:
        return []
    return [sentence for each in groups for sentence in _sentences(each, found.get(each.name), names)]


def _sentences(wanted: Resource, found: Resource | None, names: Mapping[str, str]) -> Iterator[str]:
    group = f"security group {wanted.name} ({wanted.properties['group_id']})"
    if found is None:
        yield f"{group} is not there"
        return
    for direction in documents.DIRECTIONS:
        changes = documents.changes(wanted.properties[direction], found.properties[direction])
        for text, why in changes.authorized.items():
            yield f"{group} lacks the rule that {_told(direction, text, names)}: {why}"


def _told(direction: str, text: str, names: Mapping[str, str]) -> str:
    """``admits tcp 8080 from prod-load-balancer``"""
    rule = documents.rule(text)
    end = names.get(rule.end, rule.end)
    traffic = "all traffic" if rule.protocol == documents.ALL_TRAFFIC else text.rpartition(" ")[0]
    return f"admits {traffic} from {end}" if direction == "ingress" else f"lets {traffic} out to {end}"
