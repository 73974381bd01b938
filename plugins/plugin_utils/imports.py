# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Imports this collection's Python by Python's own loader, from when this is imported. Ansible's compiles each file
anew in every run, which is a fifth of what a deploy costs that has nothing to do; Python's keeps what it has compiled.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader

_PLUGINS = f"{__package__.rpartition('.')[0]}."
_PACKAGES = tuple(f"{_PLUGINS}{name}." for name in ("module_utils", "plugin_utils", "modules"))


class OwnFiles(MetaPathFinder):
    """Finds what is below this collection's packages of Python, where these are folders."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> ModuleSpec | None:
        """How the module of that name is loaded; None for what is another finder's."""
        if not name.startswith(_PACKAGES):
            return None
        finders = (FileFinder(folder, (SourceFileLoader, [".py"])) for folder in path or ())
        return next((spec for finder in finders if (spec := finder.find_spec(name)) and spec.loader), None)


sys.meta_path.insert(0, OwnFiles())
