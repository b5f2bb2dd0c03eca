# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A volume of another project is accepted: it counts for who accepts it.

Who does cannot see the volume before, nor its transfer. So both are looked for as the
operator: of what is found, nothing is told but what a refusal has of the volume's size,
to one who knows the transfer's id. Whether its key is right is the pod's to say.
"""

from typing import Any

from tricircle.gateway import merge
from tricircle.gateway.errors import PodUnavailable
from tricircle.gateway.message import Answer
from tricircle.gateway.plan import forward, read
from tricircle.gateway.ports import Counts, Pod
from tricircle.gateway.publish import publish
from tricircle.gateway.steps import Exchange, Steps, gather, send
from tricircle.gateway.strategies.holding import answered, hold, room
from tricircle.gateway.strategies.reading import all_of, show
from tricircle.quotas.taking import Takes, of_snapshot, of_volume, together

_SNAPSHOTS = "3.55"
"""The first microversion that tells whether snapshots go along."""


def accepted(exchange: Exchange) -> Steps[Answer | None]:
    """The answer of the pod that has the transfer; None if no pod has it.

    Raises PodUnavailable if nobody has it, but not everybody could be asked.
    """
    found = yield from _transfer(exchange)
    if found is None:
        return None
    pod, transfer = found
    takes = yield from _takes(exchange, pod, transfer)
    demand, _ = yield from room(takes, pod, Counts())
    held = yield from hold(pod, demand)
    answer = yield from send(forward(exchange, pod))
    yield from answered(held, answer)
    return (yield from publish(exchange, pod, merge.given(answer)))


def _transfer(exchange: Exchange) -> Steps[tuple[Pod, dict[str, Any]] | None]:
    _, id = exchange.match.ids[0]
    below = exchange.match.resource.show.format(id)
    answers = yield from gather(
        [
            read(exchange, pod, below, version=_SNAPSHOTS, as_admin=True)
            for pod in exchange.pods
        ]
    )
    for pod, answer in zip(exchange.pods, answers, strict=True):
        if isinstance(answer, Answer) and answer.ok:
            return pod, merge.load(answer)["transfer"]
    missing = merge.sort(answers).missing
    if missing:
        raise PodUnavailable(
            f"The transfer {id} is in no pod that answers, but {', '.join(missing)} "
            "did not. Try again later."
        )
    return None


def _takes(exchange: Exchange, pod: Pod, transfer: dict[str, Any]) -> Steps[Takes]:
    id = transfer["volume_id"]
    volume = yield from show(
        exchange, pod, "volume", id, version=_SNAPSHOTS, as_admin=True
    )
    if volume is None:
        return {}
    type_name, snapshots = volume.get("volume_type"), []
    if not transfer.get("no_snapshots"):
        query = [("all_tenants", "1"), ("volume_id", id)]
        snapshots = yield from all_of(
            exchange, pod, "/snapshots/detail", "snapshots", query, as_admin=True
        )
    return together(
        [
            of_volume(volume["size"], type_name),
            *(of_snapshot(one["size"], type_name) for one in snapshots),
        ]
    )
