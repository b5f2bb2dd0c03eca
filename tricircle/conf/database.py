# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``[database]``: where Tricircle keeps pods, bindings, routes and jobs."""

from oslo_config import cfg

GROUP = "database"

OPTS = [
    # No URIOpt: what it says of a wrong one contains the password.
    cfg.StrOpt(
        "connection",
        required=True,
        secret=True,
        sample_default="mysql://tricircle:PASSWORD@127.0.0.1/tricircle",
        help="The database, as a URL of SQLAlchemy. MariaDB, MySQL and PostgreSQL are"
        " for production; sqlite:////path/of/a/file is for tests.",
    ),
    cfg.IntOpt(
        "max_pool_size",
        default=10,
        min=1,
        help="Connections that a process keeps open.",
    ),
    cfg.IntOpt(
        "max_overflow",
        default=20,
        min=0,
        help="Connections that a process may open beyond max_pool_size for a moment.",
    ),
    cfg.IntOpt(
        "pool_timeout",
        default=10,
        min=1,
        help="Seconds to wait for a free connection when all are in use.",
    ),
    cfg.IntOpt(
        "connection_recycle_time",
        default=3600,
        min=1,
        help="Seconds after which a connection is replaced. Keep it below the time"
        " after which the server, or a proxy before it, closes an idle connection.",
    ),
    cfg.IntOpt(
        "connect_timeout",
        default=5,
        min=1,
        help="Seconds to wait for the server to accept a connection.",
    ),
    cfg.IntOpt(
        "lock_timeout",
        default=10,
        min=1,
        help="Seconds to wait for a row, or for the SQLite file, that another"
        " transaction holds.",
    ),
    cfg.FloatOpt(
        "retry_time",
        default=15.0,
        min=0.0,
        help="Seconds during which a transaction is tried again after a deadlock or"
        " a lost connection.",
    ),
]


def register_opts(conf: cfg.ConfigOpts, group: str = GROUP) -> None:
    """Register the section on ``conf``.

    ``group`` is another name for it, for a process where ``[database]`` is already
    taken by someone else's database.
    """
    conf.register_opts(OPTS, group=group)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the section, for the sample configuration."""
    return [(GROUP, OPTS)]
