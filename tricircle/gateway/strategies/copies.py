# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Copies of mirrored resources: a pod has them before a call there needs them.

First the user is shown the original, with the user's own token (`see_all`); only then
the operator's token copies it (`copy_all`). A copy that was compared is remembered by
the original's content, so that a change of the original brings a new comparison.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson

from tricircle.gateway import merge, rewrite
from tricircle.gateway.errors import BadRequest, Conflict, NotFound
from tricircle.gateway.message import Patience
from tricircle.gateway.places import IdField
from tricircle.gateway.plan import read
from tricircle.gateway.ports import Pod
from tricircle.gateway.reading import references
from tricircle.gateway.spec import Mirror
from tricircle.gateway.steps import Exchange, Keep, Steps, recall
from tricircle.gateway.strategies.changing import asked, change, expected
from tricircle.gateway.strategies.companions import agree, with_companions

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """An original that the user may use."""

    field: IdField
    name: str
    """What the user called it: its id, its name, or a link's end."""
    mirror: Mirror
    original: Document


def see_all(exchange: Exchange, document: Document) -> Steps[list[Seen]]:
    """The originals that a call needs, read as the user.

    Raises what the service would say if one does not exist.
    """
    mirrors = {mirror.type: mirror for mirror in exchange.service.mirrors}
    seen = []
    for field in exchange.match.action.needs:
        for name in references(document, field):
            mirror = mirrors[field.type]
            original = yield from _see(exchange, mirror, name)
            seen.append(Seen(field, name, mirror, original))
    return seen


def copy_all(
    exchange: Exchange, seen: list[Seen], document: Document, pod: Pod
) -> Steps[bool]:
    """Have them in the pod; whether the document had to be changed for it."""
    changed = False
    for one in seen:
        own = yield from _copy(exchange, one.mirror, one.original, pod)
        if one.mirror.twin:
            for holder, key in rewrite.slots(document, one.field.at):
                if holder[key] == one.name:
                    holder[key] = own
                    changed = True
    return changed


def _see(exchange: Exchange, mirror: Mirror, name: str) -> Steps[Document]:
    if mirror.twin == "name":
        original = yield from _named(
            exchange, mirror, exchange.central, name, as_admin=False
        )
        if original is not None:
            # Extra specs are the operator's to see, and belong to a copy.
            shown = yield from _show(
                exchange, mirror, exchange.central, original["id"], as_admin=True
            )
            original = shown or original
    else:
        original = yield from _show(
            exchange, mirror, exchange.central, name, as_admin=False
        )
    if original is None:
        status, sentence = mirror.missing
        error = BadRequest if status == 400 else NotFound
        raise error(sentence.format(name))
    if mirror.with_qos:
        original = yield from with_companions(exchange, mirror, original)
    return original


def _show(
    exchange: Exchange, mirror: Mirror, region: Pod, id: str, *, as_admin: bool
) -> Steps[Document | None]:
    call = read(
        exchange,
        region,
        f"{mirror.path}/{quote(id, safe='')}",
        version=mirror.version,
        patience=Patience.READ,
        as_admin=as_admin,
    )
    answer = yield from asked(call)
    if answer.status == 404:
        return None
    shown: Document = merge.load(expected(answer, mirror))[mirror.key]
    return shown


def _named(
    exchange: Exchange, mirror: Mirror, region: Pod, name: str, *, as_admin: bool
) -> Steps[Document | None]:
    """The one of that name or id; pods and users name it either way."""
    call = read(
        exchange,
        region,
        mirror.path,
        [("is_public", "None")] if as_admin else None,
        version=mirror.version,
        patience=Patience.READ,
        as_admin=as_admin,
    )
    answer = yield from asked(call)
    (items,) = (
        value
        for value in merge.load(expected(answer, mirror)).values()
        if isinstance(value, list)
    )
    for item in items:
        if name in (item["id"], item["name"]):
            found: Document = item
            return found
    return None


