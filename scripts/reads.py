"""Writes what docs/security.md says of what a deploy does not look at, from the tables beside the kinds.

`reads.py` writes it, `reads.py --check` only says whether it is up to date. The tables are the lists READS in the files
`reads.py` and `<kind>_reads.py` of plugins/module_utils/kinds/. What is written stands between two comments.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from generated import write

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- written by scripts/reads.py -->", "<!-- end of what scripts/reads.py writes -->"

_COLLECTION = "ansible_collections.farflow.airflow"
_KINDS = "plugins/module_utils/kinds"

#: The columns of the counts, by the decisions that they count.
_COLUMNS = {
    "Compared": ("Compared",),
    "Told by another": ("Told", "OfOthers"),
    "Nothing is set": ("Nothing",),
    "Not looked at": ("NotCompared",),
}


def tables() -> list[Any]:
    """The tables of all kinds, in the order of their files."""
    paths = sorted(path for path in (ROOT / _KINDS).rglob("*.py") if path.stem.split("_")[-1] == "reads")
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return [table for name in names for table in import_module(f"{_COLLECTION}.{name}").READS]


def text(reads: Iterable[Any]) -> str:
    """What stands between the comments."""
    found = list(reads)
    return "\n\n".join([_not_looked_at(found), _told(found), _counts(found)])


def _not_looked_at(reads: list[Any]) -> str:
    rows, seen = [], set()
    for table in reads:
        title = table.title
        decided = dict.fromkeys(
            each for each in (*table.operations.values(), *table.besides) if _is(each, "NotCompared")
        )
        for each in decided:
            if each not in seen:
                rows.append((title, each.what, each.why))
                title = ""
        seen |= decided.keys()
    return _table(("Of", "Not looked at", "Why"), rows)


def _told(reads: list[Any]) -> str:
    numbers = {name: sum(_count(table, name) for table in reads) for name in _COLUMNS}
    return (
        f"AWS has {sum(numbers.values())} operations that tell something of one of these {len(reads)} kinds, "
        f"each counted for every kind that it tells of. A look compares what {numbers['Compared']} of them tell. "
        f"{numbers['Told by another']} more tell the same again, {numbers['Nothing is set']} tell what has happened or "
        f"what is in one, and {numbers['Not looked at']} what is in the table above:"
    )


def _counts(reads: list[Any]) -> str:
    rows = [
        (table.title, str(len(table.operations)), *(str(_count(table, name)) for name in _COLUMNS)) for table in reads
    ]
    return _table(("Of", "Operations", *_COLUMNS), rows)


def _count(table: Any, column: str) -> int:
    return sum(_is(each, *_COLUMNS[column]) for each in table.operations.values())


def _is(decision: Any, *names: str) -> bool:
    return type(decision).__name__ in names


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines)


def main() -> int:
    before = DOCUMENT.read_text(encoding="utf-8")
    between = f"{BEGIN}\n\n{text(tables())}\n\n{END}"
    wanted = re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _found: between, before, flags=re.DOTALL)
    return write({DOCUMENT: wanted}, "the tables beside the kinds", ROOT)


_AnsibleCollectionFinder(paths=[str(ROOT / "playbooks" / "collections")])._install()

if __name__ == "__main__":
    sys.exit(main())
