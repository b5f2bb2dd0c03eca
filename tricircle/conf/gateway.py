# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``[gateway]``: the API that users see."""

from oslo_config import cfg

from tricircle.conf import monitoring

GROUP = "gateway"

OPTS: list[cfg.Opt] = [
    cfg.HostAddressOpt(
        "bind_host",
        default="127.0.0.1",
        help="The address that tricircle-gateway listens on. It speaks plain HTTP: let"
        " a proxy that ends TLS be the only one to reach it.",
    ),
    cfg.PortOpt("compute_port", default=19998, help="The port of Nova's API."),
    cfg.PortOpt("volume_port", default=19997, help="The port of Cinder's API."),
    cfg.IntOpt(
        "workers",
        default=1,
        min=1,
        help="Processes; as many as there are cores is a good start. All listen on the"
        " same ports.",
    ),
    cfg.BoolOpt(
        "share_ports",
        default=False,
        help="Start also if another gateway listens on these ports: calls are spread"
        " over both. That is for a restart without a gap: start the new one, then stop"
        " the old one. Else a second gateway would be a mistake, and is refused.",
    ),
    cfg.URIOpt(
        "compute_public_url",
        schemes=["http", "https"],
        help="What links in Nova's answers begin with, for example"
        " https://cloud.example.org:19998. Without it they begin with what the client"
        " called.",
    ),
    cfg.URIOpt(
        "volume_public_url",
        schemes=["http", "https"],
        help="The same for Cinder's answers.",
    ),
    cfg.FloatOpt(
        "token_cache_time",
        default=60.0,
        min=1.0,
        help="Seconds for which a token is believed without asking Keystone. A pod"
        " checks it at every call in any case.",
    ),
    cfg.FloatOpt(
        "connect_timeout",
        default=2.0,
        min=0.1,
        help="Seconds to wait for a connection to a region's service.",
    ),
    cfg.FloatOpt(
        "fanout_timeout",
        default=2.0,
        min=0.1,
        help="Seconds to wait for one of many pods, when a list is put together. The"
        " header X-Tricircle-Missing-Pods names those that took longer.",
    ),
    cfg.FloatOpt(
        "read_timeout",
        default=30.0,
        min=0.1,
        help="Seconds to wait for the only pod that can answer a question.",
    ),
    cfg.FloatOpt(
        "write_timeout",
        default=120.0,
        min=0.1,
        help="Seconds to wait for a pod that was told to change something. Giving up"
        " leaves it unknown whether it did.",
    ),
    cfg.IntOpt(
        "pod_concurrency",
        default=64,
        min=1,
        help="Calls at once to one service of one pod, from one process.",
    ),
    cfg.IntOpt(
        "pod_backlog",
        default=128,
        min=0,
        help="Calls that may wait for that; more are answered with 503.",
    ),
    cfg.FloatOpt(
        "refresh_time",
        default=5.0,
        min=0.1,
        help="Seconds after which pods are read from the database anew.",
    ),
    cfg.FloatOpt(
        "drain_time",
        default=0.0,
        min=0.0,
        help="Seconds for which a gateway that was told to stop goes on to take calls,"
        " while /healthcheck answers 503: as many as a load balancer needs to notice.",
    ),
    cfg.StrOpt(
        "access_log",
        help="The file to which a line is appended for each call. It may be moved away"
        " at any time. Without it there is no access log.",
    ),
    cfg.URIOpt(
        "traces_endpoint",
        schemes=["http", "https"],
        help="Where a collector of OpenTelemetry takes spans, for example"
        " http://collector:4318/v1/traces. Needs tricircle[traces]. Without it there"
        " are none, and they cost nothing.",
    ),
    cfg.FloatOpt(
        "traces_ratio",
        default=1.0,
        min=0.0,
        max=1.0,
        help="How many of the calls are traced that a client does not trace itself.",
    ),
    *monitoring.opts(
        " of the first process; the second one has the next port, and so on"
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the section on ``conf``."""
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the section, for the sample configuration."""
    return [(GROUP, OPTS)]
