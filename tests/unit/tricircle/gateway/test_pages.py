# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""However a merged list is paged through, each item comes once, in order."""

import json
import random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.unit.tricircle.gateway.play import PODS, exchange
from tricircle.gateway import steps
from tricircle.gateway.message import Answer, Call
from tricircle.gateway.paginate import CURSOR
from tricircle.gateway.services.compute import COMPUTE
from tricircle.gateway.strategies import STRATEGIES

PAGE = 7  # what a pod gives at most


class World:
    """Pods with servers, as Nova lists them: ties are broken by a hidden number."""

    def __init__(self, seed: int, forgetful: bool) -> None:
        # Some have few times, so that many are equal.
        chance = random.Random(seed)  # noqa: S311
        self.servers: dict[str, list[dict[str, Any]]] = {}
        for pod in PODS:
            self.servers[pod.name] = [
                {
                    "id": f"{pod.name}-{n}",
                    "name": chance.choice(["a", "B", "c", "D"]),
                    "created": f"2026-01-0{chance.randint(1, 9)}T00:00:00Z",
                    "hidden": n,
                }
                for n in range(chance.randint(0, 20))
            ]
        self.forgetful = forgetful
        self.kept: dict[Any, Any] = {}
        self.routes: dict[str, str] = {}
        self.calls = 0

    def sorted(self, pod: str, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        key = {"display_name": "name", "created_at": "created"}[
            query.get("sort_key", ["created_at"])[0]
        ]
        descends = query.get("sort_dir", ["desc"])[0] == "desc"
        return sorted(
            self.servers[pod],
            key=lambda s: (str(s[key]).casefold(), s["hidden"]),
            reverse=descends,
        )

    def answer(self, call: Call) -> Answer:
        self.calls += 1
        if "/servers/Pod" in call.path:
            id = call.path.rpartition("/")[2]
            for server in self.servers[call.region]:
                if server["id"] == id:
                    return self._json(call, {"server": server})
            return self._json(call, {}, 404)
        query = parse_qs(call.query)
        servers = self.sorted(call.region, query)
        if "marker" in query:
            ids = [server["id"] for server in servers]
            if query["marker"][0] not in ids:
                return self._json(call, {}, 400)
            servers = servers[ids.index(query["marker"][0]) + 1 :]
        limit = min(int(query["limit"][0]), PAGE)
        shown = servers[:limit]
        body: dict[str, Any] = {"servers": shown}
        if len(shown) == limit:
            body["servers_links"] = [{"rel": "next", "href": "x"}]
        return self._json(call, body)

    def _json(self, call: Call, body: Any, status: int = 200) -> Answer:
        headers = [(b"content-type", b"application/json")]
        return Answer(status, headers, json.dumps(body).encode(), call.region)

    def get(self, path: str) -> dict[str, Any]:
        made = exchange({"method": "GET", "path": path}, COMPUTE)
        strategy = STRATEGIES[made.match.action.strategy](made)
        result: Any = None
        answer: Answer | None = None
        while answer is None:
            try:
                result = self._take(strategy.send(result))
            except StopIteration as stop:
                answer = stop.value
        assert answer.status == 200
        assert isinstance(answer.body, bytes)
        body: dict[str, Any] = json.loads(answer.body)
        return body

    def _take(self, step: steps.Step) -> Any:
        match step:
            case steps.Gather(calls):
                return [self.answer(call) for call in calls]
            case steps.Recall(key):
                return None if self.forgetful else self.kept.get(key)
            case steps.Keep(key, value):
                self.kept[key] = value
            case steps.Find(_, id):
                return next((pod for pod in PODS if id.startswith(pod.name)), None)
        return None


ORDERS = ["", "&sort_key=display_name&sort_dir=asc", "&sort_dir=asc"]


def oracle(world: World, order: str) -> list[str]:
    """The whole list, by definition: by key, then pod, then as the pod has it."""
    query = parse_qs(order)
    key = "name" if "sort_key" in query else "created"
    descends = query.get("sort_dir", ["desc"])[0] == "desc"
    merged = [s for pod in PODS for s in world.sorted(pod.name, query)]
    merged.sort(key=lambda s: str(s[key]).casefold(), reverse=descends)
    return [server["id"] for server in merged]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("detail", ["", "/detail"])
@pytest.mark.parametrize("seed", range(6))
def test_next_links_lead_through_the_list(seed: int, detail: str, order: str) -> None:
    for limit in (1, 2, 3, 5, 8, 50):
        world = World(seed, forgetful=True)
        seen: list[str] = []
        path: str | None = f"/servers{detail}?limit={limit}{order}"
        while path:
            page = world.get(path)
            seen += [server["id"] for server in page["servers"]]
            links = page.get("servers_links")
            path = None
            if links:
                parts = urlsplit(links[0]["href"])
                path = f"{parts.path.removeprefix('/v2.1')}?{parts.query}"
        assert seen == oracle(world, order)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("forgetful", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_ids_as_markers_lead_through_the_list(
    seed: int, forgetful: bool, order: str
) -> None:
    for limit in (1, 3, 8):
        world = World(seed, forgetful)
        seen: list[str] = []
        marker = ""
        while True:
            page = world.get(f"/servers?limit={limit}{order}{marker}")
            ids = [server["id"] for server in page["servers"]]
            if not ids:
                break
            seen += ids
            marker = f"&marker={ids[-1]}"
        assert seen == oracle(world, order)


def test_one_item_more_is_asked_for_and_gone_on_from_the_one_before() -> None:
    """As Horizon does, to learn whether there is a next page."""
    world = World(3, forgetful=False)
    seen: list[str] = []
    marker = ""
    while True:
        page = world.get(f"/servers/detail?limit=4{marker}")
        ids = [server["id"] for server in page["servers"]]
        seen += ids[:3]
        if len(ids) < 4:
            break
        marker = f"&marker={ids[2]}"
    assert seen == oracle(world, "")


def test_what_is_deleted_between_two_pages_does_no_harm() -> None:
    for seed in range(6):
        world = World(seed, forgetful=True)
        whole = oracle(world, "")
        page = world.get("/servers/detail?limit=4")
        seen = [server["id"] for server in page["servers"]]
        for gone in seen:
            pod = gone.partition("-")[0]
            servers = world.servers[pod]
            world.servers[pod] = [one for one in servers if one["id"] != gone]
        if "servers_links" in page:
            parts = urlsplit(page["servers_links"][0]["href"])
            assert CURSOR in parts.query
            page = world.get(f"/servers/detail?{parts.query}".replace("limit=4", ""))
            rest = [server["id"] for server in page["servers"]]
            assert rest == whole[len(seen) :]


def test_pages_after_the_first_cost_no_more_than_their_share() -> None:
    world = World(4, forgetful=True)
    page = world.get("/servers/detail?limit=3")
    before = world.calls
    parts = urlsplit(page["servers_links"][0]["href"])
    world.get(f"/servers/detail?{parts.query}")
    assert world.calls - before <= 2 * len(PODS)
