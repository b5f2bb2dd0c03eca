# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How a network is carried, so that its replicas in several pods are one network.

``base`` is what such a driver says; each driver is a module. ``kinds.of`` finds the
driver of a network by its type. ``bridge`` is where the bridge networks of routers
may be, and what they are. All of it is pure. ``doc/source/interconnect.rst`` tells
which drivers are planned.
"""
