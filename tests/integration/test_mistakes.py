# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Mistakes: the answer is the one that Nova or Cinder gives, and nothing is left.

Each is made twice: through Tricircle, and with the API of one pod. Status and shape of
both answers must be the same.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import requests

from lab.topology import Pod
from tests.integration.bench import TOPOLOGY, Bench
from tests.integration.cloud import Cloud, Stranger, zone_of
from tests.integration.waiting import wait_for_status, wait_until_gone

POD = TOPOLOGY.pods[0]
_MIB = 1 << 20


@dataclass(frozen=True)
class Face:
    """One way to OpenStack: a user, and what they and others have there."""

    stranger: Any
    zone: str
    flavor: str
    image: str
    network: str
    foreign_port: str
    foreign_server: str

    def server(self, **changes: Any) -> dict[str, Any]:
        """The body that asks for a server, with a mistake in it."""
        proper = {
            "name": "mistake",
            "flavorRef": self.flavor,
            "imageRef": self.image,
            "availability_zone": self.zone,
            "networks": [{"uuid": self.network}],
        }
        return {"server": {**proper, **changes}}


@dataclass(frozen=True)
class Mistake:
    """A call that must fail."""

    body: Callable[[Face], Any] = lambda face: None
    method: str = "POST"
    service: str = "compute"
    path: Callable[[Face], str] = lambda face: "/servers"
    headers: dict[str, str] = field(default_factory=dict)
    data: bytes | None = None


NOBODY = str(uuid4())
MISTAKES = {
    "an unknown zone": Mistake(lambda face: face.server(availability_zone="az77")),
    "an unknown flavor": Mistake(lambda face: face.server(flavorRef=NOBODY)),
    "an unknown image": Mistake(lambda face: face.server(imageRef=NOBODY)),
    "an unknown network": Mistake(
        lambda face: face.server(networks=[{"uuid": NOBODY}])
    ),
    "an unknown port": Mistake(lambda face: face.server(networks=[{"port": NOBODY}])),
    "an unknown key pair": Mistake(lambda face: face.server(key_name="nobody")),
    "an unknown group": Mistake(
        lambda face: face.server(security_groups=[{"name": NOBODY}])
    ),
    "a port of others": Mistake(
        lambda face: face.server(networks=[{"port": face.foreign_port}])
    ),
    "an unknown field": Mistake(lambda face: face.server(colour="blue")),
    "no name": Mistake(lambda face: {"server": {"flavorRef": face.flavor}}),
    "no JSON": Mistake(data=b'{"server": '),
    "no object": Mistake(data=b"[]"),
    "a body that is too large": Mistake(data=b"a" * (_MIB + 1)),
    "no token": Mistake(lambda face: face.server(), headers={"X-Auth-Token": ""}),
    "a wrong token": Mistake(
        lambda face: face.server(), headers={"X-Auth-Token": "gAAAAABwrong"}
    ),
    "an unknown microversion": Mistake(
        lambda face: face.server(),
        headers={"OpenStack-API-Version": "compute 2.9999"},
    ),
    "a server of others": Mistake(
        method="GET", path=lambda face: f"/servers/{face.foreign_server}"
    ),
    "deleting a server of others": Mistake(
        method="DELETE", path=lambda face: f"/servers/{face.foreign_server}"
    ),
    "acting on a server of others": Mistake(
        lambda face: {"os-stop": None},
        path=lambda face: f"/servers/{face.foreign_server}/action",
    ),
    "a volume in an unknown zone": Mistake(
        lambda face: {"volume": {"size": 1, "availability_zone": "az77"}},
        service="volume",
        path=lambda face: "/volumes",
    ),
    "a volume of an unknown type": Mistake(
        lambda face: {"volume": {"size": 1, "volume_type": "nothing"}},
        service="volume",
        path=lambda face: "/volumes",
    ),
    "a volume of an unknown image": Mistake(
        lambda face: {"volume": {"size": 1, "imageRef": NOBODY}},
        service="volume",
        path=lambda face: "/volumes",
    ),
    "a volume of no size": Mistake(
        lambda face: {"volume": {"size": "large"}},
        service="volume",
        path=lambda face: "/volumes",
    ),
    "a volume that does not exist": Mistake(
        method="GET", service="volume", path=lambda face: f"/volumes/{NOBODY}"
    ),
    "a snapshot of nothing": Mistake(
        lambda face: {"snapshot": {"volume_id": NOBODY}},
        service="volume",
        path=lambda face: "/snapshots",
    ),
    "an unknown microversion of volumes": Mistake(
        method="GET",
        service="volume",
        path=lambda face: "/volumes",
        headers={"OpenStack-API-Version": "volume 3.9999"},
    ),
    "a volume call without a token": Mistake(
        method="GET",
        service="volume",
        path=lambda face: "/volumes",
        headers={"X-Auth-Token": ""},
    ),
}


