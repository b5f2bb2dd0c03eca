# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Servers by their other name, ``os-volumes_boot``, which Nova has up to 2.102."""

from dataclasses import replace

from tricircle.gateway.services.compute.server import SERVER

SERVER_BOOT = replace(
    SERVER,
    show="",  # routes are those of servers, which have their own path
    actions=tuple(
        replace(
            action,
            path=action.path.replace("/servers", "/os-volumes_boot", 1),
            pagination=action.pagination
            and replace(action.pagination, detail="/os-volumes_boot/detail"),
        )
        for action in SERVER.actions
    ),
)
