# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One noun each: how it is made, kept, and removed in a pod.

``base`` has what is the same for all: one maker at a time, replicas found by route or
by the mark that they bear, drift undone, removal. ``network``, ``subnet``, ``port``,
``security_group`` and ``address_group`` say what is theirs, and realise what they rest
on first: a port its network, subnets and groups. ``members`` are the members of a
security group that are in other pods. ``handlers`` runs them as jobs.

All of it may stop anywhere and be run again; nothing is made twice.
"""
