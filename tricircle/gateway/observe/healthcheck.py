# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``/healthcheck``, as oslo.middleware answers it: what load balancers ask.

It says whether this process takes calls, and nothing of what is behind it: a gateway
whose database or whose pods are away serves what can be served.
"""

from tricircle.gateway.message import Answer, Headers, find
from tricircle.monitoring import healthcheck

PATH = healthcheck.PATH.encode()


class Health:
    """How the process is."""

    def __init__(self) -> None:
        self.is_stopping = False

    def stopping(self) -> None:
        """From now on no load balancer is to send anything here."""
        self.is_stopping = True

    def answer(self, method: str, headers: Headers) -> Answer:
        """What to say to a call of `PATH`."""
        accept = find(headers, b"accept").decode("latin-1")
        reply = healthcheck.reply(
            method, accept, "STOPPING" if self.is_stopping else None
        )
        content_type = (b"content-type", reply.content_type.encode())
        return Answer(reply.status.value, [content_type], reply.body)
