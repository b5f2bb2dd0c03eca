# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A project's limits hold over both pods, exactly, and the pods' own are in no way."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.bench import TOPOLOGY, connect
from tests.integration.cloud import Cloud, Stranger, zone_of
from tests.integration.waiting import wait_for, wait_for_status, wait_until_gone

_AT_ONCE = 50
_ZONES = [zone_of(pod) for pod in TOPOLOGY.pods]


@dataclass(frozen=True)
class Project:
    """A project with limits, as its user and as an administrator have it."""

    cloud: Cloud
    user: Any
    id: str

    def limit(self, service: str, **limits: int) -> Any:
        """Set central limits; return the answer."""
        api = getattr(self.cloud.admin, service)
        return api.put(f"/os-quota-sets/{self.id}", json={"quota_set": limits})

    def instances(self) -> tuple[int, int]:
        """How many are said to be in use, and how many may be."""
        path = f"/os-quota-sets/{self.id}/detail"
        told = self.user.compute.get(path).json()["quota_set"]["instances"]
        return told["in_use"] + told["reserved"], told["limit"]

    def server(self, number: int, **fields: Any) -> Any:
        """Ask for a server in one zone or the other; return the answer."""
        server = {
            "name": self.cloud.name(f"quota{number}"),
            "imageRef": self.cloud.image,
            "flavorRef": self.cloud.flavor,
            "availability_zone": _ZONES[number % len(_ZONES)],
            "networks": "none",
            **fields,
        }
        return self.user.compute.post(
            "/servers", json={"server": server}, microversion="2.37"
        )

    def volume(self, number: int, **fields: Any) -> Any:
        """Ask for a volume of 1 GiB in one zone or the other; return the answer."""
        volume = {
            "name": self.cloud.name(f"quota{number}"),
            "size": 1,
            "availability_zone": _ZONES[number % len(_ZONES)],
            **fields,
        }
        return self.user.block_storage.post("/volumes", json={"volume": volume})

    def server_with_volume(self, number: int) -> Any:
        """Ask for a server for which Nova makes a volume of 1 GiB."""
        disk = {
            "boot_index": 0,
            "source_type": "image",
            "uuid": self.cloud.image,
            "destination_type": "local",
            "delete_on_termination": True,
        }
        volume = {
            "boot_index": -1,
            "source_type": "blank",
            "destination_type": "volume",
            "volume_size": 1,
            "delete_on_termination": True,
        }
        return self.server(number, block_device_mapping_v2=[disk, volume])

    def delete(self, ids: Iterable[str]) -> None:
        """Delete servers, and wait until they are gone."""
        ids = list(ids)
        for id_ in ids:
            self.user.compute.delete_server(id_, ignore_missing=True)
        for id_ in ids:
            wait_until_gone(self.user.compute.get_server, id_)

    def delete_volumes(self, ids: Iterable[str]) -> None:
        """Delete volumes, and wait until they are gone."""
        ids = list(ids)
        for id_ in ids:
            wait_for_status(self.user.block_storage.get_volume, id_, "available")
            self.user.block_storage.delete_volume(id_)
        for id_ in ids:
            wait_until_gone(self.user.block_storage.get_volume, id_)


@pytest.fixture
def project(newcomer: Stranger, cloud: Cloud) -> Iterator[Project]:
    """A project that pods would let have one thing of each kind."""
    user = newcomer("demo")
    made = Project(cloud, user, str(user.current_project_id))
    with ExitStack() as stack:
        stack.callback(cloud.admin.compute.delete, f"/os-quota-sets/{made.id}")
        stack.callback(cloud.admin.block_storage.delete, f"/os-quota-sets/{made.id}")
        for pod in TOPOLOGY.pods:
            operator, path = connect(pod.slug), f"/os-quota-sets/{made.id}"
            own = {"quota_set": {"instances": 1}}
            assert operator.compute.put(path, json=own).ok
            own = {"quota_set": {"volumes": 1}}
            assert operator.block_storage.put(path, json=own).ok
            stack.callback(operator.compute.delete, path)
            stack.callback(operator.block_storage.delete, path)
        yield made


