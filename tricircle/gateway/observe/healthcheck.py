# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``/healthcheck``, as oslo.middleware answers it: what load balancers ask.

It says whether this process takes calls, and nothing of what is behind it: a gateway
whose database or whose pods are away serves what can be served.
"""

import orjson

from tricircle.gateway.message import JSON, Answer, Headers, find

PATH = b"/healthcheck"

_PLAIN = (b"content-type", b"text/plain; charset=UTF-8")


class Health:
    """How the process is."""

    def __init__(self) -> None:
        self.is_stopping = False

    def stopping(self) -> None:
        """From now on no load balancer is to send anything here."""
        self.is_stopping = True

    def answer(self, method: str, headers: Headers) -> Answer:
        """What to say to a call of `PATH`."""
        status = 503 if self.is_stopping else 200
        reason = "STOPPING" if self.is_stopping else "OK"
        if method == "HEAD":
            return Answer(204 if status == 200 else status, [_PLAIN])
        if b"application/json" in find(headers, b"accept"):
            document = {"detailed": False, "reasons": [reason]}
            return Answer(status, [JSON], orjson.dumps(document))
        return Answer(status, [_PLAIN], reason.encode())
