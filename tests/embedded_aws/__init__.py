"""The embedded AWS: emulators, front and Docker engine behind `make demo`, molecule and the tests.

The collection knows nothing of it: it sees an endpoint URL and credentials, as of any AWS.
"""

from __future__ import annotations

from .instance import EmbeddedAWS, forget_accounts

__all__ = ["EmbeddedAWS", "forget_accounts"]
