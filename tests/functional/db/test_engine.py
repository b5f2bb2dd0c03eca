# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Deadlocks, lost connections and locks: the transaction happens all the same."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.functional.db.servers import Server
from tricircle.db.engine import Database
from tricircle.db.errors import DatabaseUnavailable
from tricircle.db.models import Pod

CONNECTION = {
    "mariadb": "SELECT CONNECTION_ID()",
    "postgresql": "SELECT pg_backend_pid()",
}
KILL = {
    "mariadb": "KILL CONNECTION {}",
    "postgresql": "SELECT pg_terminate_backend({}, 5000)",
}


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Pod.name).order_by(Pod.name)))


ON_SERVERS = pytest.mark.parametrize(
    "backend", ["mariadb", "postgresql"], indirect=True, scope="session"
)


@pytest.fixture
def kill(backend: str, server_of: Callable[[str], Server]) -> Callable[[object], None]:
    """Kill a connection, by its number, from the server's side."""

    def act(number: object) -> None:
        server_of(backend).execute(KILL[backend].format(number))

    return act


@pytest.fixture
def number_of(backend: str) -> Callable[[Session], object]:
    """The number of a session's connection."""
    return lambda session: session.scalar(text(CONNECTION[backend]))


@ON_SERVERS
def test_a_killed_connection_is_replaced(
    database: Database,
    kill: Callable[[object], None],
    number_of: Callable[[Session], object],
) -> None:
    tries = []

    def work(session: Session) -> None:
        tries.append(session)
        session.add(Pod(name="Pod1", az_name="az1"))
        session.flush()
        if len(tries) == 1:
            kill(number_of(session))
        session.add(Pod(name="Pod2", az_name="az1"))

    database.retried(work)
    assert len(tries) == 2
    assert names(database) == ["Pod1", "Pod2"]


@ON_SERVERS
def test_a_connection_killed_in_the_pool_is_not_noticed(
    database: Database,
    kill: Callable[[object], None],
    number_of: Callable[[Session], object],
) -> None:
    with database.read() as session:
        number = number_of(session)
    kill(number)
    with database.write() as session:
        session.add(Pod(name="Pod1", az_name="az1"))
    assert names(database) == ["Pod1"]


@ON_SERVERS
def test_without_retrying_a_killed_connection_is_unavailable(
    database: Database,
    kill: Callable[[object], None],
    number_of: Callable[[Session], object],
) -> None:
    def work() -> None:
        with database.write() as session:
            session.add(Pod(name="Pod1", az_name="az1"))
            kill(number_of(session))

    with pytest.raises(DatabaseUnavailable):
        work()
    assert names(database) == []


@ON_SERVERS
def test_both_sides_of_a_deadlock_succeed(database: Database, pods: list[Pod]) -> None:
    tries = []
    both_hold_one = threading.Barrier(2)

    def cross(first: str, second: str) -> None:
        def work(session: Session) -> None:
            tries.append(first)
            for pod_id in (first, second):
                pod = session.get_one(Pod, pod_id, with_for_update=True)
                pod.dc_name += "x"
                session.flush()
                if pod_id == first and tries.count(first) == 1:
                    both_hold_one.wait(10)

        database.retried(work)

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(cross, pods[0].id, pods[1].id)
        two = pool.submit(cross, pods[1].id, pods[0].id)
        one.result()
        two.result()
    assert len(tries) > 2  # there was a deadlock
    with database.read() as session:
        assert [session.get_one(Pod, pod.id).dc_name for pod in pods[:2]] == ["xx"] * 2


@ON_SERVERS
def test_a_deadlock_in_a_savepoint_is_retried_too(
    database: Database, pods: list[Pod]
) -> None:
    # MariaDB then rolls back all, and the savepoint is not there to roll back to.
    tries = []
    both_hold_one = threading.Barrier(2)

    def cross(first: str, second: str) -> None:
        def work(session: Session) -> None:
            tries.append(first)
            session.get_one(Pod, first, with_for_update=True)
            if tries.count(first) == 1:
                both_hold_one.wait(10)
            with session.begin_nested():
                session.get_one(Pod, second, with_for_update=True).dc_name += "x"

        database.retried(work)

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(cross, pods[0].id, pods[1].id)
        two = pool.submit(cross, pods[1].id, pods[0].id)
        one.result()
        two.result()
    assert len(tries) > 2


def test_a_lock_that_is_held_too_long_is_waited_for_again(
    url: str, database: Database, pods: list[Pod]
) -> None:
    has_lock, failed_once = threading.Event(), threading.Event()

    def hold() -> None:
        with database.write() as session:
            session.get_one(Pod, pods[0].id, with_for_update=True).dc_name = "held"
            session.flush()
            has_lock.set()
            assert failed_once.wait(20)

    def pause(_: float) -> None:
        failed_once.set()
        holder.result()

    impatient = Database(url, lock_timeout=1, retry_time=30, pause=pause)
    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        assert has_lock.wait(20)

        def work(session: Session) -> str:
            pod = session.get_one(Pod, pods[0].id, with_for_update=True)
            before, pod.dc_name = pod.dc_name, "taken"
            return before

        assert impatient.retried(work) == "held"
    assert failed_once.is_set()
    impatient.dispose()


def test_twenty_who_write_at_once_wait_for_each_other(
    database: Database, pods: list[Pod]
) -> None:
    gate = threading.Barrier(20)

    def add(_: int) -> None:
        gate.wait(30)
        with database.write() as session:  # not retried
            session.get_one(Pod, pods[0].id, with_for_update=True).dc_name += "x"

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(add, range(20)))
    with database.read() as session:
        assert session.get_one(Pod, pods[0].id).dc_name == "x" * 20


def test_what_fails_is_dropped_as_a_whole(database: Database) -> None:
    def work() -> None:
        with database.write() as session:
            session.add(Pod(name="Pod1", az_name="az1"))
            session.flush()
            session.add(Pod(name="Pod1", az_name="az1"))

    with pytest.raises(IntegrityError):
        work()
    assert names(database) == []


def test_reading_changes_nothing(database: Database) -> None:
    with database.read() as session:
        session.add(Pod(name="Pod1", az_name="az1"))
        session.flush()
    assert names(database) == []


def test_a_server_that_is_not_there_is_unavailable() -> None:
    nobody = Database("postgresql://t@127.0.0.1:1/t", retry_time=0)
    with pytest.raises(DatabaseUnavailable), nobody.read() as session:
        session.execute(text("SELECT 1"))
    nobody = Database("mysql://t@127.0.0.1:1/t", retry_time=0)
    with pytest.raises(DatabaseUnavailable), nobody.read() as session:
        session.execute(text("SELECT 1"))
