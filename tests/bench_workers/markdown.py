"""Figures as a page has them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: Collection[int] = (0,)) -> str:
    """A table of Markdown; the columns whose numbers are given have words, all others numbers."""
    rule = ["---" if number in words else "--:" for number in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def hours(value: float) -> str:
    """Worker-hours."""
    return f"{value:.1f}"


def ratio(value: float) -> str:
    """Worker-hours over those of the bound."""
    return f"{value:.2f}"


def wait(seconds: float) -> str:
    """A wait, in seconds up to ten minutes, then in minutes or hours."""
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
