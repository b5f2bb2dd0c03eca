# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What runs inside the central region's Neutron; nothing else imports Neutron.

``rules`` says what users may not ask for, in the transaction that would store it.
``ml2`` is the mechanism driver: it asks the rules, queues jobs when something that has
replicas changed, and binds ports as pods report them. ``l3`` and ``port_forwarding``
are service plugins, for routers and floating IPs, with ``zones``, the availability
zones of networks and routers. None of it calls a pod.
"""
