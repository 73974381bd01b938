"""Pages of a list, as small as AWS's own."""

from __future__ import annotations


def page(given, key, items, token="nextToken", size=100):
    start = int(given.get(token) or 0)
    answer = {key: items[start : start + size]}
    answer[token] = str(start + size) if start + size < len(items) else ("" if token == "PaginationToken" else None)
    return {name: value for name, value in answer.items() if value is not None}
