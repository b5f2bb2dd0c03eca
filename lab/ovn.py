# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""OVN and Open vSwitch: a pod's databases and northd, its hosts' switches.

There is no kernel module for Open vSwitch here, so switches run their userspace
datapath, and the address of the overlay sits on a port of the switch itself
(userspace tunnels are sent by Open vSwitch, not by the kernel).
"""

from collections.abc import Mapping
from pathlib import Path

from lab.config.neutron import DCI_VLAN, EXTERNAL
from lab.paths import Paths
from lab.processes import Service
from lab.services import NETWORK_WAVE
from lab.shell import run
from lab.sockets import (
    host_directory,
    northbound_socket,
    ovsdb_socket,
    pod_directory,
    southbound_socket,
)
from lab.topology import Host, Pod

#: Bridges of a host: OVN's own, and those to its three uplinks.
INTEGRATION_BRIDGE = "br-int"
UPLINK_BRIDGES = {"underlay": "br-phy", DCI_VLAN: "br-dci", EXTERNAL: "br-ex"}

_QUIET = ("-vconsole:warn", "-vfile:off", "-vsyslog:off")


def databases(pod: Pod, paths: Paths) -> list[Service]:
    """The northbound and southbound databases of a pod."""
    directory = pod_directory(paths, pod)
    sockets = {"nb": northbound_socket(paths, pod), "sb": southbound_socket(paths, pod)}
    return [
        Service(
            name=f"{pod.slug}-ovn-{kind}",
            command=(
                "/usr/sbin/ovsdb-server",
                str(_database_file(pod, paths, kind)),
                f"--remote=punix:{socket}",
                f"--unixctl={directory / kind}.ctl",
                *_QUIET,
            ),
            stop_wave=NETWORK_WAVE + 1,
            socket=socket,
        )
        for kind, socket in sockets.items()
    ]


def northd(pod: Pod, paths: Paths) -> Service:
    """The translator between a pod's databases."""
    return Service(
        name=f"{pod.slug}-ovn-northd",
        command=(
            "/usr/bin/ovn-northd",
            f"--ovnnb-db=unix:{northbound_socket(paths, pod)}",
            f"--ovnsb-db=unix:{southbound_socket(paths, pod)}",
            f"--unixctl={pod_directory(paths, pod) / 'northd.ctl'}",
            *_QUIET,
        ),
        stop_wave=NETWORK_WAVE,
    )


def switch(host: Host, paths: Paths) -> list[Service]:
    """A host's switch: its database and its daemon."""
    directory = host_directory(paths, host)
    return [
        Service(
            name=f"{host.name}-ovsdb",
            command=(
                "/usr/sbin/ovsdb-server",
                str(_switch_database(host, paths)),
                f"--remote=punix:{ovsdb_socket(paths, host)}",
                f"--unixctl={directory / 'ovsdb.ctl'}",
                *_QUIET,
            ),
            namespace=host.namespace,
            stop_wave=NETWORK_WAVE + 1,
            socket=ovsdb_socket(paths, host),
        ),
        Service(
            name=f"{host.name}-ovs",
            # Its conntrack was seen to crash once: let it restart itself.
            command=(
                "/usr/sbin/ovs-vswitchd",
                "--monitor",
                f"unix:{ovsdb_socket(paths, host)}",
                f"--unixctl={directory / 'ovs-vswitchd.ctl'}",
                *_QUIET,
            ),
            environment=_environment(host, paths),
            namespace=host.namespace,
            stop_wave=NETWORK_WAVE,
        ),
    ]


def controller(host: Host, paths: Paths) -> Service:
    """A host's ovn-controller."""
    return Service(
        name=f"{host.name}-ovn-controller",
        command=(
            "/usr/bin/ovn-controller",
            f"unix:{ovsdb_socket(paths, host)}",
            *_QUIET,
        ),
        environment=_environment(host, paths),
        namespace=host.namespace,
        stop_wave=NETWORK_WAVE,
    )


def prepare_databases(pod: Pod, paths: Paths) -> None:
    """Make the pod's two database files, if they are missing."""
    pod_directory(paths, pod).mkdir(parents=True, exist_ok=True)
    for kind in ("nb", "sb"):
        _create(
            _database_file(pod, paths, kind), f"/usr/share/ovn/ovn-{kind}.ovsschema"
        )


