# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What an engine is made of, and how long it tries again."""

from pathlib import Path

import pytest
from oslo_config import cfg
from sqlalchemy.orm import Session

from tricircle.conf import database as database_conf
from tricircle.db.engine import Database, from_conf
from tricircle.db.errors import DatabaseUnavailable, DatabaseUnusable


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("mysql://u:secret@h/d", "mysql+pymysql"),
        ("mariadb://u@h/d", "mysql+pymysql"),
        ("mariadb+pymysql://u@h/d", "mysql+pymysql"),
        ("postgresql://u@h/d", "postgresql+psycopg"),
        ("sqlite:////d", "sqlite"),
    ],
)
def test_a_url_gets_a_driver(url: str, driver: str) -> None:
    assert Database(url).engine.url.drivername == driver


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("my secret host", "is no URL"),
        ("oracle://u:secret@h/d", "names oracle"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
    ],
)
def test_another_url_is_refused_without_repeating_it(url: str, says: str) -> None:
    with pytest.raises(DatabaseUnusable, match=says) as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_trying_again_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pauses: list[float] = []
    database = Database(f"sqlite:///{tmp_path}/d", retry_time=0.5, pause=pauses.append)
    tries = 0

    def work(session: Session) -> None:
        nonlocal tries
        tries += 1
        raise DatabaseUnavailable("again")

    with pytest.raises(DatabaseUnavailable, match="again"):
        database.retried(work)
    assert tries == len(pauses) + 1 > 3
    assert all(0 <= pause <= 1 for pause in pauses)
    assert "again" in caplog.text


def test_only_what_may_pass_is_tried_again(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/d")
    tries = 0

    def work(session: Session) -> None:
        nonlocal tries
        tries += 1
        raise KeyError

    with pytest.raises(KeyError):
        database.retried(work)
    assert tries == 1


def test_the_configuration_names_the_database(tmp_path: Path) -> None:
    conf = cfg.ConfigOpts()
    database_conf.register_opts(conf, group="tricircle_database")
    conf.set_override("connection", f"sqlite:///{tmp_path}/d", "tricircle_database")
    conf([])
    database = from_conf(conf, "tricircle_database")
    assert database.engine.url.database == f"{tmp_path}/d"
