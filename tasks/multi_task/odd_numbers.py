"""Prints the odd numbers up to and including a limit: python odd_numbers.py 10"""

from __future__ import annotations

import sys


def odd_numbers(limit: int) -> range:
    return range(1, limit + 1, 2)


if __name__ == "__main__":
    for number in odd_numbers(int(sys.argv[1])):
        print(f"odd number: {number}")
