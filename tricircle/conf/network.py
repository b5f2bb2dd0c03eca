# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``[network]``: how networks are realised in pods."""

from oslo_config import cfg

GROUP = "network"

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
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the section on ``conf``."""
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the section, for the sample configuration."""
    return [(GROUP, OPTS)]
