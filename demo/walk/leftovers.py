# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Removing what a walk has made, as its user, until nothing of it is left."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from openstack.exceptions import HttpException

from demo.walk.clouds import FAILURES, Clouds, answering
from demo.walk.errors import NameTaken, TooSlow
from demo.walk.scene import FLAVOR, KEY, MARK, MARK_PROPERTY, OPERATOR, USER, Scene
from demo.walk.waiting import PATIENCE, POLL, Tell


@dataclass(frozen=True)
class Leftover:
    """Something that a walk has made; ``remove`` may be called again and again."""

    kind: str
    name: str
    remove: Callable[[], Any]


def remove(clouds: Clouds, tell: Tell, patience: float = PATIENCE) -> bool:
    """Remove all that bears the walk's mark; returns whether there was anything.

    It raises what `clear` does.
    """
    return clear(partial(_find, clouds), tell, patience)


def clear(
    find: Callable[[], list[Leftover]], tell: Tell, patience: float = PATIENCE
) -> bool:
    """Remove what ``find`` finds until it is nothing; returns whether it ever was.

    A cloud that does not answer is asked again. TooSlow, naming what is left and
    why, if it is not gone after ``patience`` seconds.
    """
    began, told, refusal = time.monotonic(), "", "nobody knows what is left"
    while True:
        try:
            found = find()
            if not found:
                return bool(told)
            said = ", ".join(f"{left.kind} {left.name}" for left in found)
            if said != told:
                tell(f"removing {said}")
                told = said
            for left in _first(found):
                refusal = _try(left) or refusal
        except FAILURES as error:
            refusal = str(error)
        if time.monotonic() - began >= patience:
            raise TooSlow(f"can't remove {told or 'what was made'}: {refusal}")
        time.sleep(POLL)


def _try(left: Leftover) -> str:
    """Remove something; why it stays, if it is in use or on its way out."""
    try:
        left.remove()
    except HttpException as error:
        return str(error)
    return ""


def _first(found: list[Leftover]) -> list[Leftover]:
    """What can be removed now: as long as there are servers, the servers."""
    return [left for left in found if left.kind == "server"] or found


def marked(user: Any, mark: str) -> list[Leftover]:
    """What a user has in a cloud that bears a mark."""
    compute, storage, network = user.compute, user.block_storage, user.network
    servers = [s for s in compute.servers() if s.metadata.get(MARK_PROPERTY) == mark]
    volumes = [v for v in storage.volumes() if v.description == mark]
    networks = list(network.networks(description=mark))
    ports = [
        port
        for net in networks
        for port in network.ports(network_id=net.id)
        if not port.device_owner.startswith("network:")
    ]
    groups = list(network.security_groups(description=mark))
    return [
        *_each("server", servers, compute.delete_server),
        *_each("volume", volumes, storage.delete_volume),
        *_each("port", ports, network.delete_port),
        *_each("network", networks, network.delete_network),
        *_each("security group", groups, network.delete_security_group),
    ]


def _find(clouds: Clouds) -> list[Leftover]:
    user, operator = clouds[USER].compute, clouds[OPERATOR].compute
    keys = [key for key in user.keypairs() if key.name == KEY]
    flavors = [one for one in operator.flavors(is_public=None) if one.name == FLAVOR]
    return [
        *marked(clouds[USER], MARK),
        *_each("key pair", keys, user.delete_keypair),
        *_each("flavor", flavors, operator.delete_flavor),
    ]


def _each(
    kind: str, items: Iterable[Any], delete: Callable[[Any], Any]
) -> Iterator[Leftover]:
    for item in items:
        yield Leftover(kind, str(item.name or item.id), partial(delete, item))


def check_names(clouds: Clouds, scene: Scene, patience: float = PATIENCE) -> None:
    """Make sure that nothing has the names that the walk gives. NameTaken.

    In a pod such a thing may be on its way out, for pods follow the central region:
    it is waited for ``patience`` seconds.
    """
    began = time.monotonic()
    with answering("looking whether the walk's names are free"):
        _refuse(_taken(clouds[USER], scene.central, scene))
        while taken := [
            one
            for zone in scene.zones
            for one in _taken(clouds[zone.cloud], zone.pod, scene, operator=True)
        ]:
            if time.monotonic() - began >= patience:
                _refuse(taken)
            time.sleep(POLL)


def _refuse(taken: list[str]) -> None:
    if taken:
        raise NameTaken(
            f"the walk needs the names of these, which it did not make: "
            f"{', '.join(taken)}. Delete or rename them"
        )


def _taken(
    cloud: Any, region: str, scene: Scene, *, operator: bool = False
) -> list[str]:
    return [
        f"{kind} {item.name} in {region}"
        for kind, items in _named(cloud, operator=operator)
        for item in items
        if item.name in scene.names
    ]


def _named(cloud: Any, *, operator: bool) -> Iterator[tuple[str, Any]]:
    everyone = {"all_projects": True} if operator else {}
    yield "server", cloud.compute.servers(**everyone)
    yield "volume", cloud.block_storage.volumes(**everyone)
    yield "network", cloud.network.networks()
    yield "subnet", cloud.network.subnets()
    yield "security group", cloud.network.security_groups()
