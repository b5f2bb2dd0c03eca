# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What operators see of the gateway.

``app`` tells `Observer` of every request, once before its answer goes out and once
after it; nothing else in the gateway knows that it is watched. ::

    seen          what is known of a request that was served: the word between the two
    observer      tells those below
      tally       counts requests and their times, in a dictionary
      audit       a line for each request that may change something
      access_log  a line for each request, written once a second
    exposition    the counts, with those of caches and of regions, for Prometheus
    healthcheck   what load balancers ask
    tracing       spans for OpenTelemetry, around the application and the transport

The first five are in the way of every request: they are measured in microseconds.
"""