def at_once(count: int, create: Callable[[int], Any], key: str) -> tuple[Any, ...]:
    """Statuses, ids of what was made, and the refusals' texts."""
    with ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(create, range(count)))
    bodies = [answer.json() for answer in answers]
    statuses = Counter(answer.status_code for answer in answers)
    ids = [body[key]["id"] for body in bodies if key in body]
    refusals = {
        fault["message"]
        for body in bodies
        if key not in body
        for fault in body.values()
    }
    return statuses, ids, refusals


def test_of_fifty_servers_as_many_are_made_as_the_limit_allows(
    project: Project,
) -> None:
    assert project.limit("compute", instances=6).ok
    statuses, ids, refusals = at_once(_AT_ONCE, project.server, "server")
    project.cloud.stack.callback(project.delete, ids)
    assert statuses == {202: 6, 403: _AT_ONCE - 6}
    assert refusals == {
        "Quota exceeded for instances: Requested 1, but already used 6 of 6 instances"
    }
    there = [
        server.id
        for pod in TOPOLOGY.pods
        for server in connect(pod.slug).compute.servers(
            all_projects=True, project_id=project.id
        )
    ]
    assert sorted(there) == sorted(ids)
    # Nova counts a server only once it is scheduled.
    wait_for(lambda: project.instances() == (6, 6), "all servers to be in use")

    project.delete(ids[:2])
    statuses, again, _ = at_once(5, project.server, "server")
    project.cloud.stack.callback(project.delete, again)
    assert statuses == {202: 2, 403: 3}


def test_several_servers_at_a_time_are_as_many_as_fit(project: Project) -> None:
    assert project.limit("compute", instances=-1, cores=2).ok
    refused = project.server(0, min_count=3, max_count=4)
    assert refused.status_code == 403
    assert "Quota exceeded for cores: Requested 4, but" in refused.text
    made = project.server(0, min_count=1, max_count=4)
    ids = [server.id for server in project.user.compute.servers()]
    project.cloud.stack.callback(project.delete, ids)
    assert (made.status_code, len(ids)) == (202, 2)


def test_of_fifty_volumes_as_many_are_made_as_the_limit_allows(
    project: Project,
) -> None:
    assert project.limit("block_storage", volumes=5, gigabytes=7).ok
    statuses, ids, refusals = at_once(_AT_ONCE, project.volume, "volume")
    rest = [*ids]
    project.cloud.stack.callback(project.delete_volumes, rest)
    assert statuses == {202: 5, 413: _AT_ONCE - 5}
    assert refusals == {
        "Maximum number of volumes allowed (5) exceeded for quota 'volumes'."
    }
    wait_for_status(project.user.block_storage.get_volume, ids[0], "available")
    grown = [
        project.user.block_storage.post(
            f"/volumes/{ids[0]}/action", json={"os-extend": {"new_size": size}}
        ).status_code
        for size in (4, 3)
    ]
    assert grown == [413, 202]
    wait_for_status(project.user.block_storage.get_volume, ids[0], "available")
    project.delete_volumes(rest[:1])
    del rest[0]
    assert project.volume(0, size=4).status_code == 413
    (other,) = [project.volume(0, size=3)]
    assert other.status_code == 202
    project.cloud.stack.callback(project.delete_volumes, [other.json()["volume"]["id"]])


