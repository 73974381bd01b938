"""Prints the even numbers up to and including a limit: python even_numbers.py 10"""

from __future__ import annotations

import sys


def even_numbers(limit: int) -> range:
    return range(2, limit + 1, 2)


if __name__ == "__main__":
    for number in even_numbers(int(sys.argv[1])):
        print(f"even number: {number}")
