# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""From answers to one answer: pure.

When not every region answers:

- An error that blames the request (4xx) is the answer, whatever others said: the
  request is wrong, or not allowed. 404 of a list is such an error too.
- A region that did not answer, or whose own fault it is (5xx), is *missing*: the
  answer has the others' part, and ``X-Tricircle-Missing-Pods`` names it.
- If all are missing, so is the answer: 503, or what the only region said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tricircle.gateway.errors import BadAnswer, PodTimeout, PodUnavailable
from tricircle.gateway.message import JSON, Answer, Headers, Lost
from tricircle.gateway.places import Place
from tricircle.gateway.plan import answer_headers
from tricircle.gateway.rewrite import slots
from tricircle.gateway.spec import Sum

MISSING = b"x-tricircle-missing-pods"


@dataclass(frozen=True, slots=True)
class Sorted:
    """Answers, by what they mean for the whole."""

    good: list[Answer]
    missing: list[str]
    refusal: Answer | None


def sort(answers: Sequence[Answer | Lost]) -> Sorted:
    """Tell good answers, refusals and missing regions apart."""
    good: list[Answer] = []
    missing: list[str] = []
    refusal = None
    for answer in answers:
        if isinstance(answer, Lost) or answer.status >= 500:
            missing.append(answer.region)
        elif answer.ok:
            good.append(answer)
        else:
            refusal = refusal or answer
    return Sorted(good, missing, refusal)


def given(answer: Answer | Lost) -> Answer:
    """The answer of a region that is the only one asked.

    Raises PodUnavailable or PodTimeout if there is none.
    """
    if isinstance(answer, Answer):
        return answer
    if answer.in_doubt:
        raise PodTimeout(
            f"{answer.region} {answer.reason}. Whether it did what was asked for is "
            "not known: look before trying again."
        )
    raise PodUnavailable(
        f"{answer.region} {answer.reason}. Nothing was changed: try again later."
    )


def none_left(missing: Sequence[str]) -> PodUnavailable:
    """The error when every region is missing."""
    return PodUnavailable(f"No answer came from {', '.join(missing)}. Try again later.")


def load(answer: Answer) -> Any:
    """The answer's document.

    Raises BadAnswer if it is none.
    """
    if not isinstance(answer.body, bytes):
        raise BadAnswer(f"{answer.region} answered with something that is no JSON.")
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise BadAnswer(
            f"{answer.region} answered with something that is no JSON."
        ) from None


def missing_header(missing: Sequence[str]) -> Headers:
    """Names the regions whose part is not in the answer."""
    return [(MISSING, ", ".join(missing).encode())] if missing else []


def composed(like: Answer, document: Any, missing: Sequence[str]) -> Answer:
    """An answer of ours, with the headers of one that went into it."""
    headers = [pair for pair in answer_headers(like) if pair[0] != JSON[0]]
    return Answer(
        like.status,
        [*headers, JSON, *missing_header(missing)],
        orjson.dumps(document),
    )


def bare(like: Answer, missing: Sequence[str]) -> Answer:
    """An answer without a body, as the regions gave it."""
    return Answer(like.status, [*answer_headers(like), *missing_header(missing)])


def add_up(base: Any, parts: Sequence[Any], sum: Sum) -> Any:
    """The base, with the pods' numbers added up at the places of the sum.

    Other values at those places, and places that a pod lacks, are left as they are.
    """
    for at in (one for many in sum.at for one in _each(base, many)):
        for holder, key in slots(base, at):
            numbers = [
                part_holder[part_key]
                for part in parts
                for part_holder, part_key in slots(part, at)
            ]
            counts = [number for number in numbers if isinstance(number, int | float)]
            if counts:
                holder[key] = _total(counts)
    for at in sum.united:
        for holder, key in slots(base, at):
            for part in parts:
                for part_holder, part_key in slots(part, at):
                    _unite(holder[key], part_holder[part_key])
    return base


def _each(document: Any, at: Place) -> Iterator[Place]:
    """The places that ``*`` stands for, one by one: each has a sum of its own."""
    if "*" not in at:
        yield at
        return
    index = at.index("*")
    for holder, key in slots(document, at[:index]):
        for name in holder[key]:
            yield from _each(document, (*at[:index], name, *at[index + 1 :]))


def _unite(base: Any, part: Any) -> None:
    """Put into a map of lists what another one has."""
    for name, values in part.items():
        known = base.setdefault(name, [])
        known += [value for value in values if value not in known]


def _total(counts: Sequence[float]) -> float:
    total: float = 0
    for count in counts:
        total += count
    return total
