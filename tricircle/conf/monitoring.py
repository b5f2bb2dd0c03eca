# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Where a service shows metrics: the same options in each service's section."""

from oslo_config import cfg


def opts(process: str = "") -> list[cfg.Opt]:
    """Return the options; ``process`` tells of services with several processes."""
    return [
        cfg.HostAddressOpt(
            "metrics_host",
            default="127.0.0.1",
            help="The address on which metrics are served for Prometheus.",
        ),
        cfg.PortOpt(
            "metrics_port",
            help=f"The port of the metrics{process}. Without it no metrics are served.",
        ),
    ]
