# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a pod makes by itself takes of quotas, too: it is held before the pod is asked.

Its sizes are what the user is shown in the pod. A hold (``tricircle.quotas.holds``)
stands for it from before the pod hears of the call until a recount meets what was made.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

from tricircle.gateway.boot_volumes import boot_volumes, image_of, snapshots_of
from tricircle.gateway.errors import GatewayError
from tricircle.gateway.makes import Makes
from tricircle.gateway.message import Answer, Lost, Patience
from tricircle.gateway.plan import read
from tricircle.gateway.ports import Counts, Intent, Pod
from tricircle.gateway.steps import (
    Abandon,
    Complete,
    Exchange,
    Steps,
    afford,
    begin,
)
from tricircle.gateway.strategies.reading import (
    NO_SEGMENTS,
    all_of,
    show,
    shown,
    told,
)
from tricircle.quotas.demand import Demand
from tricircle.quotas.known import HOLD
from tricircle.quotas.listing import VOLUME
from tricircle.quotas.taking import (
    USUAL_TYPE,
    Takes,
    of_snapshot,
    of_volume,
    together,
)

_NOTHING: Takes = {}

Reading: TypeAlias = Callable[[Exchange, Any, Pod], Steps[Takes]]


def held(
    exchange: Exchange, document: Any, pod: Pod, counts: Counts
) -> Steps[tuple[Demand | None, Counts]]:
    """What the pod will make besides, and of how many calls' worth there is room.

    Raises OverLimit if of fewer than have to be. What has no limit is not held: whoever
    sets one has all counted first.
    """
    makes = exchange.match.action.makes
    if makes is None or not isinstance(document, dict):
        return None, counts
    takes = yield from _READINGS[makes](exchange, document, pod)
    if not takes:
        return None, counts
    demand, most = yield from afford(takes, VOLUME, pod, counts)
    return demand if demand.bounded else None, Counts(counts.least, most)


def hold(pod: Pod, demand: Demand | None) -> Steps[Intent | None]:
    """Write it down; raises OverLimit."""
    return (yield from begin(HOLD, pod, demand)) if demand is not None else None


def held_for_one(exchange: Exchange, document: Any, pod: Pod) -> Steps[Intent | None]:
    """Both at once, for a single call; raises OverLimit."""
    if exchange.match.action.makes is None:
        return None
    demand, _ = yield from held(exchange, document, pod, Counts())
    return (yield from hold(pod, demand))


def let_go(held: Intent | None) -> Steps[None]:
    """The pod was not asked, or did nothing at all."""
    if held is not None:
        yield Abandon(held)


def answered(held: Intent | None, answer: Answer | Lost) -> Steps[None]:
    """The pod has made what it makes, or part of it: a recount finds out."""
    if held is None:
        return
    if isinstance(answer, Lost):
        if not answer.in_doubt:
            yield Abandon(held)
    elif answer.status < 500:
        yield Complete(held, held.id)


def met(exchange: Exchange, pod: Pod, answer: Answer) -> Steps[None]:
    """Have counted at once what came, though no limit could be checked before.

    Who accepts a volume cannot see it before, and the operator's token is not for what
    the user was not shown to be allowed. An empty hold brings a recount.
    """
    if exchange.match.action.makes is not Makes.ACCEPTED or not answer.ok:
        return
    try:
        coming = yield from begin(HOLD, pod)
    except GatewayError:
        return  # it has come, whatever becomes of this
    yield Complete(coming, coming.id)


# What it takes


def _boot_volumes(exchange: Exchange, document: Any, pod: Pod) -> Steps[Takes]:
    server = document.get("server")
    if not isinstance(server, dict):
        return _NOTHING
    image = yield from _image(exchange, image_of(server))
    wanted = [("snapshot", id) for id in snapshots_of(server, image)]
    seen = yield from shown(exchange, pod, wanted)
    takes = []
    for one in boot_volumes(server, image):
        origin = seen.get(("snapshot", one.snapshot_id or ""), {})
        size = one.size or origin.get("size")
        if size:  # else Nova says what is wrong
            usual = None if one.snapshot_id else USUAL_TYPE
            takes.append(of_volume(size, one.type_name or usual))
    return together(takes)


