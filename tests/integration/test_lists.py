# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Lists over both pods, as the usual clients page through them: each item once."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from openstack.exceptions import HttpException, raise_from_response

from tests.integration.bench import PATHS, TOPOLOGY
from tests.integration.cloud import Cloud, zone_of
from tests.integration.waiting import wait_for, wait_for_status, wait_until_gone

OPENSTACK = Path(sys.executable).with_name("openstack")
SERVERS, VOLUMES = 6, 3
"""So many in each pod."""


@dataclass(frozen=True)
class Many:
    """What is in both pods, the newest first."""

    cloud: Cloud
    servers: list[str]
    volumes: list[str]

    def of(self, noun: str) -> list[str]:
        return self.servers if noun == "server" else self.volumes

    def created(self, noun: str) -> dict[str, str]:
        """When each was created, to the second."""
        user = self.cloud.user
        servers = noun == "server"
        found = user.compute.servers() if servers else user.block_storage.volumes()
        return {one.id: one.created_at for one in found}


@pytest.fixture(scope="module")
def many(whole_cloud: Cloud) -> Iterator[Many]:
    with ExitStack() as stack:
        cloud = replace(whole_cloud, stack=stack)
        storage = cloud.user.block_storage
        zones = [zone_of(pod) for pod in TOPOLOGY.pods]
        volumes = [
            storage.create_volume(name=cloud.name("lists"), size=1, availability_zone=z)
            for z in zones * VOLUMES
        ]
        for volume in volumes:
            stack.callback(wait_until_gone, storage.get_volume, volume.id)
            stack.callback(storage.delete_volume, volume, ignore_missing=True)
        servers = [
            cloud.user.compute.create_server(
                name=cloud.name("lists"),
                image_id=cloud.image,
                flavor_id=cloud.flavor,
                networks="none",
                availability_zone=zone,
            ).id
            for zone in zones * SERVERS
        ]
        stack.callback(cloud.delete_servers, servers)
        for volume in volumes:
            wait_for_status(storage.get_volume, volume.id, "available")
        for server in servers:
            cloud.wait_active(server)
        yield Many(cloud, servers[::-1], [volume.id for volume in volumes][::-1])


def assert_each_once(look: Callable[[], list[str]], wanted: list[str]) -> None:
    """Others may come and go meanwhile: they are not counted.

    A pod that is slower than the gateway waits is left out, and named; if all are, that
    is 503: then one looks again. But what comes twice comes twice.
    """

    def whole() -> bool:
        try:
            seen = look()
        except HttpException as error:
            if error.status_code != 503:
                raise
            return False
        assert len(seen) == len(set(seen))
        return set(wanted) <= set(seen)

    wait_for(whole, "all to be listed")


def openstack(*words: str) -> Any:
    done = subprocess.run(
        [OPENSTACK, "--os-cloud", "demo", *words, "-f", "json"],
        env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(PATHS.clouds)},
        capture_output=True,
        text=True,
        check=False,
    )
    if " 503: " in done.stderr:
        raise HttpException(done.stderr, http_status=503)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("noun", ["server", "volume"])
def test_openstackclient_goes_from_marker_to_marker(noun: str, many: Many) -> None:
    def look() -> list[str]:
        seen: list[str] = []
        while True:
            marker = ["--marker", seen[-1]] if seen else []
            page = openstack(noun, "list", "--limit", "5", *marker)
            if not page:
                return seen
            seen += [item["ID"] for item in page]

    assert_each_once(look, many.of(noun))


@pytest.mark.parametrize("limit", [None, 1, 4, 100])
@pytest.mark.parametrize("details", [True, False])
def test_the_sdk_finds_its_way_by_itself(
    details: bool, limit: int | None, many: Many
) -> None:
    query: dict[str, Any] = {"details": details}
    if limit is not None:
        query["limit"] = limit
    user = many.cloud.user
    assert_each_once(
        lambda: [one.id for one in user.compute.servers(**query)], many.servers
    )
    assert_each_once(
        lambda: [one.id for one in user.block_storage.volumes(**query)], many.volumes
    )


@dataclass(frozen=True)
class Pager:
    """Pages as Horizon makes them: one item more is asked for than is shown."""

    many: Many
    noun: str
    size: int

    def page(self, marker: str | None, *, back: bool) -> tuple[list[str], bool]:
        """What is shown after (or before) a marker, and whether there is more."""
        user = self.many.cloud.user
        order = "asc" if back else "desc"
        query = {"limit": self.size + 1, "marker": marker}
        if self.noun == "server":
            query |= {"sort_key": "created_at", "sort_dir": order}
            answer = user.compute.get("/servers/detail", params=query)
        else:
            query["sort"] = f"created_at:{order}"
            answer = user.block_storage.get("/volumes/detail", params=query)
        raise_from_response(answer)
        ids = [item["id"] for item in answer.json()[f"{self.noun}s"]]
        shown = ids[: self.size]
        return shown[::-1] if back else shown, len(ids) > self.size

    def all(self, *, back: bool) -> list[str]:
        """What is shown on all pages, from one end to the other."""
        marker, more = None, True
        seen: list[str] = []
        while more:
            shown, more = self.page(marker, back=back)
            seen = [*shown, *seen] if back else [*seen, *shown]
            marker = (seen[0] if back else seen[-1]) if seen else None
        return seen


@pytest.mark.parametrize("size", [1, 4, 5])
@pytest.mark.parametrize("noun", ["server", "volume"])
def test_horizon_goes_forth_and_back(noun: str, size: int, many: Many) -> None:
    pager, own = Pager(many, noun, size), many.of(noun)
    orders: list[list[str]] = []
    for back in (False, True):

        def look(back: bool = back) -> list[str]:
            seen = pager.all(back=back)
            orders[back:] = [[id for id in seen if id in own]]
            return seen

        assert_each_once(look, own)
    # Among servers of one moment Nova goes by their ids, forth and back alike.
    created = many.created(noun)
    assert [created[id] for id in orders[0]] == [created[id] for id in orders[1]]
