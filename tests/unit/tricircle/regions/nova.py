# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A Nova of a central region: aggregates and no hosts."""

from typing import Any

from tests.unit.tricircle.regions.wire import Answer, Request, versions


class Nova:
    """Aggregates by id; ``refuse`` makes the next calls of a method fail."""

    def __init__(self, url: str = "http://nova/v2.1") -> None:
        self.url = url
        self.newest = "2.104"
        self.aggregates: dict[int, dict[str, Any]] = {}
        self.zones: list[str] = []
        self.answers: dict[str, Answer] = {}

    def __call__(self, request: Request) -> Answer:
        if request.method in self.answers:
            return self.answers[request.method]
        path = request.path.removeprefix("/v2.1").strip("/")
        if path == "":
            return Answer(200, versions(self.url, "v2.1", "2.1", self.newest))
        if path == "os-availability-zone":
            zones = [{"zoneName": name} for name in self.zones]
            return Answer(200, {"availabilityZoneInfo": zones})
        if path == "os-aggregates" and request.method == "GET":
            return Answer(200, {"aggregates": list(self.aggregates.values())})
        if path == "os-aggregates":
            wanted = request.body["aggregate"]
            return self.add(wanted["name"], wanted["availability_zone"])
        return self._one(request, int(path.split("/")[1]))

    def add(self, name: str, zone: str) -> Answer:
        if name in {one["name"] for one in self.aggregates.values()}:
            message = f"Aggregate {name} already exists."
            return Answer(409, {"conflictingRequest": {"message": message}})
        made = {
            "id": len(self.aggregates) + 1,
            "name": name,
            "availability_zone": zone,
            "metadata": {"availability_zone": zone},
            "hosts": [],
        }
        self.aggregates[len(self.aggregates) + 1] = made
        return Answer(200, {"aggregate": made})

    def _one(self, request: Request, number: int) -> Answer:
        if number not in self.aggregates:
            return Answer(404, {"itemNotFound": {"message": "no such aggregate"}})
        if request.method == "DELETE":
            del self.aggregates[number]
            return Answer(200)
        one = self.aggregates[number]
        one["metadata"] |= request.body["set_metadata"]["metadata"]
        one["availability_zone"] = one["metadata"]["availability_zone"]
        return Answer(200, {"aggregate": one})
