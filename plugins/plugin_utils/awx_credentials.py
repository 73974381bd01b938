# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Credentials of AWX: which fit a setting, which exclude each other, and which have no keys."""

from __future__ import annotations

from collections.abc import Iterator

from ..module_utils.awx.assets import CREDENTIAL_TYPE, REGISTRY_TYPE, SCM_TYPE, Asset, Assets, credential_key
from ..module_utils.awx.settings import Settings
from .awx import Object
from .awx_look import Look

#: What AWX takes for a template.
_FOR_TEMPLATES = ("ssh", "vault", "cloud", "net", "kubernetes")
#: What a credential of the type Amazon Web Services has to have.
_KEYS = {"username", "password"}


def exclusive(one: Object) -> tuple[int, str]:
    """A template has one credential of a type, and of Vault one of an id."""
    return one["credential_type"], str(one.get("inputs", {}).get("vault_id", ""))


def problems(look: Look, settings: Settings) -> Iterator[str]:
    """What is wrong with credentials that the settings name and that are there."""
    for setting, wanted in (("project", SCM_TYPE), ("execution_environment", REGISTRY_TYPE)):
        name = getattr(settings, f"{setting}_credential")
        one = name and look.credential(credential_key(settings, name, wanted))
        if one and _type(look, one)["name"] != wanted["name"]:
            yield f"farflow_awx_{setting}_credential: {_is(look, one)}, allowed: {wanted['name']}"
    for environment, given in settings.credentials.items():
        where, found = f"farflow_awx_credentials.{environment}", dict[tuple[int, str], Object]()
        for name in given:
            one = look.credential(credential_key(settings, name, CREDENTIAL_TYPE))
            if one is None:
                continue  # which is told with whatever else is not there
            if _type(look, one)["kind"] not in _FOR_TEMPLATES:
                yield f"{where}: {_is(look, one)}; AWX gives a template no such"
            other = found.setdefault(exclusive(one), one)
            if other is not one:
                both = f"{other['name']!r} and {name!r} are both"
                yield f"{where}: {both} of the type {_type(look, one)['name']}, of which a template has one"


def keyless(look: Look, wanted: Assets) -> list[str]:
    """The names of the credentials that a person has to put keys into, whenever they were made."""
    keys: list[Asset] = [asset["natural_key"] for asset in wanted.get("credentials", ())]
    return [key["name"] for key in keys if not _has_keys(look, look.find(key))]


def _has_keys(look: Look, one: Object | None) -> bool:
    """By values of its own, or by what AWX looks up in another system."""
    if one is None:
        return False
    given = {name for name, value in one["inputs"].items() if value}
    if not given >= _KEYS:
        given |= {each["input_field_name"] for each in look.client.all(one["related"]["input_sources"])}
    return given >= _KEYS


def _type(look: Look, one: Object) -> Object:
    (found,) = [each for each in look.objects["credential_types"] if each["id"] == one["credential_type"]]
    return found


def _is(look: Look, one: Object) -> str:
    return f"{one['name']!r} is of the type {_type(look, one)['name']}"
