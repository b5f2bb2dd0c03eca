# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The whole walk as it is typed: a change of it shows in the golden file."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from demo.walk.scene import MARK, Scene, Zone, scene
from demo.walk.step import Ask, Await, Clear, Run, Step
from demo.walk.story import story
from lab.topology import parse

GOLDEN = Path(__file__).parents[3] / "golden" / "demo" / "walk.txt"
TOPOLOGY: dict[str, object] = {
    "release": "2026.2",
    "central": {"name": "RegionOne", "address": "127.0.10.1"},
    "pods": [
        {"name": "Pod1", "address": "127.0.11.1"},
        {"name": "Pod2", "address": "127.0.12.1"},
    ],
}


class Unknown(defaultdict[str, str]):
    """Facts that nobody knows yet: each is its own name."""

    def __missing__(self, fact: str) -> str:
        return f"<{fact}>"


def steps(place: Scene) -> tuple[Step, ...]:
    return story(place, Path("key.pem"))


def typed(step: Step) -> Iterator[str]:
    yield f"## {step.title}"
    for act in step.acts:
        if isinstance(act, Await):
            yield f"wait until {act.kind} {', '.join(act.names)}: {act.wanted}"
            continue
        if isinstance(act, Clear):
            yield "clear"
            continue
        for number, lane in enumerate(act.lanes, start=1):
            for ask in lane:
                note = f" (unless {ask.unless})" if ask.unless else ""
                yield f"{number}{note} $ {ask.command.filled(Unknown()).typed()}"


def asks(place: Scene) -> list[Ask]:
    return [
        ask
        for step in steps(place)
        for act in step.acts
        if isinstance(act, Run)
        for lane in act.lanes
        for ask in lane
    ]


def test_the_walk_is_the_one_that_was_written_down() -> None:
    place = scene(parse(TOPOLOGY))
    text = "\n".join(line for step in steps(place) for line in [*typed(step), ""])
    assert text == GOLDEN.read_text()


def test_a_third_pod_is_walked_to_as_well() -> None:
    zones = tuple(Zone(f"Pod{n}", f"pod{n}", n) for n in (1, 2, 3))
    lines = [ask.command.typed() for ask in asks(Scene("RegionOne", zones))]
    assert sum("lab-exec" in line for line in lines) == 6
    assert sum("server create" in line for line in lines) == 3


def test_what_has_room_for_a_mark_bears_it() -> None:
    place = scene(parse(TOPOLOGY))
    for noun in ("network create", "security group create", "volume create"):
        found = [
            ask.command.words for ask in asks(place) if noun in ask.command.typed()
        ]
        assert found
        assert all(("--description", MARK) in pairwise(w) for w in found)
    servers = [
        a.command.words for a in asks(place) if "server create" in a.command.typed()
    ]
    assert all(f"purpose={MARK}" in words for words in servers)
