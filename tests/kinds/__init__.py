"""What tests have to know of each kind of resource that an environment has, in a file for each service of AWS."""

from __future__ import annotations

import importlib
import pkgutil

from .environment import variables
from .facts import DRIFTS, KINDS, CloudFormation, Drift, Facts, Never, Tagging, rounds

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)

__all__ = ["DRIFTS", "KINDS", "CloudFormation", "Drift", "Facts", "Never", "Tagging", "rounds", "variables"]
