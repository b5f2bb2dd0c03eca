# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Metrics for Prometheus, made when it asks.

Each process of a gateway has its own, on a port of its own: Prometheus adds up, and
an operator sees which process is stuck. They are served from a thread, which reads
what the process counts while it counts on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from tricircle.gateway.cache import Cache
from tricircle.gateway.line import Line
from tricircle.gateway.observe.tally import Tally
from tricircle.gateway.observe.times import Times
from tricircle.gateway.ports import Pod
from tricircle.monitoring.bounds import BOUNDS

_REQUEST = ("service", "method", "route", "pod")
_UPSTREAM = ("pod", "service", "address")


@dataclass(frozen=True)
class Sources:
    """Where numbers come from."""

    tally: Tally
    caches: Mapping[str, Cache[Any, Any]]
    """By their names."""
    lines: Callable[[], Iterable[Line]]
    pods: Callable[[], Sequence[Pod]]


class Exposition(Collector):
    """Makes metrics of the numbers."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        """Yield each kind of metric."""
        yield from _requests(self._sources.tally)
        yield from _caches(self._sources.caches)
        yield from _upstreams([*self._sources.lines()])
        pods = GaugeMetricFamily(
            "tricircle_pod_active",
            "1: the pod takes new resources; 0: it is cordoned, or comes, or goes",
            labels=("pod", "availability_zone"),
        )
        for pod in self._sources.pods():
            pods.add_metric((pod.name, pod.zone), pod.active)
        yield pods


def _requests(tally: Tally) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        "tricircle_requests", "Calls that were answered", labels=(*_REQUEST, "status")
    )
    seconds = HistogramMetricFamily(
        "tricircle_request_seconds",
        "From a call's coming to its answer's last byte",
        labels=_REQUEST,
    )
    sums: dict[tuple[str, ...], Times] = {}
    # A copy: the process counts on.
    for (*names, status), times in list(tally.requests.items()):
        requests.add_metric((*names, str(status)), sum(times.counts))
        total = sums.setdefault(tuple(names), Times())
        total.counts = [a + b for a, b in zip(total.counts, times.counts, strict=True)]
        total.seconds += times.seconds
    for labels, total in sums.items():
        seconds.add_metric(labels, _buckets(total), total.seconds)
    open_ = GaugeMetricFamily(
        "tricircle_requests_open", "Calls that wait for an answer", value=tally.open
    )
    yield from (requests, seconds, open_)


def _buckets(times: Times) -> list[tuple[str, float]]:
    """As Prometheus has them: each counts all that were faster, too."""
    found, below = [], 0
    for bound, count in zip((*BOUNDS, "+Inf"), times.counts, strict=True):
        below += count
        found.append((str(bound), float(below)))
    return found


def _caches(caches: Mapping[str, Cache[Any, Any]]) -> Iterator[Metric]:
    lookups = CounterMetricFamily(
        "tricircle_cache_lookups",
        "How often a cache was asked, and had it or not",
        labels=("cache", "result"),
    )
    entries = GaugeMetricFamily(
        "tricircle_cache_entries", "What a cache holds", labels=("cache",)
    )
    for name, cache in caches.items():
        lookups.add_metric((name, "hit"), cache.hits)
        lookups.add_metric((name, "miss"), cache.misses)
        entries.add_metric((name,), len(cache))
    yield from (lookups, entries)


def _upstreams(lines: Sequence[Line]) -> Iterator[Metric]:
    calls = CounterMetricFamily(
        "tricircle_upstream_calls",
        "Calls to a region's service: answered; failed, for it did not answer; or"
        " refused, by the circuit breaker (broken) or the bulkhead (full)",
        labels=(*_UPSTREAM, "result"),
    )
    seconds = HistogramMetricFamily(
        "tricircle_upstream_seconds",
        "From a call's start to the first byte of its answer",
        labels=_UPSTREAM,
    )
    gauges = [
        GaugeMetricFamily(f"tricircle_upstream_{name}", text, labels=_UPSTREAM)
        for name, text, _ in _GAUGES
    ]
    for line in lines:
        counts, labels = line.counts, line.labels
        answered = counts.answered
        seconds.add_metric(labels, _buckets(answered), answered.seconds)
        calls.add_metric((*labels, "answered"), sum(answered.counts))
        calls.add_metric((*labels, "failed"), counts.failed)
        calls.add_metric((*labels, "broken"), counts.broken)
        calls.add_metric((*labels, "full"), counts.full)
        for gauge, (_, _, value) in zip(gauges, _GAUGES, strict=True):
            gauge.add_metric(labels, value(line))
    yield from (calls, seconds, *gauges)


_GAUGES: tuple[tuple[str, str, Callable[[Line], float]], ...] = (
    (
        "circuit_open",
        "1: the service failed too often, and is left alone",
        lambda line: line.is_open,
    ),
    ("in_flight", "Calls under way", lambda line: line.in_flight),
    ("waiting", "Calls that wait for their turn", lambda line: line.waiting),
)