def _copy(
    exchange: Exchange, mirror: Mirror, original: Document, pod: Pod
) -> Steps[str]:
    """Have a copy that is as the original; what the pod is told to mean it."""
    project = exchange.request.identity.project_id
    key: tuple[str, ...] = ("copy", pod.name, mirror.type, _own(mirror, original))
    if not mirror.as_admin or _is_private(mirror, original):
        key = (*key, exchange.request.identity.user_id, project)
    content = sha256(orjson.dumps(original, option=orjson.OPT_SORT_KEYS)).hexdigest()
    kept: tuple[str, str] | None = yield from recall(*key)
    if kept is not None and kept[0] == content:
        return kept[1]
    there = yield from _there(exchange, mirror, original, pod)
    if there is not None and not _same(mirror, original, there):
        yield from change(exchange, mirror, pod, "DELETE", _own_path(mirror, there))
        there = None
    if there is None:
        there = yield from _make(exchange, mirror, original, pod)
    yield from _agree_on_specs(exchange, mirror, original, there, pod)
    if mirror.with_qos:
        yield from agree(exchange, mirror, original, there, pod)
    if _is_private(mirror, original):
        action, parameter = mirror.grant
        body = {action: {parameter: project}}
        below = f"{_own_path(mirror, there)}/action"
        yield from change(exchange, mirror, pod, "POST", below, body)
    own = str(there[mirror.told])
    yield Keep(key, (content, own))
    return own


def _there(
    exchange: Exchange, mirror: Mirror, original: Document, pod: Pod
) -> Steps[Document | None]:
    if mirror.twin:
        name = original[mirror.twin]
        return (
            yield from _named(exchange, mirror, pod, name, as_admin=mirror.as_admin)
        )
    own = _own(mirror, original)
    return (yield from _show(exchange, mirror, pod, own, as_admin=mirror.as_admin))


def _same(mirror: Mirror, original: Document, there: Document) -> bool:
    return all(
        _plain(original.get(name)) == _plain(there.get(name))
        for name in mirror.compared
    )


def _plain(value: Any) -> Any:
    """Nova shows no swap as "" and takes it as 0."""
    return 0 if value == "" else value


def _make(
    exchange: Exchange, mirror: Mirror, original: Document, pod: Pod
) -> Steps[Document]:
    fields = {
        name: _plain(original[name]) for name in mirror.copied if name in original
    }
    if mirror.twin:
        fields["name"] = original[mirror.twin]
    body = {mirror.key: fields}
    answer = yield from change(exchange, mirror, pod, "POST", mirror.path, body)
    if answer.status == 409:
        # Another call was faster, or the pod has a stranger with the same name.
        there = yield from _there(exchange, mirror, original, pod)
        if there is None or not _same(mirror, original, there):
            raise Conflict(
                f"{pod.name} already has another {mirror.type.replace('_', ' ')} "
                f"named {original['name']}: its operator has to rename that one."
            )
        return there
    made: Document = merge.load(answer)[mirror.key]
    return made


def _agree_on_specs(
    exchange: Exchange, mirror: Mirror, original: Document, there: Document, pod: Pod
) -> Steps[None]:
    if not mirror.specs:
        return
    wanted = original.get(mirror.spec_key) or {}
    present = there.get(mirror.spec_key) or {}
    below = f"{_own_path(mirror, there)}/{mirror.specs}"
    if wanted and wanted != present:
        body = {mirror.spec_key: wanted}
        yield from change(exchange, mirror, pod, "POST", below, body)
    for name in present.keys() - wanted.keys():
        gone = f"{below}/{quote(name, safe='')}"
        yield from change(exchange, mirror, pod, "DELETE", gone)


def _own_path(mirror: Mirror, there: Document) -> str:
    return f"{mirror.path}/{quote(_own(mirror, there), safe='')}"


def _own(mirror: Mirror, document: Document) -> str:
    """By what the service tells one from another: a key pair has only its name."""
    by_id = mirror.as_admin or mirror.twin
    return str(document["id"] if by_id else document["name"])


def _is_private(mirror: Mirror, original: Document) -> bool:
    return bool(mirror.public) and original.get(mirror.public) is False
