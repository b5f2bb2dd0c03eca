# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""However a merged list is paged through, each item comes once, in order."""

import random
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.unit.tricircle.gateway.play import PODS
from tests.unit.tricircle.gateway.world import PROJECT, World
from tricircle.gateway.paginate import CURSOR
from tricircle.gateway.services.compute import COMPUTE

PAGE = 7  # what a pod gives at most


def world(seed: int, *, forgetful: bool) -> World:
    """Two pods with a few servers."""
    # Some have few times, so that many are equal.
    chance = random.Random(seed)  # noqa: S311
    servers = {}
    for pod in PODS:
        servers[pod.name] = [
            {
                "id": f"{pod.name}-{n}",
                "name": chance.choice(["a", "B", "c", "D"]),
                "created": f"2026-01-0{chance.randint(1, 9)}T00:00:00Z",
                "updated": "",
                "status": "ACTIVE",
                "tenant_id": PROJECT,
                "hidden": n,
            }
            for n in range(chance.randint(0, 20))
        ]
    return World(servers, COMPUTE, page=PAGE, forgetful=forgetful)


ORDERS = ["", "&sort_key=display_name&sort_dir=asc", "&sort_dir=asc"]


def oracle(made: World, order: str) -> list[str]:
    """The whole list."""
    return made.oracle(parse_qsl(order))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("detail", ["", "/detail"])
@pytest.mark.parametrize("seed", range(6))
def test_next_links_lead_through_the_list(seed: int, detail: str, order: str) -> None:
    for limit in (1, 2, 3, 5, 8, 50):
        made = world(seed, forgetful=True)
        seen: list[str] = []
        path: str | None = f"/servers{detail}?limit={limit}{order}"
        while path:
            page = made.get(path)
            seen += [server["id"] for server in page["servers"]]
            links = page.get("servers_links")
            path = None
            if links:
                parts = urlsplit(links[0]["href"])
                path = f"{parts.path.removeprefix('/v2.1')}?{parts.query}"
        assert seen == oracle(made, order)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("forgetful", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_ids_as_markers_lead_through_the_list(
    seed: int, forgetful: bool, order: str
) -> None:
    for limit in (1, 3, 8):
        made = world(seed, forgetful=forgetful)
        seen: list[str] = []
        marker = ""
        while True:
            page = made.get(f"/servers?limit={limit}{order}{marker}")
            ids = [server["id"] for server in page["servers"]]
            if not ids:
                break
            seen += ids
            marker = f"&marker={ids[-1]}"
        assert seen == oracle(made, order)


def test_one_item_more_is_asked_for_and_gone_on_from_the_one_before() -> None:
    """As Horizon does, to learn whether there is a next page."""
    made = world(3, forgetful=False)
    seen: list[str] = []
    marker = ""
    while True:
        page = made.get(f"/servers/detail?limit=4{marker}")
        ids = [server["id"] for server in page["servers"]]
        seen += ids[:3]
        if len(ids) < 4:
            break
        marker = f"&marker={ids[2]}"
    assert seen == oracle(made, "")


def test_what_is_deleted_between_two_pages_does_no_harm() -> None:
    for seed in range(6):
        made = world(seed, forgetful=True)
        whole = oracle(made, "")
        page = made.get("/servers/detail?limit=4")
        seen = [server["id"] for server in page["servers"]]
        for gone in seen:
            pod = gone.partition("-")[0]
            servers = made.items[pod]
            made.items[pod] = [one for one in servers if one["id"] != gone]
        made.forget_lists()
        if "servers_links" in page:
            parts = urlsplit(page["servers_links"][0]["href"])
            assert CURSOR in parts.query
            page = made.get(f"/servers/detail?{parts.query}".replace("limit=4", ""))
            rest = [server["id"] for server in page["servers"]]
            assert rest == whole[len(seen) :]


def test_pages_after_the_first_cost_no_more_than_their_share() -> None:
    made = world(4, forgetful=True)
    page = made.get("/servers/detail?limit=3")
    before = made.calls
    parts = urlsplit(page["servers_links"][0]["href"])
    made.get(f"/servers/detail?{parts.query}")
    assert made.calls - before <= 2 * len(PODS)