def test_of_fifty_servers_with_volumes_as_many_are_made_as_volumes_fit(
    project: Project,
) -> None:
    """Nova makes the volumes when a server is built; they count before it is."""
    assert project.limit("compute", instances=-1, cores=-1, ram=-1).ok
    assert project.limit("block_storage", volumes=3, gigabytes=-1).ok
    statuses, ids, refusals = at_once(_AT_ONCE, project.server_with_volume, "server")
    rest = [*ids]
    project.cloud.stack.callback(project.delete, rest)
    assert statuses == {202: 3, 403: _AT_ONCE - 3}
    assert refusals == {
        "Maximum number of volumes allowed (3) exceeded for quota 'volumes'."
    }
    assert project.volume(0).status_code == 413
    for id_ in ids:
        wait_for_status(project.user.compute.get_server, id_, "ACTIVE")
    volumes = list(project.user.block_storage.volumes())
    assert len(volumes) == 3
    assert project.volume(0).status_code == 413

    project.delete(rest[:1])
    del rest[0]
    gone = [one for one in volumes if one.attachments[0]["server_id"] == ids[0]]
    wait_until_gone(project.user.block_storage.get_volume, gone[0].id)
    made = project.volume(0)
    assert made.status_code == 202
    project.cloud.stack.callback(project.delete_volumes, [made.json()["volume"]["id"]])
    assert project.server_with_volume(0).status_code == 403


def test_a_restored_backup_counts_before_it_is_restored(project: Project) -> None:
    assert project.limit("block_storage", volumes=1, gigabytes=-1).ok
    storage = project.user.block_storage
    volume = project.volume(0).json()["volume"]["id"]
    rest = [volume]
    project.cloud.stack.callback(project.delete_volumes, rest)
    wait_for_status(storage.get_volume, volume, "available")
    backup = storage.create_backup(volume_id=volume, name=project.cloud.name("quota"))
    project.cloud.stack.callback(_delete_backup, storage, backup.id)
    wait_for_status(storage.get_backup, backup.id, "available")

    def restore() -> Any:
        return storage.post(f"/backups/{backup.id}/restore", json={"restore": {}})

    refused = restore()
    assert refused.status_code == 413
    assert "Maximum number of volumes allowed (1) exceeded" in refused.text
    assert len(list(storage.volumes())) == 1

    assert project.limit("block_storage", volumes=2).ok
    done = restore()
    assert done.status_code == 202
    rest.append(done.json()["restore"]["volume_id"])
    assert project.volume(0).status_code == 413
    wait_for_status(storage.get_volume, rest[1], "available")
    assert project.volume(0).status_code == 413


def test_an_accepted_volume_counts_for_who_accepts_it(project: Project) -> None:
    donor, storage = project.cloud.user.block_storage, project.user.block_storage
    name = project.cloud.name("given")
    given = donor.create_volume(name=name, size=2, availability_zone=_ZONES[1]).id
    delete = project.cloud.admin.block_storage.delete_volume
    project.cloud.stack.callback(delete, given, force=True)
    wait_for_status(donor.get_volume, given, "available")
    transfer = donor.create_transfer(volume_id=given, name=name)
    accept = {"accept": {"auth_key": transfer.auth_key}}

    def accepted() -> Any:
        return storage.post(f"/volume-transfers/{transfer.id}/accept", json=accept)

    assert project.limit("block_storage", volumes=1).ok
    made = project.volume(0)  # so that there is a count
    assert made.status_code == 202
    project.delete_volumes([made.json()["volume"]["id"]])
    assert accepted().status_code == 202
    wait_for(lambda: _is_refused(project), "the accepted volume to count")
    project.delete_volumes([given])
    made = project.volume(0)
    assert made.status_code == 202
    project.cloud.stack.callback(project.delete_volumes, [made.json()["volume"]["id"]])


def _is_refused(project: Project) -> bool:
    """Whether there is no room for a volume; one that is made goes again."""
    made = project.volume(0)
    if made.status_code == 202:
        project.delete_volumes([made.json()["volume"]["id"]])
    return bool(made.status_code == 413)


def _delete_backup(storage: Any, id_: str) -> None:
    storage.delete_backup(id_)
    wait_until_gone(storage.get_backup, id_)
