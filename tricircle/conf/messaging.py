# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``[messaging]``: whether services nudge each other over RabbitMQ.

Where RabbitMQ is, and how to use it, are oslo.messaging's own options:
``[DEFAULT] transport_url`` and the section ``[oslo_messaging_rabbit]``.
"""

from oslo_config import cfg

GROUP = "messaging"

OPTS: list[cfg.Opt] = [
    cfg.BoolOpt(
        "nudge",
        default=True,
        help="Send a message when there is a new job, and listen for such messages."
        " Without it workers still find every job, but only after [jobs]"
        " poll_interval.",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the section on ``conf``."""
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the section, for the sample configuration."""
    return [(GROUP, OPTS)]
