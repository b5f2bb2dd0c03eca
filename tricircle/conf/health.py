# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``[health]``: how pods are watched."""

from oslo_config import cfg

GROUP = "health"

OPTS: list[cfg.Opt] = [
    cfg.FloatOpt(
        "interval",
        default=60.0,
        min=1.0,
        help="Seconds from one look at a pod to the next, more or less: a quarter of it"
        " is left to chance, so that pods are not looked at all at once. A pod whose"
        " services just began to fail, or to answer again, is looked at sooner.",
    ),
    cfg.IntOpt(
        "falls",
        default=3,
        min=1,
        help="How many looks in a row must fail before a service counts as down.",
    ),
    cfg.IntOpt(
        "rises",
        default=2,
        min=1,
        help="How many looks in a row must be answered before it counts as up again.",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the section on ``conf``."""
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the section, for the sample configuration."""
    return [(GROUP, OPTS)]
