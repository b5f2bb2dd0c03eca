# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What Nova had once: the central region's says 410 to all of it, with the reason."""

from tricircle.gateway.spec import Action, Resource, Strategy

_NOUNS = (
    "os-agents",
    "os-cells",
    "os-certificates",
    "os-cloudpipe",
    "os-fixed-ips",
    "os-floating-ip-dns",
    "os-floating-ips-bulk",
    "os-fping",
    "os-security-group-default-rules",
)

GONE = Resource(
    type="gone",
    actions=tuple(
        Action(path=f"/{noun}{below}", strategy=Strategy.CENTRAL)
        for noun in _NOUNS
        for below in ("", "/**")
    ),
)
