# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The six layers of an environment, in the order in which they are made."""

from __future__ import annotations

from ..pure.layers import network
from ..pure.layers.security_groups import RULES
from . import ec2
from .environment import Layer

LAYERS = {layer.name: layer for layer in (Layer("network", network.desired, ec2.FINDERS, types=frozenset({RULES})),)}
