# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is another project's does not exist; a token is good for what it was given."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
import requests

from lab.topology import Pod
from tests.integration.bench import TOPOLOGY, Bench, connect
from tests.integration.cloud import Cloud, Stranger, zone_of
from tests.integration.volumes import make_volume
from tests.integration.waiting import wait_for, wait_for_status, wait_until_gone
from tricircle.gateway.services import SERVICES

POD = TOPOLOGY.pods[0]
ELSEWHERE = str(uuid4())
_ZONES = "/os-availability-zone"
CACHED = 60
"""Seconds for which the gateway believes a token (``token_cache_time``)."""


@dataclass(frozen=True)
class Owned:
    """What the owner has, by its type; and who is to see nothing of it."""

    ids: dict[str, str]
    stranger: Any
    owner_project: str
    name: str

    def call(
        self, service: str, method: str, path: str, body: Any = None, token: str = ""
    ) -> requests.Response:
        """A stranger's call, below the version and the project."""
        return asked(self.stranger, service, method, path, body, token)


def asked(
    who: Any, service: str, method: str, path: str, body: Any = None, token: str = ""
) -> requests.Response:
    proxy = who.compute if service == "compute" else who.block_storage
    return requests.request(
        method,
        proxy.get_endpoint() + path,
        headers={
            "X-Auth-Token": token or who.auth_token,
            "OpenStack-API-Version": "compute 2.90, volume 3.70",
        },
        json=body,
        timeout=60,
    )


@pytest.fixture(scope="module")
def owned(whole_cloud: Cloud, stranger: Stranger) -> Iterator[Owned]:
    """A server, a volume of each kind, and all that can be made of a volume."""
    with ExitStack() as stack:
        cloud = replace(whole_cloud, stack=stack)
        storage, zone = cloud.user.block_storage, zone_of(POD)
        server = cloud.create_server("secret", zone, "none")

        def volume(what: str) -> str:
            made = storage.create_volume(
                name=cloud.name(what), size=1, availability_zone=zone
            )
            stack.callback(wait_until_gone, storage.get_volume, made.id)
            stack.callback(storage.delete_volume, made)
            wait_for_status(storage.get_volume, made.id, "available")
            return str(made.id)

        source, given = volume("secret"), volume("given")
        snapshot = storage.create_snapshot(volume_id=source, name=cloud.name("secret"))
        stack.callback(wait_until_gone, storage.get_snapshot, snapshot.id)
        stack.callback(storage.delete_snapshot, snapshot)
        wait_for_status(storage.get_snapshot, snapshot.id, "available")
        transfer = storage.create_transfer(volume_id=given, name=cloud.name("secret"))
        stack.callback(storage.delete_transfer, transfer)
        cloud.wait_active(server)
        ids = {
            "server": server,
            "volume": source,
            "snapshot": snapshot.id,
            "transfer": transfer.id,
        }
        yield Owned(ids, stranger("demo"), cloud.project_id, cloud.name("secret"))


def _paths() -> list[tuple[str, str, str]]:
    """Service, method and path of every call that may be about what is owned."""
    found = []
    for service in SERVICES:
        for resource in service.resources:
            for action in resource.actions:
                first = action.path.partition("{")[2].partition("}")[0]
                if first in {"server", "volume", "snapshot", "transfer"}:
                    methods = action.methods or ("GET", "PUT", "POST", "DELETE")
                    path = action.path.replace("/**", "/metadata/x")
                    found += [(service.type, method, path) for method in methods]
    return sorted(set(found))


@pytest.mark.parametrize(("service", "method", "path"), _paths())
def test_by_its_id_it_is_not_found(
    service: str, method: str, path: str, owned: Owned
) -> None:
    for type, id in owned.ids.items():
        path = path.replace(f"{{{type}}}", id, 1)
    path = "/".join(ELSEWHERE if part[:1] == "{" else part for part in path.split("/"))
    bodiless = method in {"GET", "DELETE"}
    answer = owned.call(service, method, path, None if bodiless else {})
    # A body that says nothing may be found wrong before anyone looks for an id; what
    # only operators may call is refused to whoever calls it.
    wanted = {404} if bodiless else {400, 404}
    wanted |= {403} if path.startswith("/os-assisted") else set()
    assert answer.status_code in wanted, answer.text
    assert owned.name not in answer.text


