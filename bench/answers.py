# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Documents of simulated regions, as Nova and Keystone 2026.2 would write them."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

PROJECT = "5f7b1c0e9d0a4a43b1f5f1c0a77c9b11"
USER = "0c7e1a4f6d1e4a0f8f4f3f8a2f6f4d22"
FLAVOR = "d1"
IMAGE = "70a599e0-31e7-49b7-b260-868f441e862b"
TOKEN = "gAAAAA" + "benchmark" * 20
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_SPACE = UUID("8a0f5b7e-52a2-4c1c-a9e4-0e5b6a1f0d42")


def server_id(pod: int, number: int) -> str:
    """The id of a pod's server."""
    return str(uuid5(_SPACE, f"{pod}/{number}"))


def server(id: str, origin: str, number: int = 0) -> dict[str, object]:
    """A server with two addresses, as its owner sees it in microversion 2.90.

    ``number`` tells how old it is, so that lists have an order.
    """
    made = (_EPOCH + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": id,
        "name": f"web-{number}.example.org",
        "status": "ACTIVE",
        "tenant_id": PROJECT,
        "user_id": USER,
        "metadata": {"role": "web", "owner": "team-a", "stage": "production"},
        "hostId": "2091634baaccdc4c5a1d57069c833e402921df696b7f970791b12ec6",
        "image": {
            "id": IMAGE,
            "links": [_link("bookmark", f"{origin}/images/{IMAGE}")],
        },
        "flavor": {
            "vcpus": 2,
            "ram": 4096,
            "disk": 40,
            "ephemeral": 0,
            "swap": 0,
            "original_name": "m1.medium",
            "extra_specs": {"hw:cpu_policy": "shared", "hw:mem_page_size": "small"},
        },
        "created": made,
        "updated": made,
        "addresses": {
            "private": [_address("fa:16:3e:9e:89:be", f"10.0.0.{number % 250 + 2}")],
            "public": [
                _address("fa:16:3e:0c:2c:08", f"192.0.2.{number % 250 + 2}"),
                _address("fa:16:3e:0c:2c:08", "2001:db8::3e9e:89be", 6),
            ],
        },
        "accessIPv4": "",
        "accessIPv6": "",
        "links": [
            _link("self", f"{origin}/v2.1/servers/{id}"),
            _link("bookmark", f"{origin}/servers/{id}"),
        ],
        "OS-DCF:diskConfig": "AUTO",
        "progress": 0,
        "OS-EXT-AZ:availability_zone": "nova",
        "config_drive": "",
        "key_name": "key-of-the-owner",
        "OS-SRV-USG:launched_at": f"{made[:-1]}.000000",
        "OS-SRV-USG:terminated_at": None,
        "security_groups": [{"name": "default"}, {"name": "web"}],
        "OS-EXT-STS:task_state": None,
        "OS-EXT-STS:vm_state": "active",
        "OS-EXT-STS:power_state": 1,
        "os-extended-volumes:volumes_attached": [
            {"id": IMAGE[::-1], "delete_on_termination": False}
        ],
        "locked": False,
        "locked_reason": None,
        "description": "One of the servers of which the benchmark asks.",
        "tags": ["web", "production"],
        "trusted_image_certificates": None,
        "server_groups": [],
        "hostname": f"web-{number}",
    }


def _link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href}


def _address(mac: str, address: str, version: int = 4) -> dict[str, object]:
    return {
        "version": version,
        "addr": address,
        "OS-EXT-IPS:type": "fixed",
        "OS-EXT-IPS-MAC:mac_addr": mac,
    }


def created(id: str, origin: str) -> dict[str, object]:
    """What Nova says to a create."""
    return {
        "server": {
            "id": id,
            "links": [_link("self", f"{origin}/v2.1/servers/{id}")],
            "OS-DCF:diskConfig": "MANUAL",
            "security_groups": [{"name": "default"}],
            "adminPass": "none",
        }
    }


def create(name: str) -> dict[str, object]:
    """What a user asks for."""
    return {
        "server": {
            "name": name,
            "flavorRef": FLAVOR,
            "imageRef": IMAGE,
            "networks": "none",
            "availability_zone": "az1",
            "metadata": {"role": "web"},
        }
    }


def flavor() -> dict[str, object]:
    """The flavor of all servers, the same everywhere."""
    return {
        "id": FLAVOR,
        "name": "m1.medium",
        "ram": 4096,
        "disk": 40,
        "vcpus": 2,
        "swap": 0,
        "OS-FLV-EXT-DATA:ephemeral": 0,
        "OS-FLV-DISABLED:disabled": False,
        "os-flavor-access:is_public": True,
        "rxtx_factor": 1.0,
        "description": None,
        "extra_specs": {},
        "links": [],
    }


def quota() -> dict[str, object]:
    """A project's limits, which are in nobody's way."""
    return dict.fromkeys(("instances", "cores", "ram"), 1_000_000_000)


def token(origin: str) -> dict[str, object]:
    """What Keystone, at ``origin``, says of the user's token and of the gateway's."""
    endpoints = [
        {
            "id": interface,
            "interface": interface,
            "region": "RegionOne",
            "region_id": "RegionOne",
            "url": f"{origin}/v3",
        }
        for interface in ("public", "internal", "admin")
    ]
    domain = {"id": "default", "name": "Default"}
    return {
        "token": {
            "methods": ["password"],
            "user": {"id": USER, "name": "bench", "domain": domain},
            "project": {"id": PROJECT, "name": "bench", "domain": domain},
            "roles": [{"id": "1", "name": "member"}, {"id": "2", "name": "admin"}],
            "audit_ids": ["Hq1nVVDoSGaWJEbJfRSz0Q"],
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "catalog": [
                {
                    "id": "identity",
                    "type": "identity",
                    "name": "keystone",
                    "endpoints": endpoints,
                }
            ],
        }
    }


def identity(origin: str) -> dict[str, object]:
    """Keystone's version document."""
    return {
        "version": {
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [_link("self", f"{origin}/v3/")],
            "media-types": [],
        }
    }


def text(document: object) -> str:
    """The document as services write it."""
    return json.dumps(document)
