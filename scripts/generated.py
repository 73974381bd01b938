"""What the scripts share that write files from others: each writes its own, or with `--check` says which differ."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path


def write(documents: Mapping[Path, str], source: str, root: Path) -> int:
    """Writes the texts that the files should have, or with `--check` names the files that differ from ``source``; the
    exit code.
    """
    stale = {path: text for path, text in documents.items() if path.read_text(encoding="utf-8") != text}
    if "--check" not in sys.argv:
        for path, text in stale.items():
            path.write_text(text, encoding="utf-8")
        return 0
    for path in stale:
        print(f"{path.relative_to(root)} differs from {source}: run make generate")
    return 1 if stale else 0
