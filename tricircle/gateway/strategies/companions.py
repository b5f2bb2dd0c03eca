# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a volume type has beside itself: encryption, and QoS specs that it may share."""

from typing import Any

from tricircle.gateway.merge import load
from tricircle.gateway.message import Patience
from tricircle.gateway.plan import read
from tricircle.gateway.ports import Pod
from tricircle.gateway.spec import Mirror
from tricircle.gateway.steps import Exchange, Steps
from tricircle.gateway.strategies.changing import asked, change, expected

Document = dict[str, Any]

_ENCRYPTION = ("provider", "control_location", "key_size", "cipher")
_QOS = "/qos-specs"


def with_companions(
    exchange: Exchange, mirror: Mirror, original: Document
) -> Steps[Document]:
    """The original, with what it has beside itself."""
    central, id = exchange.central, original["id"]
    below = f"{mirror.path}/{id}/encryption"
    encryption = yield from _shown(exchange, mirror, central, below)
    whole = {**original, "encryption": _plain(encryption)}
    if original.get("qos_specs_id"):
        below = f"{_QOS}/{original['qos_specs_id']}"
        shown = yield from _shown(exchange, mirror, central, below)
        whole["qos"] = shown["qos_specs"]
    return whole


def agree(
    exchange: Exchange, mirror: Mirror, original: Document, there: Document, pod: Pod
) -> Steps[None]:
    """Have the same beside the copy."""
    yield from _agree_on_encryption(exchange, mirror, original, there, pod)
    yield from _agree_on_qos(exchange, mirror, original, there, pod)


def _shown(
    exchange: Exchange, mirror: Mirror, region: Pod, below: str
) -> Steps[Document]:
    call = read(
        exchange,
        region,
        below,
        version=mirror.version,
        patience=Patience.READ,
        as_admin=True,
    )
    shown: Document = load(expected((yield from asked(call)), mirror))
    return shown


def _plain(encryption: Document) -> Document:
    """Without ids, which are each region's; a type without any has nothing in it."""
    return {key: encryption.get(key) for key in _ENCRYPTION}


def _agree_on_encryption(
    exchange: Exchange, mirror: Mirror, original: Document, there: Document, pod: Pod
) -> Steps[None]:
    wanted = original["encryption"]
    below = f"{mirror.path}/{there['id']}/encryption"
    present = yield from _shown(exchange, mirror, pod, below)
    if _plain(present) == wanted:
        return
    id, body = present.get("encryption_id"), {"encryption": wanted}
    if not wanted["provider"]:
        yield from change(exchange, mirror, pod, "DELETE", f"{below}/{id}")
    elif id:
        yield from change(exchange, mirror, pod, "PUT", f"{below}/{id}", body)
    else:
        yield from change(exchange, mirror, pod, "POST", below, body)


def _agree_on_qos(
    exchange: Exchange, mirror: Mirror, original: Document, there: Document, pod: Pod
) -> Steps[None]:
    wanted, associated = original.get("qos"), there.get("qos_specs_id")
    if wanted is None and not associated:
        return
    own = None
    if wanted is not None:
        own = yield from _qos(exchange, mirror, wanted, pod)
    if associated == own:
        return
    # Cinder changes associations by GET.
    query = [("vol_type_id", there["id"])]
    acts = [(associated, "disassociate"), (own, "associate")]
    for id, act in acts:
        if id:
            call = read(
                exchange,
                pod,
                f"{_QOS}/{id}/{act}",
                query,
                version=mirror.version,
                patience=Patience.WRITE,
                as_admin=True,
            )
            expected((yield from asked(call)), mirror)


def _qos(exchange: Exchange, mirror: Mirror, wanted: Document, pod: Pod) -> Steps[str]:
    """The pod's specs of that name, brought to what is wanted."""
    listed = (yield from _shown(exchange, mirror, pod, _QOS))["qos_specs"]
    specs = {**wanted["specs"], "consumer": wanted["consumer"]}
    for there in listed:
        if there["name"] == wanted["name"]:
            break
    else:
        body = {"qos_specs": {"name": wanted["name"], **specs}}
        made = yield from change(exchange, mirror, pod, "POST", _QOS, body)
        return str(load(expected(made, mirror))["qos_specs"]["id"])
    below = f"{_QOS}/{there['id']}"
    if {**there["specs"], "consumer": there["consumer"]} != specs:
        yield from change(exchange, mirror, pod, "PUT", below, {"qos_specs": specs})
    gone = sorted(there["specs"].keys() - specs.keys())
    if gone:
        keys: Document = {"keys": gone}
        yield from change(exchange, mirror, pod, "PUT", f"{below}/delete_keys", keys)
    return str(there["id"])
