# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Every lasting process of OpenStack and what it stands on. Pure data.

A service's name is ``REGION-PROGRAM`` (``pod1-nova-api``); shared ones bear the
program's name alone. OVN's and Open vSwitch's are in ``ovn``.
"""

from collections.abc import Mapping
from pathlib import Path

from lab.paths import SOURCE, Paths
from lab.processes import Service
from lab.topology import Host, Pod, Port, Region, Topology

#: Services are stopped in this order: what uses others goes before them.
OPENSTACK_WAVE, NETWORK_WAVE, SHARED_WAVE = 0, 1, 2

_DRIVERS = {"PYTHONPATH": str(SOURCE / "lab" / "drivers")}


def shared(topology: Topology, paths: Paths) -> list[Service]:
    """MariaDB, RabbitMQ and memcached."""
    address = topology.central.address
    return [_mariadb(address, paths), *_rabbitmq(address, paths), _memcached(address)]


def region(region: Region, paths: Paths) -> list[Service]:
    """The OpenStack services of the central region or of a pod."""
    if isinstance(region, Pod):
        return _pod(region, paths)
    return [
        _wsgi(region, paths, "keystone", "api", Port.KEYSTONE, threads=6),
        _wsgi(region, paths, "glance", "api", Port.GLANCE),
        *_common_apis(region, paths),
    ]


def _pod(pod: Pod, paths: Paths) -> list[Service]:
    return [
        *_common_apis(pod, paths),
        _wsgi(pod, paths, "placement", "api", Port.PLACEMENT, threads=4),
        _daemon(
            pod, paths, "neutron", "neutron-ovn-maintenance-worker", _NEUTRON_FILES
        ),
        _daemon(pod, paths, "nova", "nova-conductor", ("nova.conf",)),
        _daemon(pod, paths, "nova", "nova-scheduler", ("nova.conf",)),
        *(compute(pod, host, paths) for host in pod.hosts),
        *(
            _daemon(pod, paths, "cinder", program, ("cinder.conf",), _DRIVERS)
            for program in ("cinder-scheduler", "cinder-volume", "cinder-backup")
        ),
    ]


_NEUTRON_FILES = ("neutron.conf", "ml2_conf.ini")


def compute(pod: Pod, host: Host, paths: Paths) -> Service:
    """The compute service of a host."""
    files = (f"{host.name}.conf",)
    name = f"{host.name}-nova-compute"
    return _daemon(pod, paths, "nova", "nova-compute", files, _DRIVERS, name)


def _common_apis(region: Region, paths: Paths) -> list[Service]:
    return [
        _wsgi(region, paths, "nova", "osapi_compute", Port.NOVA),
        _wsgi(region, paths, "neutron", "api", Port.NEUTRON, _NEUTRON_FILES),
        _wsgi(region, paths, "cinder", "api", Port.CINDER),
    ]


def _wsgi(
    region: Region,
    paths: Paths,
    project: str,
    module: str,
    port: Port,
    names: tuple[str, ...] = (),
    threads: int = 8,
) -> Service:
    """An API under uWSGI: one process, a few threads."""
    directory = paths.etc / region.slug / project
    names = names or (_MAIN_FILE.get(project, f"{project}.conf"),)
    prefix = f"OS_{project.upper()}_CONFIG"
    files = list(names)
    if project == "nova":  # it takes the first one for the pipeline's description
        files.insert(0, str(paths.venv(region.release) / "etc/nova/api-paste.ini"))
    environment = {
        f"{prefix}_DIR": str(directory),
        f"{prefix}_FILES": ";".join(files),
        # Releases before 2026.1 would turn uWSGI's threads into green ones.
        f"OS_{project.upper()}_DISABLE_EVENTLET_PATCHING": "1",
    }
    # Cinder reads its files from the command line only.
    arguments = f"--config-file {directory / names[0]}" if project == "cinder" else ""
    return Service(
        name=f"{region.slug}-{project}-api",
        command=(
            paths.bin(region.release, "uwsgi"),
            f"--http-socket={region.address}:{port:d}",
            f"--module={project}.wsgi.{module}",
            f"--threads={threads}",
            f"--pyargv={arguments}",
            "--enable-threads",
            "--die-on-term",
            "--need-app",
            "--http-chunked-input",
            # Clients upload images in chunks of 1 MiB; uWSGI counts the framing too.
            f"--chunked-input-limit={16 << 20}",
            "--disable-logging",
            "--buffer-size=65535",
            # uWSGI closes each connection, and clients' pools must be told.
            "--add-header=Connection: close",
            *(_NEUTRON_OPTIONS if project == "neutron" else ()),
        ),
        environment=environment,
        files=tuple(directory / name for name in names),
        listens=((region.address, port),),
    )


_MAIN_FILE = {"glance": "glance-api.conf"}
# Releases before 2026.1 let the first worker fill Neutron's tables of segments:
# its number, which only a master gives, tells which one that is.
_NEUTRON_OPTIONS = ("--master", "--lazy-apps")


def _daemon(
    region: Region,
    paths: Paths,
    project: str,
    program: str,
    names: tuple[str, ...],
    environment: Mapping[str, str] | None = None,
    service: str | None = None,
) -> Service:
    """A service without an API."""
    files = tuple(paths.etc / region.slug / project / name for name in names)
    return Service(
        name=service or f"{region.slug}-{program}",
        command=(
            paths.bin(region.release, program),
            *(f"--config-file={file}" for file in files),
        ),
        environment=environment or {},
        files=files,
    )


def _mariadb(address: str, paths: Paths) -> Service:
    data = paths.var / "mariadb"
    return Service(
        name="mariadb",
        command=(
            "/usr/sbin/mariadbd",
            "--no-defaults",
            "--user=root",
            f"--datadir={data}",
            f"--socket={database_socket(paths)}",
            f"--pid-file={paths.run / 'mariadb.pid'}",
            f"--bind-address={address}",
            f"--port={Port.MARIADB:d}",
            "--skip-name-resolve",
            "--max-connections=2000",
            "--innodb-buffer-pool-size=256M",
            "--performance-schema=OFF",
            # A laboratory may lose the last second in a power cut: no fsync.
            "--skip-log-bin",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0",
            "--innodb-flush-method=nosync",
        ),
        stop_wave=SHARED_WAVE,
        listens=((address, Port.MARIADB),),
    )


def database_socket(paths: Paths) -> Path:
    """The socket on which MariaDB takes root without a password."""
    return paths.run / "mariadb.sock"


def rabbitmq_environment(paths: Paths) -> dict[str, str]:
    """What RabbitMQ's server and tools must know of this instance."""
    etc = paths.etc / "rabbitmq"
    return {
        "HOME": str(paths.var / "rabbitmq"),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": f"{Port.EPMD:d}",
        "RABBITMQ_NODENAME": "tricircle-lab@localhost",
        "RABBITMQ_CONFIG_FILE": str(etc / "rabbitmq"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(etc / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(paths.var / "rabbitmq" / "mnesia"),
        "RABBITMQ_LOG_BASE": str(paths.log / "rabbitmq"),
        # Idle schedulers that spin would take half a core.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            "+sbwt none +sbwtdcpu none +sbwtdio none +S 2:2"
        ),
    }


def _rabbitmq(address: str, paths: Paths) -> list[Service]:
    etc = paths.etc / "rabbitmq"
    environment = rabbitmq_environment(paths)
    return [
        # RabbitMQ would start it in the background, out of our sight.
        Service(
            name="epmd",
            command=("/usr/bin/epmd",),
            environment=environment,
            stop_wave=SHARED_WAVE + 1,
            listens=(("127.0.0.1", Port.EPMD),),
        ),
        Service(
            name="rabbitmq",
            command=("/usr/lib/rabbitmq/bin/rabbitmq-server",),
            environment=environment,
            files=tuple(
                etc / name
                for name in ("rabbitmq.conf", "definitions.json", "enabled_plugins")
            ),
            stop_wave=SHARED_WAVE,
            listens=(
                (address, Port.RABBITMQ),
                ("127.0.0.1", Port.RABBITMQ_DISTRIBUTION),
            ),
        ),
    ]


def _memcached(address: str) -> Service:
    return Service(
        name="memcached",
        command=(
            "/usr/bin/memcached",
            "--user=root",
            f"--listen={address}",
            f"--port={Port.MEMCACHED:d}",
            "--udp-port=0",
            "--memory-limit=64",
        ),
        stop_wave=SHARED_WAVE,
        listens=((address, Port.MEMCACHED),),
    )
