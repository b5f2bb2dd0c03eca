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
from tricircle.gateway.errors import (
    BadRequest,
    Conflict,
    GatewayError,
    NotFound,
    PodUnavailable,
)
from tricircle.gateway.message import Answer, Call, Patience
from tricircle.gateway.plan import read, write
from tricircle.gateway.ports import Pod
from tricircle.gateway.reading import references
from tricircle.gateway.spec import IdField, Mirror
from tricircle.gateway.steps import Exchange, Keep, Steps, gather, recall, send

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """An original that the user may use."""

    field: IdField
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
            seen.append(Seen(field, mirror, original))
    return seen


def copy_all(
    exchange: Exchange, seen: list[Seen], document: Document, pod: Pod
) -> Steps[bool]:
    """Have them in the pod; whether the document had to be changed for it."""
    changed = False
    for one in seen:
        yield from _copy(exchange, one.mirror, one.original, pod)
        if one.mirror.by_name:
            name = one.original["name"]
            rewrite.put(document, one.field.at, name)
            changed = True
    return changed


def _see(exchange: Exchange, mirror: Mirror, name: str) -> Steps[Document]:
    if mirror.by_name:
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
    answer = yield from _asked(call)
    if answer.status == 404:
        return None
    shown: Document = merge.load(_expected(answer, mirror))[mirror.key]
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
    answer = yield from _asked(call)
    (items,) = (
        value
        for value in merge.load(_expected(answer, mirror)).values()
        if isinstance(value, list)
    )
    for item in items:
        if name in (item["id"], item["name"]):
            found: Document = item
            return found
    return None


def _copy(
    exchange: Exchange, mirror: Mirror, original: Document, pod: Pod
) -> Steps[None]:
    project = exchange.request.identity.project_id
    key: tuple[str, ...] = ("copy", pod.name, mirror.type, _own(mirror, original))
    if not mirror.as_admin or _is_private(mirror, original):
        key = (*key, exchange.request.identity.user_id, project)
    content = sha256(orjson.dumps(original, option=orjson.OPT_SORT_KEYS)).hexdigest()
    if (yield from recall(*key)) == content:
        return
    there = yield from _there(exchange, mirror, original, pod)
    if there is not None and not _same(mirror, original, there):
        yield from _change(exchange, mirror, pod, "DELETE", _own_path(mirror, there))
        there = None
    if there is None:
        there = yield from _make(exchange, mirror, original, pod)
    yield from _agree_on_specs(exchange, mirror, original, there, pod)
    if _is_private(mirror, original):
        action, parameter = mirror.grant
        body = {action: {parameter: project}}
        below = f"{_own_path(mirror, there)}/action"
        yield from _change(exchange, mirror, pod, "POST", below, body)
    yield Keep(key, content)


def _there(
    exchange: Exchange, mirror: Mirror, original: Document, pod: Pod
) -> Steps[Document | None]:
    if mirror.by_name:
        return (
            yield from _named(
                exchange, mirror, pod, original["name"], as_admin=mirror.as_admin
            )
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
    body = {mirror.key: fields}
    answer = yield from _change(exchange, mirror, pod, "POST", mirror.path, body)
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
    wanted = original.get("extra_specs") or {}
    present = there.get("extra_specs") or {}
    below = f"{_own_path(mirror, there)}/{mirror.specs}"
    if wanted and wanted != present:
        body = {"extra_specs": wanted}
        yield from _change(exchange, mirror, pod, "POST", below, body)
    for name in present.keys() - wanted.keys():
        gone = f"{below}/{quote(name, safe='')}"
        yield from _change(exchange, mirror, pod, "DELETE", gone)


def _own_path(mirror: Mirror, there: Document) -> str:
    return f"{mirror.path}/{quote(_own(mirror, there), safe='')}"


def _own(mirror: Mirror, document: Document) -> str:
    """By what the service tells one from another: a key pair has only its name."""
    return str(document["id"] if mirror.as_admin else document["name"])


def _is_private(mirror: Mirror, original: Document) -> bool:
    return bool(mirror.public) and original.get(mirror.public) is False


def _change(
    exchange: Exchange,
    mirror: Mirror,
    pod: Pod,
    method: str,
    below: str,
    document: Document | None = None,
) -> Steps[Answer]:
    """Change a copy; that it is so already (409), or is gone already, is fine."""
    call = write(
        exchange,
        pod,
        method,
        below,
        document,
        version=mirror.version,
        as_admin=mirror.as_admin,
    )
    answer = yield from _asked(call)
    if answer.ok or answer.status == 409 or (method, answer.status) == ("DELETE", 404):
        return answer
    return _expected(answer, mirror)


def _asked(call: Call) -> Steps[Answer]:
    if call.method == "GET":
        (answer,) = yield from gather([call])
    else:
        answer = yield from send(call)
    return merge.given(answer)


def _expected(answer: Answer, mirror: Mirror) -> Answer:
    if answer.ok:
        return answer
    raise _unexpected(answer, mirror)


def _unexpected(answer: Answer, mirror: Mirror) -> GatewayError:
    what = mirror.type.replace("_", " ")
    return PodUnavailable(
        f"{answer.region} answered {answer.status} when it was asked about a {what} "
        "that the call needs. Try again later, or tell the operator."
    )
