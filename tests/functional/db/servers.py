# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Database servers for tests: each with its own data, on a socket that none shares.

Nothing listens on a network, so no port can be taken. The server ends with the
process that started it, however that ends.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymysql
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

START_SECONDS = 60
STOP_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """A running server; ``admin`` is a database of it that is always there."""

    admin: URL

    def url(self, database: str) -> str:
        address = self.admin.set(database=database)
        return address.render_as_string(hide_password=False)

    def create(self, database: str) -> str:
        """Make an empty database; return its URL."""
        self.execute(f"CREATE DATABASE {database}")
        return self.url(database)

    def drop(self, database: str) -> None:
        force = " WITH (FORCE)" if self.admin.drivername.startswith("post") else ""
        self.execute(f"DROP DATABASE {database}{force}")

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement as the server's administrator."""
        engine = create_engine(
            self.admin, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            rows = result.all() if result.returns_rows else []
            return [tuple(row) for row in rows]


@contextmanager
def mariadb() -> Iterator[Server]:
    """Run a MariaDB."""
    install, daemon = _program("mariadb-install-db"), _program("mariadbd")
    with _directory(pwd.getpwuid(os.getuid())) as home:
        data, socket = home / "data", home / "s"
        common = ["--no-defaults", f"--datadir={data}"]
        if os.getuid() == 0:
            common.append("--user=root")
        method = "--auth-root-authentication-method=normal"
        _run([install, *common, "--skip-test-db", method], None)
        options = [f"--socket={socket}", "--skip-networking", "--skip-log-bin"]
        options += ["--innodb-flush-log-at-trx-commit=0", "--max-connections=200"]
        options += ["--innodb-buffer-pool-size=32M", f"--pid-file={home}/pid"]
        login = pymysql.connections.DEFAULT_USER if os.getuid() else "root"
        admin = URL.create(
            "mysql+pymysql",
            login or "root",
            database="mysql",
            query={"unix_socket": str(socket)},
        )
        with _running([daemon, *common, *options], None, Server(admin)) as server:
            yield server


@contextmanager
def postgresql() -> Iterator[Server]:
    """Run a PostgreSQL; as it refuses root, as its own user then.

    Its locale sorts as people do: so that a test sees where that would matter.
    """
    init, daemon = _program("initdb"), _program("postgres")
    user = pwd.getpwuid(os.getuid())
    if user.pw_uid == 0:
        user = pwd.getpwnam("postgres")
    with _directory(user) as home:
        data = home / "data"
        locale = ["--locale-provider=icu", "--icu-locale=en", "--locale=C.UTF-8"]
        options = ["--no-sync", "--auth=trust", "--encoding=UTF8", *locale]
        _run([init, f"--pgdata={data}", "--username=tricircle", *options], user)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(home),
            "fsync": "off",
            "shared_buffers": "32MB",
            "max_connections": "200",
            "deadlock_timeout": "200ms",
        }
        command = [daemon, "-D", str(data)]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        admin = URL.create(
            "postgresql+psycopg",
            "tricircle",
            database="postgres",
            query={"host": str(home)},
        )
        with _running(command, user, Server(admin)) as server:
            yield server


def _program(name: str) -> str:
    """Find a program of a server; Debian keeps PostgreSQL's out of the path."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", *map(str, places)])
    found = shutil.which(name, path=path)
    if found is None:
        raise RuntimeError(
            f"{name} is not installed: these tests need the Debian packages"
            " mariadb-server and postgresql"
        )
    return found


@contextmanager
def _directory(user: pwd.struct_passwd) -> Iterator[Path]:
    # Not pytest's: the path of a socket must be short, and PostgreSQL's user reach it.
    home = Path(tempfile.mkdtemp(prefix="tricircle-"))
    os.chown(home, user.pw_uid, user.pw_gid)
    try:
        yield home
    finally:
        shutil.rmtree(home)


def _as(user: pwd.struct_passwd | None) -> list[str]:
    command = ["setpriv", "--pdeathsig=KILL"]
    if user is not None and user.pw_uid != os.getuid():
        command += [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
        command += ["--clear-groups"]
    return command


def _run(command: list[str], user: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        [*_as(user), *command], cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _running(
    command: list[str], user: pwd.struct_passwd | None, server: Server
) -> Iterator[Server]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*_as(user), *command], cwd="/", stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, server)
            yield server
        except RuntimeError as error:
            log.seek(0)
            error.add_note(log.read().decode(errors="replace")[-4000:])
            raise
        finally:
            # PostgreSQL waits for its clients to leave on SIGTERM, but not on SIGINT.
            process.send_signal(2 if user else 15)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: "subprocess.Popen[bytes]", server: Server) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            server.execute("SELECT 1")
        except OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the server does not start") from None
            time.sleep(0.05)
        else:
            return
