# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``[placed]``: what becomes of creates and deletes that were broken off."""

from oslo_config import cfg

GROUP = "placed"

OPTS: list[cfg.Opt] = [
    cfg.FloatOpt(
        "settle_time",
        default=300.0,
        min=1.0,
        help="Seconds after which no gateway is at a create any more, so that what came"
        " of it is found out: what the pod made is kept, what was made for it is"
        " removed. Keep it well above [gateway] write_timeout, by more than the clocks"
        " of the machines differ.",
    ),
    cfg.FloatOpt(
        "deletion_time",
        default=600.0,
        min=1.0,
        help="Seconds after which a resource that the pod still has is not taken for"
        " one that is being deleted any more.",
    ),
    cfg.FloatOpt(
        "audit_interval",
        default=60.0,
        min=1.0,
        help="Seconds between looks for creates and deletes that were broken off. A"
        " look asks the database only.",
    ),
    cfg.FloatOpt(
        "compare_interval",
        default=300.0,
        min=1.0,
        help="Seconds between comparisons of what Tricircle knows with what pods list,"
        " and with the central region's ports: they find what was deleted in a pod"
        " itself, and ports that nobody uses.",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the section on ``conf``."""
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the section, for the sample configuration."""
    return [(GROUP, OPTS)]
