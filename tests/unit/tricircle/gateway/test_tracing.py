# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A trace goes on through the gateway to the pods."""

import re

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.unit.tricircle.gateway.cloud import PROJECT, Cloud, Region, cloud
from tests.unit.tricircle.gateway.pod import run
from tricircle.gateway.observe.tracing import TracedObserver, Traces

S1 = "11111111-1111-1111-1111-111111111111"
SERVER = f"/v2.1/servers/{S1}"
TRACE = "0af7651916cd43dd8448eb211c80319c"
THEIRS = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


def known(nova: Cloud) -> None:
    nova.placement.learn("server", S1, nova.placement.pods[0], PROJECT)
    nova.pod1.answers[f"GET {SERVER}"] = {"server": {"id": S1}}


def told(region: Region) -> list[str]:
    """What its last request has in the header."""
    return re.findall(r"(?m)^traceparent: (\S+)\r$", region.requests[-1].decode())


def spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def test_a_request_and_each_call_have_a_span_in_the_client_s_trace() -> None:
    exporter = InMemorySpanExporter()
    traces = Traces(SimpleSpanProcessor(exporter), ratio=0)

    async def main() -> None:
        async with cloud(observer=TracedObserver(), traces=traces) as nova:
            known(nova)
            await nova("GET", SERVER, headers=THEIRS)
            found = spans(exporter)
            request, call = found["GET /servers/{server}"], found["GET Pod1"]
            assert request.context.trace_id == call.context.trace_id == int(TRACE, 16)
            assert request.parent is not None
            assert request.parent.span_id == 0xB7AD6B7169203331
            assert call.parent == request.context
            assert told(nova.pod1) == [f"00-{TRACE}-{call.context.span_id:016x}-01"]
            assert dict(request.attributes or {})["http.response.status_code"] == 200
            assert dict(call.attributes or {})["tricircle.pod"] == "Pod1"

    run(main())


@pytest.mark.parametrize(("ratio", "count"), [(0, 0), (1, 2)])
def test_what_no_client_traces_is_traced_as_often_as_is_wanted(
    ratio: float, count: int
) -> None:
    exporter = InMemorySpanExporter()
    traces = Traces(SimpleSpanProcessor(exporter), ratio)

    async def main() -> None:
        async with cloud(observer=TracedObserver(), traces=traces) as nova:
            known(nova)
            await nova("GET", SERVER)
            exporter.clear()
            await nova("GET", SERVER)
            assert len(exporter.get_finished_spans()) == count

    run(main())


def test_a_call_that_brings_no_answer_is_an_error() -> None:
    exporter = InMemorySpanExporter()
    traces = Traces(SimpleSpanProcessor(exporter))

    async def main() -> None:
        async with cloud(observer=TracedObserver(), traces=traces) as nova:
            known(nova)
            nova.pod1.silent = True
            await nova("GET", SERVER)
            found = spans(exporter)
            assert "did not answer" in (found["GET Pod1"].status.description or "")
            assert not found["GET /servers/{server}"].status.is_ok

    run(main())


@pytest.mark.parametrize("path", [SERVER, "/v2.1/servers/detail"])
def test_without_traces_the_header_passes_as_it_is(path: str) -> None:
    async def main() -> None:
        async with cloud() as nova:
            known(nova)
            nova.pod1.answers["GET /v2.1/servers/detail"] = {"servers": []}
            await nova("GET", path, headers=THEIRS)
            assert told(nova.pod1) == [THEIRS["traceparent"]]

    run(main())
