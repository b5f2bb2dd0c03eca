# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Whatever is in three pods, and however it is asked for: lists are as the oracle says.

``make fuzz`` looks for hours for what is not.
"""

import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tricircle.gateway.effort import effort
from tests.unit.tricircle.gateway.world import PROJECT, REGIONS, Item, Query, World
from tricircle.gateway.services.compute import COMPUTE
from tricircle.gateway.services.volume import VOLUME

NOUNS = {"servers": COMPUTE, "volumes": VOLUME, "snapshots": VOLUME, "backups": VOLUME}
ALL = 5000
"""What the pods have together in a world of the usual size."""
STEPS = 12
"""Pages that are followed in a large world, from wherever that begins."""
HIDDEN = {"display_description", "vcpus", "consistencygroup_id", "task_state"}
"""Of sort keys: what our specs do not count on being shown."""
SORT_KEYS = {
    COMPUTE.type: (
        "created_at display_name updated_at uuid vm_state project_id task_state "
        "display_description vcpus"
    ).split(),
    VOLUME.type: (
        "created_at name id status size updated_at consistencygroup_id"
    ).split(),
}


def item(chance: random.Random, pod: str, number: int, kinds: int) -> Item:
    """``kinds``: how many different values there are of what lists are sorted by."""

    def when() -> str:
        second = chance.randrange(kinds)
        return f"2026-01-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"

    status = chance.choice(["ACTIVE", "ERROR", "SHUTOFF"])
    made = when()
    return {
        "id": f"{pod}-{chance.getrandbits(64):016x}",
        "name": chance.choice("aBcDé") + str(chance.randrange(kinds)),
        "status": status,
        "OS-EXT-STS:vm_state": status.lower(),
        "task_state": chance.choice([None, "deleting"]),
        "tenant_id": chance.choice([PROJECT, PROJECT, "Q"]),
        "created": made,
        "created_at": made,
        "updated": when(),
        "updated_at": chance.choice([None, when()]),
        "size": chance.randrange(kinds),
        "hidden": number,
        "display_description": chance.choice("xyz"),
        "vcpus": chance.randrange(3),
        "consistencygroup_id": None,
    }


def world(seed: int, noun: str, sizes: list[int], kinds: int, page: int) -> World:
    """Pods with so many items each."""
    chance = random.Random(seed)  # noqa: S311
    items = {
        pod: [item(chance, pod, number, kinds) for number in range(size)]
        for pod, size in zip(REGIONS, sizes, strict=True)
    }
    forgetful = chance.random() < 0.5
    return World(items, NOUNS[noun], noun, page=page, forgetful=forgetful)


@st.composite
def filters(draw: st.DrawFn, noun: str) -> Query:
    query: Query = []
    if draw(st.booleans()):
        query.append(("all_tenants", "1"))
    if draw(st.integers(0, 3)) == 0:
        query.append(("status", "ACTIVE"))
    if draw(st.integers(0, 3)) == 0:
        query.append(("name", draw(st.sampled_from(["a0", "B", "1"]))))
    if noun == "servers" and draw(st.integers(0, 3)) == 0:
        query.append(("changes-since", "2026-01-01T00:00:01"))
    return query


@st.composite
def orders(draw: st.DrawFn, noun: str) -> Query:
    """Sort keys with their directions, in the ways of both services."""
    keys = draw(st.lists(st.sampled_from(SORT_KEYS[NOUNS[noun].type]), max_size=2))
    ways = [draw(st.sampled_from(["asc", "desc"])) for _ in keys]
    if noun != "servers" and keys and draw(st.booleans()):
        pairs = zip(keys, ways, strict=True)
        return [("sort", ",".join(f"{key}:{way}" for key, way in pairs))]
    if not keys:
        return draw(st.sampled_from([[], [("sort_dir", "asc")]]))
    return [
        *(("sort_key", key) for key in keys),
        *(("sort_dir", way) for way in ways[: draw(st.integers(0, len(ways)))]),
    ]


def backwards(made: World, query: Query) -> Query:
    """The same list from its end."""
    keys = [value for key, value in query if key == "sort_key"]
    ways = ["asc" if descends else "desc" for _, descends in made.order(query)]
    kept = [pair for pair in query if pair[0] not in {"sort_key", "sort_dir", "sort"}]
    for value in [value for key, value in query if key == "sort"]:
        keys += [part.partition(":")[0] for part in value.split(",")]
    turned = list(zip(keys or ["created_at"], ways, strict=False))
    return [
        *kept,
        *(("sort_key", key) for key, _ in turned),
        *(("sort_dir", way) for _, way in turned),
    ]


def is_shown(made: World, query: Query) -> bool:
    """Whether items show all that they are sorted by."""
    return HIDDEN.isdisjoint(field for field, _ in made.order(query))


def follow(made: World, query: Query, limit: int) -> None:
    """Each way through a list gives each item once, in order."""
    paths = [f"/{made.noun}", f"/{made.noun}/detail"]
    whole = made.oracle(query)
    asked = [*query, ("limit", str(limit))]
    for path in paths:
        seen = [id for page in made.by_links(path, asked) for id in page]
        if is_shown(made, query):
            assert seen == whole
        assert sorted(seen) == sorted(whole)
    seen = [id for page in made.by_markers(paths[0], asked) for id in page]
    assert sorted(seen) == sorted(whole)
    if is_shown(made, query):
        assert seen == whole
        back = backwards(made, asked)
        seen = [id for page in made.by_markers(paths[1], back) for id in page]
        assert seen == whole[::-1]


@effort(150)
@given(st.data())
def test_each_item_comes_once_and_in_order(data: st.DataObject) -> None:
    noun = data.draw(st.sampled_from([*NOUNS]))
    made = world(
        data.draw(st.integers(0, 2**32)),
        noun,
        data.draw(st.lists(st.integers(0, 25), min_size=3, max_size=3)),
        data.draw(st.sampled_from([1, 2, 9, 5000])),
        data.draw(st.sampled_from([1, 7, 20])),
    )
    query = data.draw(filters(noun)) + data.draw(orders(noun))
    follow(made, query, data.draw(st.integers(1, 80)))


def test_pods_that_give_one_item_at_a_time_are_read_to_their_ends() -> None:
    made = world(7, "servers", [25, 25, 25], kinds=1, page=1)
    follow(made, [("all_tenants", "1")], 80)


@pytest.fixture(scope="module", params=[*NOUNS])
def large(request: pytest.FixtureRequest) -> World:
    sizes = [ALL // 2, ALL // 3, ALL - ALL // 2 - ALL // 3]
    return world(7, request.param, sizes, 300, 1000)


@effort(12)
@given(st.data())
def test_any_marker_leads_on_in_a_large_list(large: World, data: st.DataObject) -> None:
    made = large
    made.forgetful = data.draw(st.booleans())
    query = data.draw(filters(made.noun)) + data.draw(orders(made.noun))
    if not is_shown(made, query):
        query = [pair for pair in query if not pair[0].startswith("sort")]
    whole = made.oracle(query)
    if not whole:
        return
    begin = data.draw(st.integers(0, len(whole) - 1))
    limit = data.draw(st.one_of(st.integers(1, 10), st.integers(1, 2 * ALL)))
    asked = [*query, ("limit", str(limit))]
    pages = made.by_markers(f"/{made.noun}/detail", asked, whole[begin])
    seen = [id for page in islice(pages, STEPS) for id in page]
    # A pod's pages bound ours: 1000 of each.
    assert seen == whole[begin + 1 :][: len(seen)]
    assert len(seen) >= min(STEPS * min(limit, 1000), len(whole) - begin - 1)


@pytest.mark.parametrize("noun", ["volumes", "snapshots", "backups"])
@pytest.mark.parametrize("limit", [1, 3, 10, 99])
def test_cinder_counts_all_and_skips_some(noun: str, limit: int) -> None:
    made = world(3, noun, [9, 0, 14], 5, 7)
    query = [("sort", "name:asc,size:desc"), ("with_count", "True")]
    whole = made.oracle(query)
    for offset in range(len(whole) + 2):
        asked = [*query, ("limit", str(limit)), ("offset", str(offset))]
        assert made.ids(f"/{noun}/detail", asked) == whole[offset : offset + limit]
    count = made.get(f"/{noun}/detail?sort=name:asc&with_count=True&limit={limit}")
    assert count["count"] == len(whole)


def test_horizon_shows_pages_forwards_and_backwards() -> None:
    """It asks for one more than it shows, and for the page before in reverse."""
    made = world(5, "servers", [11, 4, 9], 4, 1000)
    query = [("limit", "6")]
    pages = []
    marker: list[tuple[str, str]] = []
    while True:
        ids = made.ids("/servers/detail", [*query, *marker])
        pages.append(ids[:5])
        if len(ids) < 6:
            break
        marker = [("marker", ids[4])]
    assert [id for page in pages for id in page] == made.oracle([])
    shown = pages[-1]
    for before in pages[-2::-1]:
        back = [*query, ("sort_dir", "asc"), ("marker", shown[0])]
        shown = made.ids("/servers/detail", back)[:5][::-1]
        assert shown == before


def test_a_position_that_nobody_gave_is_worked_out_anew() -> None:
    made = world(5, "servers", [5, 4, 3], 4, 1000)
    page = made.get("/servers?limit=2")
    link = page["servers_links"][0]["href"].partition("?")[2]
    query = [("sort_key", "created_at"), ("sort_key", "uuid")]
    marker = page["servers"][1]["id"]
    cursor = link.partition("tricircle_marker=")[2]
    asked = [*query, ("marker", marker), ("tricircle_marker", cursor)]
    whole = made.oracle(query)
    after = whole[whole.index(marker) + 1 :]
    assert made.ids("/servers", asked) == after
