# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``[scheduler]``: how a pod is chosen for a project."""

from oslo_config import cfg, types

GROUP = "scheduler"

OPTS = [
    cfg.ListOpt(
        "filters",
        default=[
            "az",
            "state",
            "health",
            "flavor",
            "network_reach",
            "locality",
            "capacity",
        ],
        help="What a pod must pass to be chosen: names of entry points in the group"
        " tricircle.pods.filters.",
    ),
    cfg.Opt(
        "weighers",
        type=types.Dict(types.Float()),
        default={"room": 1.0, "spread": 1.0},
        help="What makes one pod better than another, each with its factor (negative"
        " to turn it around): names of entry points in the group"
        " tricircle.pods.weighers.",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the section on ``conf``."""
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the section, for the sample configuration."""
    return [(GROUP, OPTS)]
