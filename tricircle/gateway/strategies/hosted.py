# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``hosted``: aggregates, which are the central region's, and whose hosts are in pods.

A pod where an aggregate has hosts has a twin of it, which bears the original's number
for its name (``RegionOne~5``), its metadata, and no zone: zones are the pods' own. A
pod's own aggregates are shown beside, by numbers that tell the pod.
"""

from typing import Any, TypeAlias
from urllib.parse import unquote

from tricircle.gateway import merge, naming
from tricircle.gateway.errors import BadRequest, NotFound, PodUnavailable
from tricircle.gateway.message import Answer, Lost
from tricircle.gateway.plan import forward, read, write
from tricircle.gateway.ports import Pod
from tricircle.gateway.publish import make_public, publish
from tricircle.gateway.reading import body_of
from tricircle.gateway.steps import Exchange, Steps, gather, send
from tricircle.gateway.strategies.sought import call_to, having

Document: TypeAlias = dict[str, Any]

_PATH = "/os-aggregates"
_ZONE = "availability_zone"
_HOST_ACTIONS = ("add_host", "remove_host")


def hosted(exchange: Exchange) -> Steps[Answer]:
    """Serve a call to one aggregate, or to the list."""
    if not exchange.match.ids:
        return (yield from _listed(exchange))
    ((_, number),) = exchange.match.ids
    pod, _ = naming.own(unquote(number), exchange.pods)
    if pod is not None:
        answer = merge.given((yield from send(call_to(exchange, pod))))
        return (yield from publish(exchange, pod, answer))
    if exchange.request.method in {"GET", "PUT"}:
        return (yield from _shown(exchange, number))
    if exchange.request.method == "DELETE":
        return (yield from _deleted(exchange, number))
    return (yield from _acted(exchange, number))


def _listed(exchange: Exchange) -> Steps[Answer]:
    """The central region's with their hosts, then what else pods have."""
    answer = yield from _forwarded(exchange)
    if not answer.ok:
        return (yield from publish(exchange, exchange.central, answer))
    document = merge.load(answer)
    found, missing = yield from _in_pods(exchange)
    known = {_twin_name(exchange, one["id"]) for one in document["aggregates"]}
    for one in document["aggregates"]:
        one["hosts"] = _hosts(exchange, found, one["id"])
    for pod, aggregates in found:
        own = [one for one in aggregates if one["name"] not in known]
        yield from make_public(exchange, pod, {"aggregates": own})
        document["aggregates"] += own
    return merge.composed(answer, document, missing)


def _shown(exchange: Exchange, number: str) -> Steps[Answer]:
    """The central region's answer, with the hosts that are in pods."""
    answer = yield from _forwarded(exchange)
    if not answer.ok:
        return (yield from publish(exchange, exchange.central, answer))
    return (yield from _with_hosts(exchange, number, answer))


def _with_hosts(exchange: Exchange, number: str, answer: Answer) -> Steps[Answer]:
    document = merge.load(answer)
    found, missing = yield from _in_pods(exchange)
    document["aggregate"]["hosts"] = _hosts(exchange, found, number)
    return merge.composed(answer, document, missing)


def _deleted(exchange: Exchange, number: str) -> Steps[Answer]:
    """Delete it and its twins; raises BadRequest if it has hosts, as Nova does.

    Raises PodUnavailable where it may have some in a pod that does not answer.
    """
    found, missing = yield from _in_pods(exchange)
    if missing:
        raise PodUnavailable(
            f"Aggregate {number} may have hosts in {', '.join(missing)}, which does "
            "not answer. Try again later."
        )
    if _hosts(exchange, found, number):
        raise BadRequest(
            f"Cannot delete aggregate {number}: Host aggregate is not empty"
        )
    answer = yield from _forwarded(exchange)
    if answer.ok:
        yield from gather(
            [
                write(exchange, pod, "DELETE", f"{_PATH}/{twin['id']}")
                for pod, twin in _twins(exchange, found, number)
            ]
        )
    return (yield from publish(exchange, exchange.central, answer))


