# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What was measured: numbers by what was done, by whom, and what the number tells."""

from collections import defaultdict
from statistics import median


class Book:
    """Numbers of all rounds."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str, str], list[float]] = defaultdict(list)

    def note(self, what: str, who: str, **numbers: float) -> None:
        """Write down numbers of one round."""
        for name, number in numbers.items():
            self._numbers[what, who, name].append(number)

    def median(self, what: str, who: str, name: str) -> float | None:
        """The median of the rounds; None if that was not measured."""
        numbers = self._numbers.get((what, who, name))
        return median(numbers) if numbers else None

    def most(self, name: str) -> float:
        """The largest number of a name, whatever was done by whomever."""
        numbers = [
            n for key, value in self._numbers.items() if key[2] == name for n in value
        ]
        return max(numbers, default=0.0)
