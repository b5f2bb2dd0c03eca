# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``[network]``: how networks are realised in pods."""

from oslo_config import cfg

GROUP = "network"

#: The L3 plugin in the central Neutron has them, too: in its section ``[tricircle]``.
BRIDGE_OPTS: list[cfg.Opt] = [
    cfg.ListOpt(
        "bridge_cidrs",
        default=["100.65.0.0/24", "fd65:6b72:6964:6765::/64"],
        help="The addresses of bridge networks, which carry routed traffic between"
        " pods: one range a family. Each router has a bridge network of its own, so"
        " all have the same addresses, one for each pod. Tenants' subnets must not"
        " overlap them.",
    ),
]

OPTS: list[cfg.Opt] = [
    cfg.FloatOpt(
        "wait_time",
        default=60.0,
        min=0.1,
        help="Seconds to wait for someone else who realises the same resource in the"
        " same pod.",
    ),
    cfg.FloatOpt(
        "takeover_time",
        default=50.0,
        min=0.1,
        help="Seconds without a sign of life after which someone who realises a"
        " resource is taken for dead, and another one goes on. Keep it above the time"
        " that a pod's Neutron is given for one call (40).",
    ),
    cfg.FloatOpt(
        "settle_time",
        default=600.0,
        min=0.0,
        help="Seconds after a port was realised during which its pod is asked, ever"
        " more seldom, whether it is up. After that only the audit looks.",
    ),
    cfg.FloatOpt(
        "status_interval",
        default=30.0,
        min=1.0,
        help="Seconds after which the ports of a pod are looked at again, for what"
        " became of them by itself: their server was stopped, or moved. It is longer"
        " for a pod whose Neutron is slow to list its ports.",
    ),
    cfg.StrOpt(
        "bridge_physical_network",
        default="dcivlan",
        help="The physical network, of this name in each pod, that carries bridge"
        " networks. It has to reach all pods.",
    ),
    cfg.StrOpt(
        "bridge_vlans",
        default="2000:2999",
        regex=r"^\d+:\d+$",
        help="The first and the last VLAN for bridge networks: one for each router"
        " that reaches over pods. Keep them out of the ranges that the central Neutron"
        " hands out by itself.",
    ),
    cfg.StrOpt(
        "external_physical_network",
        default="external",
        help="The physical network, in a pod, of external networks that have the type"
        " 'local' in the central region.",
    ),
    *BRIDGE_OPTS,
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the section on ``conf``."""
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the section, for the sample configuration."""
    return [(GROUP, OPTS)]
