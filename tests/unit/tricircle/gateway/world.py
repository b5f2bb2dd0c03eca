# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Pods that list what they have as Nova and Cinder do, and who pages through it all."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from tests.unit.tricircle.gateway.play import CENTRAL, PODS, exchange
from tricircle.gateway import steps
from tricircle.gateway.message import Answer, Call
from tricircle.gateway.ports import Pod
from tricircle.gateway.services import NOUNS
from tricircle.gateway.spec import Service
from tricircle.gateway.strategies import STRATEGIES

Item = dict[str, Any]
Query = list[tuple[str, str]]

POD3 = Pod(
    id="Pod3-id",
    name="Pod3",
    zone="az3",
    own_zone="nova",
    endpoints={"compute": "http://pod3:8774/v2.1", "volume": "http://pod3:8776/v3"},
    versions=PODS[0].versions,
)
REGIONS = {pod.name: pod for pod in (*PODS, POD3)}
PROJECT = "P"

#: By sort keys: what items spell otherwise.
SPELT = {
    "compute": {
        "created_at": "created",
        "display_name": "name",
        "project_id": "tenant_id",
        "updated_at": "updated",
        "uuid": "id",
        "vm_state": "OS-EXT-STS:vm_state",
    },
    "volume": {"display_name": "name"},
}


class World:
    """What is in pods: items with a ``hidden`` number, which breaks ties."""

    def __init__(
        self,
        items: Mapping[str, list[Item]],
        service: Service,
        noun: str = "servers",
        *,
        page: int = 1000,
        forgetful: bool = False,
    ) -> None:
        """``page``: what a pod gives at most; ``forgetful``: we keep nothing."""
        self.items = dict(items)
        self.service = service
        self.noun = noun
        self.page = page
        self.forgetful = forgetful
        self.kept: dict[Any, Any] = {}
        self.calls = 0
        self._found: dict[Any, tuple[list[Item], dict[str, int]]] = {}

    # What pods do

    def order(self, query: Query) -> list[tuple[str, bool]]:
        """The fields by which to sort, and whether they descend."""
        keys = [value for key, value in query if key == "sort_key"]
        ways = [value for key, value in query if key == "sort_dir"]
        for key, value in query:
            if key == "sort":
                pairs = [part.partition(":") for part in value.split(",")]
                keys += [name for name, _, _ in pairs]
                ways += [way or "desc" for _, _, way in pairs]
        first = ways[0] if ways else "desc"
        ways += [first] * (len(keys or ["created_at"]) - len(ways))
        spelt = SPELT[self.service.type]
        fields = [spelt.get(key, key) for key in keys or ["created_at"]]
        pairs_made = [(f, w == "desc") for f, w in zip(fields, ways, strict=False)]
        return [*pairs_made, ("hidden", first == "desc")]

    def fitting(self, pod: str, query: Query) -> list[Item]:
        """What a pod has that the filters let through, in its order."""
        found = [item for item in self.items[pod] if self._fits(item, query)]
        return in_order(found, self.order(query))

    def _fits(self, item: Item, query: Query) -> bool:
        asked = dict(query)
        name = asked.get("name", "")
        named = name in item["name"] if self.noun == "servers" else name == item["name"]
        return (
            ("all_tenants" in asked or item["tenant_id"] == PROJECT)
            and asked.get("status", item["status"]) == item["status"]
            and item["updated"] >= asked.get("changes-since", "")
            and (named or not name)
        )

    def answer(self, call: Call) -> Answer:
        self.calls += 1
        *_, id = call.path.split("/")
        if id not in {self.noun, "detail"}:
            found = [item for item in self.items[call.region] if item["id"] == id]
            shown = {self.noun[:-1]: found[0]} if found else {}
            return _json(call, shown, 200 if found else 404)
        query = parse_qsl(call.query, keep_blank_values=True)
        asked = {key: value for key, value in query if key in {"limit", "marker"}}
        rest = tuple(pair for pair in query if pair[0] not in {"limit", "marker"})
        items, places = self._all(call.region, rest)
        start = 0
        if "marker" in asked:
            if asked["marker"] not in places:
                return _json(call, {}, 400 if self.service.type == "compute" else 404)
            start = places[asked["marker"]] + 1
        limit = min(int(asked["limit"]), self.page)
        shown_items = items[start : start + limit]
        body: dict[str, Any] = {self.noun: shown_items}
        if limit and len(shown_items) == limit:
            body[f"{self.noun}_links"] = [{"rel": "next", "href": "x"}]
        if ("with_count", "True") in rest:
            body["count"] = len(items)
        return _json(call, body)

    def _all(
        self, pod: str, query: tuple[tuple[str, str], ...]
    ) -> tuple[list[Item], dict[str, int]]:
        key = (pod, query)
        if key not in self._found:
            items = self.fitting(pod, list(query))
            places = {item["id"]: place for place, item in enumerate(items)}
            self._found[key] = (items, places)
        return self._found[key]

    def forget_lists(self) -> None:
        """Items came or went."""
        self._found.clear()

    # What is true of all pods together

    def oracle(self, query: Query) -> list[str]:
        """The whole list, by definition: by key, then by pod, then as the pod has it.

        Backwards, a list has its pods backwards too.
        """
        order = self.order(query)
        pods = [pod for pod in REGIONS if pod in self.items]
        if not order[-1][1]:
            pods.reverse()
        merged = [item for pod in pods for item in self.fitting(pod, query)]
        return [item["id"] for item in in_order(merged, order[:-1])]

    # Who pages

    def get(self, path: str) -> dict[str, Any]:
        """The document that a user gets; what pods are asked is played."""
        asked: Item = {"method": "GET", "path": path}
        if self.service.type == "volume":
            asked["headers"] = {"openstack-api-version": "volume 3.70"}
        played = exchange(asked, self.service)
        pods = [REGIONS[name] for name in self.items]
        made = steps.Exchange(
            played.request, played.match, self.service, pods, CENTRAL, NOUNS
        )
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
                return REGIONS.get(id.partition("-")[0])
        return None

    def ids(self, path: str, query: Query) -> list[str]:
        """The ids of a page."""
        body = self.get(f"{path}?{urlencode(query)}")
        return [item["id"] for item in body[self.noun]]

    def by_links(self, path: str, query: Query) -> Iterator[list[str]]:
        """Pages, as the next links lead."""
        target: str | None = f"{path}?{urlencode(query)}"
        while target:
            body = self.get(target)
            yield [item["id"] for item in body[self.noun]]
            links = body.get(f"{self.noun}_links")
            target = None
            if links:
                parts = urlsplit(links[0]["href"])
                assert parse_qs(parts.query)["marker"]
                target = f"{path}?{parts.query}"

    def by_markers(
        self, path: str, query: Query, marker: str | None = None
    ) -> Iterator[list[str]]:
        """Pages, each after the last id of the one before."""
        while True:
            after = [("marker", marker)] if marker else []
            page = self.ids(path, [*query, *after])
            if not page:
                return
            yield page
            marker = page[-1]


def in_order(items: list[Item], order: list[tuple[str, bool]]) -> list[Item]:
    """As a database sorts: nothing first, and without regard to case."""
    found = list(items)
    for field, descends in reversed(order):
        found.sort(key=lambda item: _key(item[field]), reverse=descends)
    return found


def _key(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    return (1, value.casefold() if isinstance(value, str) else value)


def _json(call: Call, body: Any, status: int = 200) -> Answer:
    headers = [(b"content-type", b"application/json")]
    return Answer(status, headers, json.dumps(body).encode(), call.region)
