# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Calls of ours about what is mirrored, and what is expected of their answers."""

from typing import Any

from tricircle.gateway import merge
from tricircle.gateway.errors import GatewayError, PodUnavailable
from tricircle.gateway.message import Answer, Call
from tricircle.gateway.plan import write
from tricircle.gateway.ports import Pod
from tricircle.gateway.spec import Mirror
from tricircle.gateway.steps import Exchange, Steps, gather, send


def asked(call: Call) -> Steps[Answer]:
    """The answer; raises PodUnavailable or PodTimeout if there is none."""
    if call.method == "GET":
        (answer,) = yield from gather([call])
    else:
        answer = yield from send(call)
    return merge.given(answer)


def change(
    exchange: Exchange,
    mirror: Mirror,
    pod: Pod,
    method: str,
    below: str,
    document: dict[str, Any] | None = None,
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
    answer = yield from asked(call)
    if answer.ok or answer.status == 409 or (method, answer.status) == ("DELETE", 404):
        return answer
    return expected(answer, mirror)


def expected(answer: Answer, mirror: Mirror) -> Answer:
    """The answer, if it is a good one; else raises PodUnavailable."""
    if answer.ok:
        return answer
    raise _unexpected(answer, mirror)


def _unexpected(answer: Answer, mirror: Mirror) -> GatewayError:
    what = mirror.type.replace("_", " ")
    return PodUnavailable(
        f"{answer.region} answered {answer.status} when it was asked about a {what} "
        "that the call needs. Try again later, or tell the operator."
    )
