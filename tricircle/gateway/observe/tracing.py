# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Spans for OpenTelemetry: one for a request, below it one for each call to a region.

A trace that the client began goes on here, and in the region, by the header
``traceparent``. Only who wants traces imports this module, and has what it imports:
without it the header passes as any other.
"""

import ssl
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import msgspec
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tricircle.gateway.app import ByPort, Gateway
from tricircle.gateway.intake import Receive, Scope, Send
from tricircle.gateway.line import Limits
from tricircle.gateway.message import Answer, Call, Headers, Lost, without
from tricircle.gateway.observe import healthcheck
from tricircle.gateway.observe.observer import Observer
from tricircle.gateway.observe.seen import Seen
from tricircle.gateway.transport import Transport

_FORMAT = TraceContextTextMapPropagator()
_NAMES = ("traceparent", "tracestate")


class Traces:
    """The tracer of a process."""

    def __init__(self, processor: SpanProcessor, ratio: float = 1.0) -> None:
        """Give spans to ``processor``.

        Of the requests that no client traces, ``ratio`` are.
        """
        self._provider = TracerProvider(
            sampler=ParentBasedTraceIdRatio(ratio),
            resource=Resource.create({"service.name": "tricircle-gateway"}),
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("tricircle")

    @classmethod
    def to(cls, endpoint: str, ratio: float) -> "Traces":
        """Send spans to a collector, ``http://collector:4318/v1/traces``."""
        return cls(BatchSpanProcessor(OTLPSpanExporter(endpoint)), ratio)

    def request(self, scope: Scope) -> AbstractContextManager[Span]:
        """The span of a request."""
        carrier = {
            name: value.decode("latin-1")
            for name in _NAMES
            for key, value in scope["headers"]
            if key == name.encode()
        }
        # No path: it has ids. `TracedObserver` knows the route.
        return self._tracer.start_as_current_span(
            scope["method"], _FORMAT.extract(carrier), SpanKind.SERVER
        )

    def call(self, call: Call) -> AbstractContextManager[Span]:
        """The span of a call to a region."""
        attributes: Mapping[str, Any] = {
            "http.request.method": call.method,
            "url.path": call.path,
            "tricircle.pod": call.region,
            "tricircle.service": call.service,
        }
        name = f"{call.method} {call.region}"
        return self._tracer.start_as_current_span(
            name, kind=SpanKind.CLIENT, attributes=attributes
        )

    def close(self) -> None:
        """Send what is left; may take some seconds."""
        self._provider.shutdown()


class TracedApp:
    """The application, with a span around each request."""

    def __init__(self, app: ByPort | Gateway, traces: Traces) -> None:
        self._app = app
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; whether we are alive is asked too often to be traced."""
        if scope["type"] != "http" or scope["raw_path"] == healthcheck.PATH:
            await self._app(scope, receive, send)
            return
        with self._traces.request(scope):
            await self._app(scope, receive, send)


class TracedObserver(Observer):
    """Tells the span of a request what became of it."""

    def finished(self, seen: Seen) -> None:
        """See `Observer`."""
        super().finished(seen)
        span = trace.get_current_span()
        match = seen.draft.match if seen.draft is not None else None
        if match is not None:
            span.update_name(f"{seen.scope['method']} {match.action.path}")
            span.set_attribute("http.route", match.action.path)
        span.set_attribute("http.request.method", seen.scope["method"])
        span.set_attribute("http.response.status_code", seen.status)
        span.set_attribute("tricircle.request_id", seen.request_id)
        if seen.status >= 500:
            span.set_status(Status(StatusCode.ERROR))


class TracedTransport(Transport):
    """Calls regions, with a span around each call, of which the region is told."""

    def __init__(
        self, traces: Traces, limits: Limits, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(limits, tls)
        self._traces = traces

    async def send(self, call: Call, origin: str, *, whole: bool) -> Answer | Lost:
        """See `Transport`."""
        with self._traces.call(call) as span:
            told = msgspec.structs.replace(call, headers=_headers(call.headers))
            answer = await super().send(told, origin, whole=whole)
            if isinstance(answer, Lost):
                span.set_status(Status(StatusCode.ERROR, answer.reason))
            else:
                span.set_attribute("http.response.status_code", answer.status)
            return answer


def _headers(headers: Headers) -> Headers:
    carrier: dict[str, str] = {}
    _FORMAT.inject(carrier)
    kept = without(headers, [name.encode() for name in _NAMES])
    return [*kept, *((key.encode(), text.encode()) for key, text in carrier.items())]