def _image(exchange: Exchange, id: str | None) -> Steps[Mapping[str, Any]]:
    """The metadata of an image, which the central region's Nova shows to the user."""
    if not id or id in NO_SEGMENTS:
        return {}
    below = f"/images/{quote(id, safe='')}"
    call = read(
        exchange, exchange.central, below, version="2.1", patience=Patience.READ
    )
    document = yield from told(call)
    return document["image"]["metadata"] if document is not None else {}


def _server_snapshots(exchange: Exchange, document: Any, pod: Pod) -> Steps[Takes]:
    if "createImage" not in document:
        return _NOTHING
    _, id = exchange.match.ids[0]
    server = (yield from shown(exchange, pod, [("server", id)])).get(("server", id))
    if server is None:
        return _NOTHING
    ids = [one["id"] for one in server["os-extended-volumes:volumes_attached"]]
    volumes = (yield from shown(exchange, pod, [("volume", id) for id in ids])).values()
    if server["image"] and volumes:
        root = yield from _root(exchange, id, pod)
        if root not in _devices(id, volumes):
            return _NOTHING
    return _snapshots(volumes)


def _root(exchange: Exchange, id: str, pod: Pod) -> Steps[str | None]:
    """The name of a server's root device, which only operators are shown.

    It may be a volume's though the server was made with an image.
    """
    server = yield from show(exchange, pod, "server", id, version="2.3", as_admin=True)
    return (server or {}).get("OS-EXT-SRV-ATTR:root_device_name")


def _devices(id: str, volumes: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names that volumes have in a server."""
    return [
        attached["device"]
        for volume in volumes
        for attached in volume["attachments"]
        if attached["server_id"] == id
    ]


def _restored_volume(exchange: Exchange, document: Any, pod: Pod) -> Steps[Takes]:
    wish = document.get("restore")
    if isinstance(wish, dict) and wish.get("volume_id"):
        return _NOTHING
    subject = exchange.match.ids[0]
    backup = (yield from shown(exchange, pod, [subject])).get(subject)
    return of_volume(backup["size"], USUAL_TYPE) if backup else _NOTHING


def _group_volumes(exchange: Exchange, document: Any, pod: Pod) -> Steps[Takes]:
    source = _wish(document)
    group = source.get("source_group_id") or source.get("source_cgid")
    if group:
        volumes = yield from _members(exchange, pod, group)
        return together(of_volume(v["size"], v.get("volume_type")) for v in volumes)
    id = source.get("group_snapshot_id") or source.get("cgsnapshot_id")
    if not id:
        return _NOTHING
    snapshots = yield from all_of(exchange, pod, "/snapshots/detail", "snapshots")
    own = [one for one in snapshots if one.get("group_snapshot_id") == id]
    wanted = [("volume", one["volume_id"]) for one in own]
    origins = yield from shown(exchange, pod, wanted)
    return together(
        of_volume(one["size"], origins.get(key, {}).get("volume_type"))
        for one, key in zip(own, wanted, strict=True)
    )


def _group_snapshots(exchange: Exchange, document: Any, pod: Pod) -> Steps[Takes]:
    wish = _wish(document)
    group = wish.get("group_id") or wish.get("consistencygroup_id")
    if not group:
        return _NOTHING
    return _snapshots((yield from _members(exchange, pod, group)))


def _wish(document: Any) -> Mapping[str, Any]:
    """What is in the one key of a body."""
    return next((one for one in document.values() if isinstance(one, dict)), {})


def _members(exchange: Exchange, pod: Pod, group: Any) -> Steps[list[dict[str, Any]]]:
    query = [("group_id", str(group))]
    return (yield from all_of(exchange, pod, "/volumes/detail", "volumes", query))


def _snapshots(volumes: Iterable[Mapping[str, Any]]) -> Takes:
    return together(of_snapshot(v["size"], v.get("volume_type")) for v in volumes)


_READINGS: Mapping[Makes, Reading] = {
    Makes.BOOT_VOLUMES: _boot_volumes,
    Makes.SERVER_SNAPSHOTS: _server_snapshots,
    Makes.RESTORED_VOLUME: _restored_volume,
    Makes.GROUP_VOLUMES: _group_volumes,
    Makes.GROUP_SNAPSHOTS: _group_snapshots,
}
