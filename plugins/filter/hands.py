# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Filters that give modules the plan's words in theirs."""

from __future__ import annotations

import shlex

from ..module_utils.pure.layers.security_groups import rule_arguments


def security_group_rules(rules):
    """``{"tcp 8080 sg-1": "why"}`` as ``rules`` of amazon.aws.ec2_security_group."""
    return [rule_arguments(text, why) for text, why in rules.items()]


def routes(targets):
    """``{"0.0.0.0/0": "nat-1"}`` as ``routes`` of amazon.aws.ec2_vpc_route_table."""
    return [{"dest": destination, "gateway_id": target} for destination, target in targets.items()]


def only(items, *keys, **more):
    """The items with these keys only, and with ``more`` added to each: what a module wants to know of a deletion."""
    return [{**{key: item[key] for key in keys}, **more} for item in items]


def command_line(text):
    """A command line as a list of words, as a shell splits it."""
    return shlex.split(text)


class FilterModule:
    """The filters by name."""

    def filters(self):
        return {
            "security_group_rules": security_group_rules,
            "routes": routes,
            "only": only,
            "command_line": command_line,
        }
