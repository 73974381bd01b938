"""Prints validation/airflow_options.py: which settings the Airflow of the image has, by its own tables.

Airflow's image runs it, since it asks Airflow and its providers themselves. After every change of
airflow/requirements.txt, with the image built from it:

    docker run --rm -i <image> python - < scripts/airflow_options.py > options.py
    mv options.py plugins/module_utils/validation/airflow_options.py
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import airflow
from airflow._shared.secrets_masker import DEFAULT_SENSITIVE_FIELDS
from airflow.cli.commands.config_command import CONFIGS_CHANGES
from airflow.configuration import AirflowConfigParser, conf

Option = tuple[str, str]

#: Airflow's words for the type of a setting, and those of its functions that read one.
_KINDS = {"integer": "integer", "int": "integer", "float": "float", "boolean": "boolean", "json": "json"}

_HEAD = '''# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which settings Airflow and its providers know. Written by scripts/airflow_options.py, from the packages of the image.

Names are ``<section>.<key>``.
"""

from __future__ import annotations
'''

_READS = r"""conf\.get\w*\(\s*["']([\w.-]+)["'],\s*["']([\w.-]+)["']"""
_READS_AS = r"""conf\.get(json|int|float|boolean|)\(\s*(?:section=)?["']([\w.-]+)["'],\s*(?:key=)?["']([\w.-]+)["']"""
_READS_A_SECTION = r"""conf\.getsection\(\s*["']([\w.-]+)["']"""


def sources() -> Iterator[str]:
    """The text of every Python file of Airflow and its providers."""
    for path in sorted(Path(airflow.__file__).parent.rglob("*.py")):
        yield path.read_text()


def packages() -> dict[str, str]:
    """The versions of what Airflow consists of."""
    found = {each.metadata["Name"].lower(): each.version for each in distributions()}
    return {name: version for name, version in sorted(found.items()) if name.startswith("apache-airflow")}


def described() -> set[Option]:
    """What has a description, in Airflow's config.yml or a provider's information."""
    sections = conf.configuration_description.items()
    return {(section, key.lower()) for section, described in sections for key in described["options"]}


def read_only() -> set[Option]:
    """What is read without having a description."""
    return {(section, key.lower()) for text in sources() for section, key in re.findall(_READS, text)}


def kinds() -> dict[Option, str]:
    """What the value of a setting has to be: ``boolean``, ``float``, ``integer``, ``json``, ``text``, or nothing where
    that is not said, or where it may be empty.
    """
    reads: dict[Option, set[str]] = defaultdict(set)
    for text in sources():
        for kind, section, key in re.findall(_READS_AS, text):
            reads[section, key.lower()].add(kind)
    found = {option: _KINDS.get(next(iter(some)), "") for option, some in reads.items() if len(some) == 1}
    for section, described in conf.configuration_description.items():
        for key, about in described["options"].items():
            option = section, key.lower()
            found[option] = kind_of(about, reads.get(option, set()))
    # Those of secrets backends are read as such, too, by other words.
    return {option: "json" if option[1].endswith("kwargs") else kind for option, kind in found.items()}


def kind_of(about: Mapping[str, Any], reads: set[str]) -> str:
    """The same of one setting, by its description and by how it is read."""
    if "json" in reads or any(is_json(about.get(member)) for member in ("default", "example")):
        return "json"
    if about.get("type") == "string":  # which some are not
        return _KINDS.get(next(iter(reads)), "text") if len(reads) == 1 else "text"
    if about.get("default") in ("", None):
        return ""
    # Some that are described as integers are read as what may have a fraction.
    return "float" if "float" in reads else _KINDS.get(str(about.get("type")), "")


def is_json(text: Any) -> bool:
    """Whether a default or an example is a mapping or a list as JSON."""
    try:
        return isinstance(json.loads(str(text)), (dict, list))
    except ValueError:
        return False


def choices() -> dict[Option, str]:
    """The values that a setting may have, where Airflow ends at others."""
    return {
        (section, key): " ".join(str(getattr(each, "value", each)) for each in allowed if each)
        for (section, key), allowed in AirflowConfigParser.enums_options.items()
    }


def changes() -> tuple[dict[Option, Option], set[Option]]:
    """What has another name by now, and what is gone: by what Airflow itself still reads, and by what `airflow config
    lint` knows.
    """
    renamed: dict[Option, Option] = {}
    removed: set[Option] = set()
    for change in CONFIGS_CHANGES:
        old = change.config.section, change.config.option
        if change.renamed_to:
            renamed[old] = change.renamed_to.section, change.renamed_to.option
        elif change.was_removed:
            removed.add(old)
    for new, (section, key, _version) in conf.deprecated_options.items():
        renamed[section, key] = new
    return renamed, removed


def last_name(option: Option, renamed: dict[Option, Option]) -> Option:
    """What an option is called now that was renamed once or several times."""
    seen = [option]
    while (following := renamed.get(seen[-1])) and following not in seen:
        seen.append(following)
    return seen[-1]


def sections_read_whole() -> list[str]:
    """Those of which any key is handed on."""
    return sorted({section for text in sources() for section in re.findall(_READS_A_SECTION, text)})


def module() -> str:
    """The text of the Python module."""
    renamed, removed = changes()
    present = described()
    last = {option: last_name(option, renamed) for option in renamed if option not in present}
    old = {option: name for option, name in last.items() if name in present}
    gone = {option for option in {*removed, *last} if option not in present and option not in old}
    known = present | {option for option in read_only() if option not in old and option not in gone}
    kinds_known = kinds()
    secret = {last_name(option, renamed) for option in conf.sensitive_config_values}
    parts = [
        ("The packages that were asked.", "PACKAGES: dict[str, str]", packages()),
        (
            "Every setting, with what it has to be: boolean, float, integer, json or text, where that is known.",
            "KNOWN: dict[str, str]",
            {name: kinds_known.get(tuple(name.rsplit(".", 1)), "") for name in dotted(known)},
        ),
        (
            "The values that some may have, with a space between them.",
            "CHOICES: dict[str, str]",
            {".".join(option): text for option, text in sorted(choices().items()) if option in known},
        ),
        ("Sections that they describe.", "SECTIONS: list[str]", sorted({section for section, _key in present})),
        ("Sections whose keys are handed on, whatever they are.", "WHOLE_SECTIONS: list[str]", sections_read_whole()),
        ("Those that Airflow masks wherever it shows them.", "SENSITIVE: list[str]", dotted(secret)),
        (
            "It masks variables, and members of connections, with these in their names.",
            "SENSITIVE_NAMES: list[str]",
            sorted(DEFAULT_SENSITIVE_FIELDS),
        ),
        (
            "Former names, with those of today.",
            "RENAMED: dict[str, str]",
            {".".join(option): ".".join(old[option]) for option in sorted(old)},
        ),
        ("What there was before.", "REMOVED: list[str]", dotted(gone)),
    ]
    return "\n".join([_HEAD, *(written(*part) for part in parts)])


def dotted(options: set[Option]) -> list[str]:
    """``section.key``, sorted."""
    return sorted(".".join(option) for option in options)


def written(comment: str, name: str, value: dict[str, str] | list[str]) -> str:
    """An assignment, an item a line."""
    items = [f'"{key}": "{text}"' for key, text in value.items()] if isinstance(value, dict) else []
    items = items or [f'"{each}"' for each in value]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([f"#: {comment}", f"{name} = {begin}", *(f"    {item}," for item in items), f"{end}\n"])


if __name__ == "__main__":
    print(module(), end="")
