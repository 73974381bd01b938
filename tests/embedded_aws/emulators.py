"""The emulator as an ASGI application, with its faults mended (`mends/`)."""

from __future__ import annotations

from typing import Any

from .settings import Settings


def load_ministack(settings: Settings) -> Any:
    """ministack's application. Its environment must be set before: it is read at import."""
    from ministack.app import app

    from . import mends

    mends.apply(settings)
    return app