CHANGES: dict[str, tuple[str, str, Callable[[dict[str, str]], Any], set[int]]] = {
    "stop": (
        "compute",
        "/servers/{server}/action",
        lambda ids: {"os-stop": None},
        {404},
    ),
    "attach to": (
        "compute",
        "/servers/{server}/os-volume_attachments",
        lambda ids: {"volumeAttachment": {"volumeId": ids["volume"]}},
        {404},
    ),
    "boot from": (
        "compute",
        "/servers",
        lambda ids: {
            "server": {
                "name": "x",
                "flavorRef": ids["flavor"],
                "networks": "none",
                "block_device_mapping_v2": [
                    {
                        "boot_index": 0,
                        "uuid": ids["volume"],
                        "source_type": "volume",
                        "destination_type": "volume",
                    }
                ],
            }
        },
        {400},  # as Nova has it
    ),
    "extend": (
        "volume",
        "/volumes/{volume}/action",
        lambda ids: {"os-extend": {"new_size": 2}},
        {404},
    ),
    "snapshot": (
        "volume",
        "/snapshots",
        lambda ids: {"snapshot": {"volume_id": ids["volume"]}},
        {404},
    ),
    "clone": (
        "volume",
        "/volumes",
        lambda ids: {"volume": {"source_volid": ids["volume"], "size": 1}},
        {404},
    ),
    "make of a snapshot": (
        "volume",
        "/volumes",
        lambda ids: {"volume": {"snapshot_id": ids["snapshot"], "size": 1}},
        {404},
    ),
    "back up": (
        "volume",
        "/backups",
        lambda ids: {"backup": {"volume_id": ids["volume"]}},
        {404},
    ),
    "reserve": (
        "volume",
        "/attachments",
        lambda ids: {
            "attachment": {
                "volume_uuid": ids["volume"],
                "instance_uuid": ids["server"],
            }
        },
        {404},
    ),
    "give away": (
        "volume",
        "/os-volume-transfer",
        lambda ids: {"transfer": {"volume_id": ids["volume"], "name": "x"}},
        {404},
    ),
    "take": (
        "volume",
        "/os-volume-transfer/{transfer}/accept",
        lambda ids: {"accept": {"auth_key": "0123456789abcdef"}},
        {400, 403, 404},  # whoever has the key may
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_can_be_done_with_it(
    name: str, owned: Owned, whole_cloud: Cloud
) -> None:
    service, path, body, wanted = CHANGES[name]
    ids = {**owned.ids, "flavor": whole_cloud.flavor}
    answer = owned.call(service, "POST", path.format(**ids), body(ids))
    assert answer.status_code in wanted, answer.text
    assert not list(owned.stranger.compute.servers())
    assert not list(owned.stranger.block_storage.volumes())


@pytest.mark.parametrize(
    ("service", "path", "wanted"),
    [
        ("compute", "/servers?marker={server}", {400}),
        ("compute", "/servers/detail?limit=1&marker={server}", {400}),
        ("volume", "/volumes?marker={volume}", {404}),
        ("volume", "/volumes/detail?marker={volume}", {404}),
        ("volume", "/snapshots?marker={snapshot}", {404}),
        ("compute", "/servers/detail?name={name}", {200}),
        ("compute", "/servers?all_tenants=1", {403}),
        ("volume", "/volumes/detail?all_tenants=1", {200}),
        ("volume", "/snapshots/detail?volume_id={volume}", {200}),
        ("volume", "/attachments/detail?volume_id={volume}", {200}),
        ("volume", "/os-volume-transfer/detail", {200}),
    ],
)
def test_no_list_has_it(
    service: str, path: str, wanted: set[int], owned: Owned
) -> None:
    ids = {**owned.ids, "name": owned.name}
    answer = owned.call(service, "GET", path.format(**ids))
    assert answer.status_code in wanted, answer.text
    if answer.ok:
        assert owned.name not in answer.text
        assert not [id for id in owned.ids.values() if id in answer.text]


def test_what_was_made_in_a_pod_is_others_however_often_one_asks(
    owned: Owned, cloud: Cloud, bench_in: Callable[[Pod], Bench]
) -> None:
    """No route leads to it at first: all pods are asked, with the user's own token."""
    bench = replace(bench_in(POD), stack=cloud.stack)
    volume = make_volume(bench, "fan-out")
    path = f"/volumes/{volume.id}"
    assert owned.call("volume", "GET", path).status_code == 404
    assert asked(cloud.user, "volume", "GET", path).status_code == 200
    assert owned.call("volume", "GET", path).status_code == 404
    assert owned.call("volume", "DELETE", path).status_code == 404
    assert asked(cloud.user, "volume", "GET", path).status_code == 200


def test_the_paths_project_is_the_tokens(owned: Owned) -> None:
    own = owned.stranger.current_project_id
    for who, project in (
        (owned.stranger, owned.owner_project),
        (connect("admin"), owned.owner_project),
    ):
        for service, noun in (("compute", "servers"), ("volume", "volumes")):
            proxy = who.compute if service == "compute" else who.block_storage
            root = proxy.get_endpoint().removesuffix(f"/{who.current_project_id}")
            answer = requests.get(
                f"{root}/{project}/{noun}",
                headers={"X-Auth-Token": who.auth_token},
                timeout=60,
            )
            assert answer.status_code == 400, answer.text
    assert own != owned.owner_project


def test_a_revoked_token_is_good_for_a_minute_at_most(owned: Owned) -> None:
    token = owned.stranger.session.auth.get_token(owned.stranger.session)
    # The gateway answers alone: no pod finds out.
    assert owned.call("compute", "GET", _ZONES, token=token).status_code == 200
    owned.stranger.identity.delete(
        "/auth/tokens", headers={"X-Subject-Token": token}
    ).raise_for_status()
    wait_for(
        lambda: owned.call("compute", "GET", _ZONES, token=token).status_code == 401,
        "the token to be refused",
        timeout=CACHED + 10,
    )
    owned.stranger.session.auth.invalidate()


def restricted(who: Any, cloud: Cloud, *rules: tuple[str, str]) -> str:
    """A token of theirs that is good for reading: service and path of each rule."""
    identity, user = who.identity, who.current_user_id
    made = identity.create_application_credential(
        user,
        cloud.name("rules"),
        roles=[{"name": "member"}],
        access_rules=[
            {"service": service, "method": "GET", "path": path}
            for service, path in rules
        ],
    )
    cloud.stack.callback(identity.delete_application_credential, user, made)
    root = str(who.session.auth.auth_url).rstrip("/").removesuffix("/v3")
    credential = {"id": made.id, "secret": made.secret}
    methods = {
        "methods": ["application_credential"],
        "application_credential": credential,
    }
    given = requests.post(
        f"{root}/v3/auth/tokens", json={"auth": {"identity": methods}}, timeout=60
    )
    given.raise_for_status()
    return given.headers["X-Subject-Token"]


def test_access_rules_hold_here(owned: Owned, cloud: Cloud) -> None:
    token = restricted(
        owned.stranger,
        cloud,
        ("compute", f"/v2.1{_ZONES}"),
        ("block-storage", f"/v3{_ZONES}"),
        ("block-storage", f"/v3/*{_ZONES}"),
    )
    for service in ("compute", "volume"):
        assert owned.call(service, "GET", _ZONES, token=token).status_code == 200
    for service, method, path in (
        ("compute", "GET", f"{_ZONES}/detail"),
        ("compute", "POST", _ZONES),
        ("compute", "GET", "/servers"),
        ("compute", "DELETE", f"/servers/{ELSEWHERE}"),
        ("compute", "GET", "/%2e%2e/v2.1/servers"),
        ("volume", "GET", "/volumes"),
        ("volume", "GET", "/types"),
    ):
        answer = owned.call(service, method, path, token=token)
        assert answer.status_code == 401, (path, answer.text)
        assert "access rules" in answer.text


def test_what_access_rules_allow_a_pod_allows_too(owned: Owned, cloud: Cloud) -> None:
    """Pods apply them once more, to the calls that the gateway makes of them."""
    token = restricted(
        cloud.user,
        cloud,
        ("compute", "/v2.1/servers/{id}"),
        ("block-storage", "/v3/volumes/{id}"),  # as the gateway is called
        ("block-storage", "/v3/*/volumes/{id}"),  # as it calls the pod
    )
    server, volume = (owned.ids[type] for type in ("server", "volume"))

    def get(service: str, path: str) -> requests.Response:
        return asked(cloud.user, service, "GET", path, token=token)

    assert get("compute", f"/servers/{server}").json()["server"]["id"] == server
    listed = get("compute", "/servers/detail").json()["servers"]
    assert server in {one["id"] for one in listed}
    assert get("volume", f"/volumes/{volume}").json()["volume"]["id"] == volume
    for service, path in (
        ("compute", f"/servers/{server}/metadata"),
        ("volume", f"/volumes/{volume}/metadata"),
        ("volume", f"/snapshots/{owned.ids['snapshot']}"),
    ):
        assert get(service, path).status_code == 401, path
