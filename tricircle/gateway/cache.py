# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is kept in memory for a while: bounded, and gone after its time."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Values by key; the oldest make room for new ones."""

    def __init__(
        self,
        size: int,
        ttl: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep at most ``size`` values, each for ``ttl`` seconds."""
        if size < 1 or ttl <= 0:
            raise ValueError("a cache keeps at least one value for some time")
        self._size = size
        self._ttl = ttl
        self._clock = clock
        self._values: dict[K, tuple[V, float]] = {}
        self.hits = 0
        """How often a value was asked for and there."""
        self.misses = 0

    def get(self, key: K) -> V | None:
        """The value, if it is there and fresh."""
        held = self._values.get(key)
        if held is None:
            self.misses += 1
            return None
        value, until = held
        if self._clock() >= until:
            del self._values[key]
            self.misses += 1
            return None
        self.hits += 1
        return value

    def put(self, key: K, value: V, ttl: float | None = None) -> None:
        """Keep a value, for less time than others if that is said."""
        self._values.pop(key, None)  # a new value is also the youngest
        if len(self._values) >= self._size:
            del self._values[next(iter(self._values))]
        lasts = self._ttl if ttl is None else min(ttl, self._ttl)
        self._values[key] = (value, self._clock() + lasts)

    def drop(self, key: K) -> None:
        """Forget a value."""
        self._values.pop(key, None)

    def __len__(self) -> int:
        return len(self._values)
