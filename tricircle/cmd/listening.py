# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Where ``tricircle-gateway`` listens: one gateway on a port, in several processes.

Its processes share the ports, and the kernel spreads calls over all who do. So would a
second gateway, unnoticed, with another configuration: that is asked for, or refused.
"""

import errno
import socket
from collections.abc import Iterable

from oslo_config import cfg

from tricircle.conf import gateway as gateway_conf


class PortTaken(OSError):
    """Somebody listens there already."""


def refuse_others(conf: cfg.ConfigOpts) -> None:
    """Raise PortTaken if somebody listens where we shall, unless that is wanted."""
    section = conf[gateway_conf.GROUP]
    if section.share_ports:
        return
    for port in _ports(section):
        with _socket(section.bind_host) as alone:
            try:
                alone.bind((section.bind_host, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                raise PortTaken(
                    f"somebody listens on {section.bind_host}, port {port}, already:"
                    " stop that gateway, or set [gateway] share_ports to have calls"
                    " spread over both, as for a restart without a gap"
                ) from error


def listen(conf: cfg.ConfigOpts) -> list[socket.socket]:
    """Return a socket for each port; other processes may listen beside it. OSError."""
    section = conf[gateway_conf.GROUP]
    sockets = []
    for port in _ports(section):
        listening = _socket(section.bind_host)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind((section.bind_host, port))
        sockets.append(listening)
    return sockets


def _ports(section: cfg.ConfigOpts.GroupAttr) -> Iterable[int]:
    return (section.compute_port, section.volume_port)


def _socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    # Connections that have just ended are in nobody's way.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made
