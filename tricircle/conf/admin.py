# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``[admin]``: the operators' API."""

from oslo_config import cfg

from tricircle.conf import monitoring

GROUP = "admin"

OPTS: list[cfg.Opt] = [
    cfg.HostAddressOpt(
        "bind_host",
        default="127.0.0.1",
        help="The address that tricircle-api listens on. It speaks plain HTTP: let a"
        " proxy that ends TLS be the only one to reach it.",
    ),
    cfg.PortOpt(
        "bind_port",
        default=19999,
        help="The port that tricircle-api listens on.",
    ),
    cfg.IntOpt(
        "threads",
        default=16,
        min=1,
        help="Calls that are served at once. Probing a pod that does not answer holds"
        " one of them for [keystone] timeout seconds a service.",
    ),
    cfg.URIOpt(
        "public_url",
        schemes=["http", "https"],
        help="What links in answers begin with, for example"
        " https://cloud.example.org:19999. Without it they begin with what the"
        " client called.",
    ),
    cfg.IntOpt(
        "max_limit",
        default=1000,
        min=1,
        help="Items on one page of a list, at most and if a call asks for no limit.",
    ),
    cfg.IntOpt(
        "max_body_size",
        default=65536,
        min=1,
        help="Bytes that the body of a call may have.",
    ),
    *monitoring.opts(),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the section on ``conf``."""
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the section, for the sample configuration."""
    return [(GROUP, OPTS)]
