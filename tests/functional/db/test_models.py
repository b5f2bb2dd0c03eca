# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the tables themselves guarantee, whatever the code does."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from tricircle.db.engine import Database
from tricircle.db.models import Base, Binding, Job, Pod, Route, RouteState

Make = Callable[[str], list[Base]]


def binding(pod_id: str, **fields: object) -> Binding:
    return Binding(**{"project_id": "p", "az_name": "az1", "pod_id": pod_id} | fields)


def route(pod_id: str, **fields: object) -> Route:
    facts = {"resource_type": "server", "resource_id": "s1", "project_id": "p"}
    return Route(**facts | {"pod_id": pod_id} | fields)


def job(pod_id: str | None, **fields: object) -> Job:
    facts = {"kind": "network", "resource_id": "n1", "project_id": "p"}
    return Job(**facts | {"pod_id": pod_id} | fields)


def write(database: Database, rows: list[Base]) -> None:
    with database.write() as session:
        session.add_all(rows)


REFUSED: dict[str, Make] = {
    "two central regions": lambda _: [
        Pod(name="R1", is_central=True),
        Pod(name="R2", is_central=True),
    ],
    "two pods of a name": lambda _: [Pod(name="Pod1", az_name="az1")],
    "a central region with a zone": lambda _: [
        Pod(name="R1", az_name="az1", is_central=True)
    ],
    "a pod without a zone": lambda _: [Pod(name="P9")],
    "a pod that is not central": lambda _: [
        Pod(name="P9", az_name="az1", is_central=False)
    ],
    "a pod in no known state": lambda _: [Pod(name="P9", az_name="az1", state="tired")],
    "two current bindings": lambda pod: [
        binding(pod, is_current=True),
        binding(pod, is_current=True),
    ],
    "a binding that is not current": lambda pod: [binding(pod, is_current=False)],
    "a binding twice": lambda pod: [binding(pod), binding(pod)],
    "a binding to nothing": lambda _: [binding("nothing")],
    "a route twice": lambda pod: [route(pod), route(pod)],
    "two ids of one resource": lambda pod: [
        route(pod, pod_resource_id="x"),
        route(pod, pod_resource_id="x", resource_id="s2"),
    ],
    "a route without an id": lambda pod: [route(pod, resource_id=None)],
    "a route in no known state": lambda pod: [route(pod, state="lost")],
    "a route to nothing": lambda _: [route("nothing")],
    "a job twice": lambda pod: [job(pod), job(pod)],
    "a job of all pods twice": lambda _: [job(None), job(None)],
    "a job of another scope": lambda pod: [job(pod, scope="")],
    "a job that reached too much": lambda pod: [job(pod, wanted=1, reached=2)],
    "a job in no known state": lambda pod: [job(pod, state="asleep")],
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_tables_refuse(name: str, database: Database, pods: list[Pod]) -> None:
    rows = REFUSED[name](pods[0].id)
    # MariaDB's driver calls a failed check an OperationalError.
    with pytest.raises(DBAPIError, match=r"(?i)constraint|duplicate"):
        write(database, rows)


def test_the_tables_take_the_rest(database: Database, pods: list[Pod]) -> None:
    one, two = pods[0].id, pods[1].id
    with database.write() as session:
        session.add(Pod(name="RegionOne", is_central=True))
        session.add_all([binding(one, is_current=True), binding(two)])
        session.add_all([route(one), route(two)])
        pending = {"resource_id": None, "state": RouteState.PENDING, "is_sole": True}
        session.add_all([route(one, **pending), route(one, **pending)])
        session.add_all([job(None), job(one), job(two)])


def test_a_sole_resource_is_in_one_pod(database: Database, pods: list[Pod]) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add_all([route(pod.id, is_sole=True) for pod in pods])


def test_names_differ_by_case_and_sort_by_code_points(database: Database) -> None:
    names = ["pod1", "Pod2", "Pod1", "pöd", "Zod", "_", "pod-1", "pod 2"]
    with database.write() as session:
        session.add_all([Pod(name=name, az_name="az1") for name in names])
    with database.read() as session:
        found = list(session.scalars(select(Pod.name).order_by(Pod.name)))
    assert found == sorted(names)


def test_text_of_any_script_survives(database: Database) -> None:
    with database.write() as session:
        session.add(Pod(name="Zürich 山 🏔", az_name="az1", capabilities={"山": ["🏔"]}))
    with database.read() as session:
        pod = session.scalars(select(Pod)).one()
    assert (pod.name, pod.capabilities) == ("Zürich 山 🏔", {"山": ["🏔"]})


def test_a_moment_survives_to_the_microsecond(database: Database) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, timezone(timedelta(hours=5)))
    with database.write() as session:
        session.add(Pod(name="Pod1", az_name="az1", created_at=moment))
    with database.read() as session:
        pod = session.scalars(select(Pod)).one()
    assert pod.created_at == moment
    assert pod.created_at.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    pod = Pod(name="P", az_name="a", created_at=datetime(2026, 1, 2))
    with pytest.raises(StatementError, match="no time zone"), database.write() as it:
        it.add(pod)


def test_a_job_vanishes_with_its_pod(database: Database, pods: list[Pod]) -> None:
    with database.write() as session:
        session.add_all([job(pods[0].id), job(pods[1].id)])
    with database.write() as session:
        session.delete(session.get_one(Pod, pods[0].id))
    with database.read() as session:
        assert [one.pod_id for one in session.scalars(select(Job))] == [pods[1].id]
