# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an optional setting has set of an object in AWX, and does not set any more."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from ..module_utils.awx.assets import Asset
from ..module_utils.awx.set import Setting, settings_in, told, with_settings
from .awx import Object
from .awx_look import Look

#: Fields, and what they are when nobody has set them.
_NOTHING = {"timeout": 0, "ask_scm_branch_on_launch": False, "allow_override": False, "webhook_service": ""}
_RELATIONS = {"label": "labels", "instance_group": "instance_groups"}


class TakenBack:
    """Says it, and with ``exact`` and ``perform`` takes it off. ``unwanted`` has a line for each that stays.

    ``later`` has the fields of a project that can't be taken back before those of its templates are.
    """

    def __init__(self, look: Look, exact: bool, perform: bool) -> None:
        self.unwanted: list[str] = []
        self.later: list[tuple[Asset, Object, dict[str, Any]]] = []
        self._look, self._exact, self._perform = look, exact, perform

    def mend(self, asset: Asset, one: Object, fields: dict[str, Any]) -> Iterator[str]:
        """Yields a word for each that is detached; ``fields``, which are to be written, get what else is to be."""
        now = settings_in(asset["description"])
        gone = [each for each in settings_in(one["description"]) if each not in now]
        staying: list[Setting] = []
        for setting in gone:
            if setting[0] in _NOTHING:
                goes = self._field(setting, one, fields)
            else:
                goes = yield from self._attached(setting, asset, one)
            later = goes and setting[0] == "allow_override" and fields.pop(setting[0], None) is not None
            if later:
                self.later.append((asset, one, {"description": asset["description"], setting[0]: False}))
            if later or not goes:
                staying.append(setting)
                self.unwanted += [] if later else [f"{asset['name']}: {told(setting)}"]
        fields["description"] = with_settings(asset["description"], [*now, *staying])

    def _field(self, setting: Setting, one: Object, fields: dict[str, Any]) -> bool:
        name, value = setting
        if name in fields or one.get(name) != value:  # a person's own by now, or of a setting
            return True
        if self._exact:
            fields[name] = _NOTHING[name]
        return self._exact

    def _attached(self, setting: Setting, asset: Asset, one: Object) -> Generator[str, None, bool]:
        relation = _RELATIONS[setting[0]]
        if relation not in one["related"]:  # somebody has edited the description
            return True
        there = [each for each in self._look.client.all(one["related"][relation]) if each["name"] == setting[1]]
        if not there:
            return True
        replaced = setting[0] == "instance_group" and bool(asset["related"][relation])
        if not self._exact and not replaced:
            return False
        yield f"{told(setting)} taken off"
        if self._perform:
            self._look.client.post(one["related"][relation], {"id": there[0]["id"], "disassociate": True})
        return True