def _acted(exchange: Exchange, number: str) -> Steps[Answer]:
    """Do it to the twins that it concerns."""
    document = body_of(exchange)
    original = yield from _original(exchange, number)
    if not original.ok:
        return (yield from publish(exchange, exchange.central, original))
    for act in _HOST_ACTIONS:
        if isinstance(document.get(act), dict):
            host = str(document[act].get("host", ""))
            refusal = yield from _host_changed(exchange, original, act, host)
            if refusal is not None:
                return refusal
            return (yield from _again(exchange, number))
    answer = yield from _forwarded(exchange)
    if not answer.ok:
        return (yield from publish(exchange, exchange.central, answer))
    found, _ = yield from _in_pods(exchange)
    below = exchange.request.path
    body = _without_zone(document)
    for pod, twin in _twins(exchange, found, number):
        path = below.replace(number, str(twin["id"]), 1)
        yield from send(write(exchange, pod, "POST", path, body))
    if exchange.request.path.endswith("/action"):
        return (yield from _again(exchange, number))
    return (yield from publish(exchange, exchange.central, answer))


def _host_changed(
    exchange: Exchange, original: Answer, act: str, host: str
) -> Steps[Answer | None]:
    """Add a host to the twin in its pod, or remove it; a pod's refusal is the answer.

    Raises NotFound for a host that no pod has.
    """
    aggregate = merge.load(original)["aggregate"]
    pod, own = naming.own(host, exchange.pods)
    if pod is None:
        pod = yield from having(exchange, host)
    if pod is None:
        raise NotFound(f"Compute host {host} could not be found.")
    found, _ = yield from _in_pods(exchange, [pod])
    twins = _twins(exchange, found, aggregate["id"])
    if twins:
        twin: Document = twins[0][1]
    elif act == "remove_host":
        raise NotFound(f"Cannot remove host {host} in aggregate {aggregate['id']}")
    else:
        made = yield from _twin_made(exchange, aggregate, pod)
        if not made.ok:
            return (yield from publish(exchange, pod, made))
        twin = merge.load(made)["aggregate"]
    path = f"{_PATH}/{twin['id']}/action"
    call = write(exchange, pod, "POST", path, {act: {"host": own}})
    answer = merge.given((yield from send(call)))
    return None if answer.ok else (yield from publish(exchange, pod, answer))


def _twin_made(exchange: Exchange, aggregate: Document, pod: Pod) -> Steps[Answer]:
    body = {"aggregate": {"name": _twin_name(exchange, aggregate["id"])}}
    made = merge.given((yield from send(write(exchange, pod, "POST", _PATH, body))))
    metadata = _without_zone({"": aggregate.get("metadata") or {}})[""]
    if made.ok and metadata:
        path = f"{_PATH}/{merge.load(made)['aggregate']['id']}/action"
        told = {"set_metadata": {"metadata": metadata}}
        yield from send(write(exchange, pod, "POST", path, told))
    return made


def _without_zone(document: Any) -> Any:
    """A body, or metadata, without the zone that its twins do not have."""
    if not isinstance(document, dict):
        return document
    return {k: _without_zone(v) for k, v in document.items() if k != _ZONE}


def _again(exchange: Exchange, number: str) -> Steps[Answer]:
    """What an action answers with: the aggregate as it is now."""
    answer = yield from _original(exchange, number)
    return (yield from _with_hosts(exchange, number, answer))


def _original(exchange: Exchange, number: str) -> Steps[Answer]:
    call = read(exchange, exchange.central, f"{_PATH}/{number}")
    (answer,) = yield from gather([call])
    return merge.given(answer)


def _forwarded(exchange: Exchange) -> Steps[Answer]:
    return merge.given((yield from send(forward(exchange, exchange.central))))


def _in_pods(
    exchange: Exchange, pods: list[Pod] | None = None
) -> Steps[tuple[list[tuple[Pod, list[Document]]], list[str]]]:
    """All aggregates of the pods, and which pods did not say."""
    asked = [*exchange.pods] if pods is None else pods
    answers = yield from gather([read(exchange, pod, _PATH) for pod in asked])
    found = []
    missing = []
    for pod, answer in zip(asked, answers, strict=True):
        if isinstance(answer, Answer) and answer.ok:
            found.append((pod, merge.load(answer)["aggregates"]))
        elif isinstance(answer, Lost) or answer.status >= 500:
            missing.append(pod.name)
    return found, missing


def _twin_name(exchange: Exchange, number: object) -> str:
    return f"{exchange.central.name}{naming.MARK}{number}"


def _twins(
    exchange: Exchange, found: list[tuple[Pod, list[Document]]], number: object
) -> list[tuple[Pod, Document]]:
    name = _twin_name(exchange, number)
    return [(pod, one) for pod, all in found for one in all if one["name"] == name]


def _hosts(
    exchange: Exchange, found: list[tuple[Pod, list[Document]]], number: object
) -> list[str]:
    return [
        naming.public_host(host, pod)
        for pod, twin in _twins(exchange, found, number)
        for host in twin["hosts"]
    ]
