# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""MariaDB's content: the regions' users and databases, with their schemas.

Migrations are slow, and the same for every region of a release: they run once,
on a template, of which the regions' databases are copies. A database counts as
made only when a marker file says so; without it, it is made anew.
"""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pymysql

from lab.config.ini import Ini, render
from lab.config.sections import database_name
from lab.credentials import Credentials, write_private
from lab.errors import CommandError
from lab.paths import Paths
from lab.services import database_socket
from lab.shell import clean_environment, run
from lab.topology import Pod, Port, Region, Topology

_CHARACTER_SET = "CHARACTER SET utf8mb4"
#: Nova fills in the rest from the configuration of whoever asks, so that no
#: password is in the database or on a command line.
_CELL0 = "{scheme}://{username}:{password}@{hostname}:{port}/%s?{query}"


@dataclass(frozen=True)
class Schema:
    """A schema of OpenStack, and the commands of ``program`` that make it.

    ``section`` is the configuration's section that names the database. In the
    commands, ``{etc}`` stands for the directory of the packaged files.
    """

    name: str
    program: str
    commands: tuple[str, ...]
    section: str = "database"


SCHEMAS = {
    schema.name: schema
    for schema in (
        Schema("keystone", "keystone-manage", ("db_sync",)),
        Schema(
            "glance",
            "glance-manage",
            ("db_sync", "db_load_metadefs {etc}/glance/metadefs"),
        ),
        Schema("placement", "placement-manage", ("db sync",), "placement_database"),
        Schema("cinder", "cinder-manage", ("db sync",)),
        Schema("neutron", "neutron-db-manage", ("upgrade heads",)),
        Schema("nova_api", "nova-manage", ("api_db sync",), "api_database"),
        Schema("nova", "nova-manage", ("db sync --local_cell",)),
    )
}


def databases(region: Region) -> dict[str, str]:
    """The region's databases, and the schema of each."""
    names = ["nova_api", "neutron", "cinder"]
    names += ["nova", "placement"] if isinstance(region, Pod) else ["glance"]
    return {name: name for name in names} | {"nova_cell0": "nova"}


def prepare_server(paths: Paths) -> None:
    """Make MariaDB's own tables; only root may log in, over the socket."""
    data = paths.var / "mariadb"
    marker = _marker(paths, "server")
    if marker.exists():
        return
    if data.exists():
        run(["rm", "-rf", data])
    data.mkdir(parents=True)
    options = ["--no-defaults", "--user=root", f"--datadir={data}", "--skip-test-db"]
    options.append("--auth-root-authentication-method=socket")
    run(["mariadb-install-db", *options], log=paths.log_file("mariadb-install"))
    _mark(marker)


def prepare_users(
    topology: Topology,
    paths: Paths,
    credentials: Credentials,
    accounts: Iterable[str] = (),
) -> None:
    """Make each region's user; it may use the region's databases and no others.

    Each of ``accounts`` gets a user and a database of its name.
    """
    statements = ["DELETE FROM mysql.global_priv WHERE User=''", "FLUSH PRIVILEGES"]
    with _connect(paths) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        regions = ("template", *(region.slug for region in topology.regions))
        owned = {user: f"{user}\\_%%" for user in regions}
        owned |= {account: account for account in accounts}
        for user, databases in owned.items():
            password = credentials[f"mariadb.{user}"]
            cursor.execute("CREATE USER IF NOT EXISTS %s@'%%'", (user,))
            cursor.execute("ALTER USER %s@'%%' IDENTIFIED BY %s", (user, password))
            cursor.execute(f"GRANT ALL ON `{databases}`.* TO %s@'%%'", (user,))
        for account in accounts:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {account} {_CHARACTER_SET}")


def prepare_template(
    schema: Schema, release: str, topology: Topology, paths: Paths, secret: Credentials
) -> None:
    """Migrate the template of a schema of a release."""
    name = _template(schema.name, release)
    marker = _marker(paths, name)
    if marker.exists():
        return
    address, password = topology.central.address, secret["mariadb.template"]
    login = f"template:{password}@{address}:{Port.MARIADB:d}"
    connection = f"mysql+pymysql://{login}/{name}?charset=utf8mb4"
    _create(name, paths)
    ini: Ini = {schema.section: {"connection": connection}}
    file = paths.etc / "template" / f"{name}.conf"
    write_private(file, render(ini))
    program = paths.bin(release, schema.program)
    etc = paths.venv(release) / "etc"
    for command in schema.commands:
        words = [word.format(etc=etc) for word in command.split()]
        run(
            [program, "--config-file", file, *words],
            log=paths.log_file(f"schema-{name}"),
        )
    _mark(marker)


def prepare_database(region: Region, name: str, schema: str, paths: Paths) -> None:
    """Make the region's database ``name`` from the template of its schema."""
    database = database_name(region, name)
    marker = _marker(paths, database)
    if marker.exists():
        return
    _create(database, paths)
    _copy(_template(schema, region.release), database, paths)
    _mark(marker)


def map_cells(region: Region, paths: Paths) -> None:
    """Tell the region's Nova of its cells: cell0, and in a pod cell1."""
    marker = _marker(paths, f"{region.slug}_cells")
    if marker.exists():
        return
    # What an interrupted run left behind would be mapped twice.
    mappings = f"{database_name(region, 'nova_api')}.cell_mappings"
    _execute(paths, [f"DELETE FROM {mappings}"])  # noqa: S608 (our own name)
    manage = [
        paths.bin(region.release, "nova-manage"),
        f"--config-file={paths.etc / region.slug / 'nova' / 'nova.conf'}",
        "cell_v2",
    ]
    log = paths.log_file(f"{region.slug}-cells")
    cell0 = _CELL0 % database_name(region, "nova_cell0")
    run([*manage, "map_cell0", f"--database_connection={cell0}"], log=log)
    if isinstance(region, Pod):
        run([*manage, "create_cell", "--name=cell1"], log=log)
    _mark(marker)


def _template(schema: str, release: str) -> str:
    return f"template_{schema}_{release.replace('.', '_')}"


def _create(name: str, paths: Paths) -> None:
    _execute(
        paths,
        [
            f"DROP DATABASE IF EXISTS {name}",
            f"CREATE DATABASE {name} {_CHARACTER_SET}",
        ],
    )


def _copy(source: str, target: str, paths: Paths) -> None:
    socket = f"--socket={database_socket(paths)}"
    dump = ["mariadb-dump", "--no-defaults", socket, "--skip-lock-tables", source]
    load = ["mariadb", "--no-defaults", socket, target]
    environment = clean_environment()
    with subprocess.Popen(dump, stdout=subprocess.PIPE, env=environment) as dumping:
        loaded = subprocess.run(
            load, stdin=dumping.stdout, env=environment, check=False
        )
    if dumping.returncode or loaded.returncode:
        raise CommandError(f"cannot copy the database {source} to {target}")


def _execute(paths: Paths, statements: Iterable[str]) -> None:
    with _connect(paths) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _connect(paths: Paths) -> "pymysql.Connection[pymysql.cursors.Cursor]":
    return pymysql.connect(
        unix_socket=str(database_socket(paths)), user="root", autocommit=True
    )


def _marker(paths: Paths, name: str) -> Path:
    return paths.var / "databases-made" / name


def _mark(marker: Path) -> None:
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