@pytest.fixture(scope="module")
def faces(
    whole_cloud: Cloud,
    stranger: Stranger,
    bench_in: Callable[[Pod], Bench],
) -> Iterator[dict[str, Face]]:
    """The gateway and a pod; in each the stranger has a network, others the rest."""
    bench, name = bench_in(POD), whole_cloud.name("mistakes")
    zone = zone_of(POD)
    with ExitStack() as stack:
        yield {
            "gateway": _face(
                whole_cloud.user,
                stranger("demo"),
                name,
                zone,
                whole_cloud.flavor,
                stack,
            ),
            "pod": _face(
                bench.user,
                stranger(f"{POD.slug}-demo"),
                name,
                "nova",
                bench.flavor,
                stack,
            ),
        }


def _face(
    owner: Any, stranger: Any, name: str, zone: str, flavor: str, stack: ExitStack
) -> Face:
    foreign_network = owner.network.create_network(name=name)
    stack.callback(owner.network.delete_network, foreign_network)
    foreign_port = owner.network.create_port(network_id=foreign_network.id)
    stack.callback(owner.network.delete_port, foreign_port)
    image = owner.image.find_image("lab", ignore_missing=False).id
    foreign_server = owner.compute.create_server(
        name=name,
        image_id=image,
        flavor_id=flavor,
        availability_zone=zone,
        networks="none",
    )
    stack.callback(wait_until_gone, owner.compute.get_server, foreign_server.id)
    stack.callback(owner.compute.delete_server, foreign_server)
    wait_for_status(owner.compute.get_server, foreign_server.id, "ACTIVE")
    network = stranger.network.create_network(name=name)
    stack.callback(stranger.network.delete_network, network)
    stranger.network.create_subnet(
        network_id=network.id, ip_version=4, cidr="10.71.0.0/24"
    )
    return Face(
        stranger=stranger,
        zone=zone,
        flavor=flavor,
        image=image,
        network=network.id,
        foreign_port=foreign_port.id,
        foreign_server=foreign_server.id,
    )


def _answer(face: Face, mistake: Mistake) -> requests.Response:
    proxy = (
        face.stranger.compute
        if mistake.service == "compute"
        else face.stranger.block_storage
    )
    body = mistake.body(face)
    return requests.request(
        mistake.method,
        proxy.get_endpoint() + mistake.path(face),
        headers={
            "X-Auth-Token": face.stranger.auth_token,
            "OpenStack-API-Version": "compute 2.90, volume 3.60",
            "Content-Type": "application/json",
            **mistake.headers,
        },
        data=mistake.data if body is None else json.dumps(body),
        timeout=60,
    )


def _shape(answer: requests.Response) -> tuple[int, Any]:
    """The status, the error's key and what is below it."""
    if not answer.content or "json" not in answer.headers.get("Content-Type", ""):
        return answer.status_code, answer.headers.get("Content-Type")
    (key, value), *more = answer.json().items()
    assert not more
    inner = sorted(value) if isinstance(value, dict) else type(value).__name__
    return answer.status_code, (key, inner)


@pytest.mark.parametrize("name", MISTAKES)
def test_it_is_answered_as_openstack_does(name: str, faces: dict[str, Face]) -> None:
    mistake = MISTAKES[name]
    through, direct = (_answer(faces[face], mistake) for face in ("gateway", "pod"))
    assert _shape(through) == _shape(direct), (through.text, direct.text)
    _assert_nothing_left(faces["gateway"])


def _assert_nothing_left(face: Face) -> None:
    stranger = face.stranger
    assert not list(stranger.compute.servers())
    assert not list(stranger.block_storage.volumes())
    ports = stranger.network.ports()
    assert not [port for port in ports if not port.device_owner.startswith("network:")]
