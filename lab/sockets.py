# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Where OVN's and Open vSwitch's sockets are."""

from pathlib import Path

from lab.paths import Paths
from lab.topology import Host, Pod


def pod_directory(paths: Paths, pod: Pod) -> Path:
    """Run-time files of a pod's OVN databases and northd."""
    return paths.run / pod.slug


def host_directory(paths: Paths, host: Host) -> Path:
    """Run-time files of a host's Open vSwitch and ovn-controller."""
    return paths.run / host.name


def northbound_socket(paths: Paths, pod: Pod) -> Path:
    """The socket of the pod's northbound database."""
    return pod_directory(paths, pod) / "nb.sock"


def southbound_socket(paths: Paths, pod: Pod) -> Path:
    """The socket of the pod's southbound database."""
    return pod_directory(paths, pod) / "sb.sock"


def ovsdb_socket(paths: Paths, host: Host) -> Path:
    """The socket of the host's Open vSwitch database."""
    return host_directory(paths, host) / "db.sock"
