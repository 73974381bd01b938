"""Prints the numbers from 1 up to and including a limit: python numbers.py 10"""

from __future__ import annotations

import sys


def numbers(limit: int) -> range:
    return range(1, limit + 1)


if __name__ == "__main__":
    for number in numbers(int(sys.argv[1])):
        print(f"number: {number}")
