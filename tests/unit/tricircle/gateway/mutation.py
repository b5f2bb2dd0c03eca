# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Many requests out of one: what is drawn with care is varied cheaply.

Drawing a request takes several times as long as serving it. The variants find their way
into places that no description of an action names.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
_WEIGHTS = {"target": 8, "body": 6, "headers": 4, "has": 2, "method": 1, "used": 1}
"""How often what is varied."""


class Mutation:
    """Varies requests; ``pieces`` are put into paths, queries and bodies."""

    def __init__(
        self,
        random: Random,
        pieces: Sequence[str],
        headers: Sequence[tuple[bytes, bytes]],
    ) -> None:
        self._random = random
        self._pieces = [piece.encode() for piece in pieces]
        self._known = headers

    def variants(self, asked: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
        """The request, and ``count`` that are made of it, one of the other."""
        yield asked
        latest = asked
        for _ in range(count):
            # Mostly from the start again: what is too odd is refused early.
            base = asked if self._random.random() < 0.7 else latest
            latest = self._varied(base)
            yield latest

    def _varied(self, asked: dict[str, Any]) -> dict[str, Any]:
        varied = dict(asked)
        for _ in range(self._random.randint(1, 2)):
            (what,) = self._random.choices([*_WEIGHTS], [*_WEIGHTS.values()])
            varied[what] = getattr(self, f"_{what}")(varied[what])
        return varied

    def _target(self, target: bytes) -> bytes:
        keep = len("/v2.1/") if self._random.random() < 0.9 else 1
        return self._bytes(target, keep)

    def _body(self, body: bytes) -> bytes:
        return self._bytes(body, 0)

    def _bytes(self, old: bytes, keep: int) -> bytes:
        """With one place changed; the first ``keep`` bytes stay."""
        random = self._random
        start = random.randint(keep, max(keep, len(old)))
        end = min(len(old), start + random.choice([0, 0, 1, 4, 16]))
        taken = old[start:end]
        new = random.choice(
            [
                random.choice(self._pieces),
                random.choice(self._pieces),
                taken * 2,
                b"",
                random.randbytes(2),
                b"".join(b"%%%02x" % byte for byte in taken),
                b"/",
                b"&marker=",
                b'"',
                b"],[",
                b"{}",
            ]
        )
        return old[:start] + new + old[end:]

    def _headers(self, old: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        name, value = self._random.choice(self._known)
        kept = [pair for pair in old if self._random.random() < 0.8]
        if name == b"transfer-encoding":  # a server lets through one, or none
            kept = [pair for pair in kept if pair[0] != name]
        return [*kept, (name, value)]

    def _method(self, _: str) -> str:
        return self._random.choice(_METHODS)

    def _used(self, _: str) -> str:
        return self._random.choice(["good", "ruled"])

    def _has(self, has: bool) -> bool:
        return not has
