# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One noun each: how it is made, kept, and removed in a pod.

``base`` has what is the same for all: one maker at a time, replicas found by route or
by the mark that they bear (``marked``), drift undone, removal. It asks each noun what
its replica shall be (``noun``). ``room`` is for what a pod has room for once.
``network``, ``subnet``, ``port``, ``security_group`` and ``address_group`` say what is
theirs, and realise what they rest on first: a port its network, subnets and groups.
``members`` are the members of a security group that are in other pods. ``handlers``
runs them as jobs.

Routers are in several pods at once, so they are planned first. ``router_planner``
reads one (``router_view``), decides what is where (``router_plan``, which is pure),
reserves the addresses that this takes (``router_seats``) and its bridge network
(``router_bridge``), and leaves the rest to a job in each pod: ``router_in_pod`` makes
the pod's one or two routers (``router``) have what was planned (``router_replica``).
``router_external`` knows in which pod an external network lives; ``adopted`` takes
those that a pod had before. ``floating_ip`` are floating IPs, in that same pod;
``router_handlers`` runs all that as jobs. ::

    job of the router --> router_planner --job in each pod--> router_in_pod
           ^                    |                                  |
    L3 plugin, subnets    central region                          pod

All of it may stop anywhere and be run again; nothing is made twice.
"""