def initialise_databases(pod: Pod, paths: Paths) -> None:
    """Give the pod's running databases the one row that each must have."""
    run(_ctl("ovn-nbctl", northbound_socket(paths, pod), "init"))
    run(_ctl("ovn-sbctl", southbound_socket(paths, pod), "init"))


def prepare_switch(host: Host, paths: Paths) -> None:
    """Make the host's switch database, if it is missing.

    It lies with the run-time files: a switch starts empty after ``lab down``.
    """
    host_directory(paths, host).mkdir(parents=True, exist_ok=True)
    schema = "/usr/share/openvswitch/vswitch.ovsschema"
    _create(_switch_database(host, paths), schema)


def configure_switch(pod: Pod, host: Host, paths: Paths) -> None:
    """Make the host's bridges with their uplinks, and join it to the pod's OVN."""
    bridges = [INTEGRATION_BRIDGE, *UPLINK_BRIDGES.values()]
    commands: list[list[str]] = [["init"]]
    for bridge in bridges:
        commands.append(["--may-exist", "add-br", bridge])
        commands.append(["set", "bridge", bridge, "datapath_type=netdev"])
    for network, bridge in UPLINK_BRIDGES.items():
        commands.append(["--may-exist", "add-port", bridge, network])
    commands.append(["set", "bridge", INTEGRATION_BRIDGE, "fail-mode=secure"])
    ids = _external_ids(pod, host, paths)
    commands.append(
        ["set", "open", ".", *(f'external_ids:{k}="{v}"' for k, v in ids.items())]
    )
    vsctl(host, paths, *_joined(commands))
    _address_underlay(host)


def _address_underlay(host: Host) -> None:
    inside = ["ip", "-n", host.namespace]
    bridge = UPLINK_BRIDGES["underlay"]
    run([*inside, "address", "replace", f"{host.underlay}/24", "dev", bridge])
    for name in UPLINK_BRIDGES.values():
        run([*inside, "link", "set", name, "up"])
    offload = ["ethtool", "-K", bridge, "tx", "off"]
    run(["ip", "netns", "exec", host.namespace, *offload], check=False)


def _external_ids(pod: Pod, host: Host, paths: Paths) -> Mapping[str, str]:
    mappings = [f"{net}:{UPLINK_BRIDGES[net]}" for net in (EXTERNAL, DCI_VLAN)]
    return {
        "system-id": host.name,
        "hostname": host.name,
        "ovn-remote": f"unix:{southbound_socket(paths, pod)}",
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": host.underlay,
        "ovn-bridge-datapath-type": "netdev",
        "ovn-bridge-mappings": ",".join(mappings),
        "ovn-cms-options": "enable-chassis-as-gw" if host.is_gateway else "",
    }


def vsctl(host: Host, paths: Paths, *arguments: str) -> str:
    """Run ovs-vsctl on the host's switch and return its output."""
    return run(_ctl("ovs-vsctl", ovsdb_socket(paths, host), *arguments))


def _ctl(program: str, socket: Path, *arguments: str) -> list[str]:
    return [program, f"--db=unix:{socket}", "--timeout=60", *arguments]


def _joined(commands: list[list[str]]) -> list[str]:
    """Several commands as one transaction."""
    words: list[str] = []
    for command in commands:
        words += ["--", *command] if words else command
    return words


def _create(database: Path, schema: str) -> None:
    if not database.exists():
        database.parent.mkdir(parents=True, exist_ok=True)
        part = database.with_suffix(".part")
        part.unlink(missing_ok=True)
        run(["ovsdb-tool", "create", part, schema])
        part.rename(database)


def _database_file(pod: Pod, paths: Paths, kind: str) -> Path:
    return paths.var / pod.slug / "ovn" / f"{kind}.db"


def _switch_database(host: Host, paths: Paths) -> Path:
    return host_directory(paths, host) / "conf.db"


def _environment(host: Host, paths: Paths) -> dict[str, str]:
    directory = str(host_directory(paths, host))
    names = ("OVS_RUNDIR", "OVN_RUNDIR", "OVS_LOGDIR", "OVN_LOGDIR")
    return dict.fromkeys(names, directory)
