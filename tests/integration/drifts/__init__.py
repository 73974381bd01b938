"""What people do to an environment by hand, one function each."""

from . import access, containers, network, stores
from .drift import DRIFTS, Drift, rounds
from .whole import variables

__all__ = ["DRIFTS", "Drift", "access", "containers", "network", "rounds", "stores", "variables"]
