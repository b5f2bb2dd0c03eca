# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What users get wrong is told as Nova and Cinder tell it, and leaves nothing."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.tricircle.gateway.cloud import PROJECT, Cloud, cloud
from tests.unit.tricircle.gateway.pod import run
from tricircle.gateway.services.compute import COMPUTE
from tricircle.gateway.services.volume import VOLUME

FILE = Path(__file__).parents[3] / "golden" / "gateway" / "mistakes.yml"
MISTAKES: list[dict[str, Any]] = yaml.safe_load(FILE.read_text())
ABSENT = (404, {"itemNotFound": {"code": 404, "message": "It could not be found."}})


def prepare(nova: Cloud, mistake: dict[str, Any]) -> None:
    """Regions that have nothing but one flavor, and a Keystone that knows one token."""
    for region in (nova.central, nova.pod1, nova.pod2):
        region.otherwise = ABSENT
    below = f"GET /v3/{PROJECT}"
    nova.central.answers[f"{below}/types"] = {"volume_types": []}
    nova.central.answers[f"{below}/group_types"] = {"group_types": []}
    flavor = {"id": "F1", "ram": 64, "vcpus": 1, "disk": 1, "extra_specs": {}}
    nova.central.answers["GET /v2.1/flavors/F1"] = {"flavor": flavor}
    if "token" in mistake:
        nova.keystone.answers["GET /v3/auth/tokens"] = ABSENT


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["about"])
def test_a_mistake_is_told_as_the_service_tells_it(mistake: dict[str, Any]) -> None:
    service = COMPUTE if mistake["service"] == "compute" else VOLUME
    body = None
    if "raw" in mistake:
        body = [mistake["raw"].encode()]
    elif "bytes" in mistake:
        body = [b"{" + b" " * (mistake["bytes"] - 2) + b"}"]
    path = service.root + mistake["path"]
    version = f"{service.type} {mistake['version']}"

    async def main() -> None:
        async with cloud(service) as nova:
            prepare(nova, mistake)
            reply = await nova(
                mistake["method"],
                path,
                mistake.get("body"),
                body=body,
                token=mistake.get("token", "good"),
                headers={"openstack-api-version": version},
            )
            assert reply.status == mistake["status"], reply.body
            if mistake["key"] is None:
                assert reply.headers["content-type"].startswith("text/html")
            else:
                (key,) = reply.json
                assert key == mistake["key"]
                assert reply.json[key]["code"] == mistake["status"]
                assert reply.json[key]["message"]
            changes = ("POST", "PUT", "DELETE")
            for region in (nova.central, nova.pod1, nova.pod2):
                assert not [one for one in region.asked if one.startswith(changes)]
            assert not nova.placement.pending
            assert not nova.realiser.done

    run(main())
