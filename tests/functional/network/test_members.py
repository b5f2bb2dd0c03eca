# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Members of groups, of which there may be many, on each database."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import insert, select

from tricircle.db.engine import Database
from tricircle.db.models import Job, Pod, Route, RouteState
from tricircle.network import members
from tricircle.pods import routing

GROUP, OTHER = "group-1", "group-2"


def port(number: int, *groups: str) -> dict[str, Any]:
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return {"security_groups": groups, "fixed_ips": [{"ip_address": address}]}


def realise(database: Database, pod: Pod, ports: Iterable[dict[str, Any]]) -> None:
    """Write the routes of ports; each is of the project that its number ends with."""
    rows = [
        {
            "resource_type": "port",
            "resource_id": f"{pod.name}-{number}",
            "pod_resource_id": f"{pod.name}-{number}",
            "pod_id": pod.id,
            "project_id": f"project-{number % 2}",
            "state": RouteState.ACTIVE,
            "details": members.remembered(one),
        }
        for number, one in enumerate(ports)
    ]
    with database.write() as session:
        session.execute(insert(Route), rows)


def test_members_elsewhere_are_found(database: Database, pods: list[Pod]) -> None:
    realise(database, pods[0], [port(1, GROUP), port(2, GROUP)])
    realise(database, pods[1], [port(3, GROUP), port(4, GROUP, OTHER), port(5, OTHER)])
    with database.read() as session:
        found = members.elsewhere(session, GROUP, pods[0].id)
        assert found.addresses == {"10.0.0.3/32", "10.0.0.4/32"}
        assert found.projects == {"project-0", "project-1"}
        found = members.elsewhere(session, GROUP, pods[0].id, ["project-1"])
        assert found.addresses == {"10.0.0.4/32"}
        assert members.elsewhere(session, "group", pods[0].id) == members.Members()


@pytest.mark.parametrize("state", [RouteState.PENDING, RouteState.DELETING])
def test_who_is_not_there_yet_or_any_more_is_no_member(
    database: Database, pods: list[Pod], state: RouteState
) -> None:
    realise(database, pods[1], [port(1, GROUP)])
    with database.write() as session:
        (route,) = routing.find(session, "port", "Pod2-0")
        routing.update(session, route.id, state=state)
    with database.read() as session:
        assert not members.elsewhere(session, GROUP, pods[0].id).addresses


def test_many_who_wish_at_once_wish_one_job_a_pod(
    database: Database, pods: list[Pod]
) -> None:
    with database.write() as session:
        for pod in pods:
            for group in (GROUP, OTHER):
                routing.learn(
                    session,
                    resource_type=members.KIND,
                    resource_id=group,
                    pod_id=pod.id,
                    project_id="project-0",
                    pod_resource_id=f"{group} in {pod.name}",
                    details={members.PROJECTS: ["project-0"]},
                )

    def wish(number: int) -> None:
        groups = (GROUP, OTHER) if number % 2 else (OTHER, GROUP)
        project = f"project-{number}"
        database.retried(
            lambda session: members.wish(session, groups, pods[0].id, project)
        )

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(wish, range(10)))
    with database.read() as session:
        jobs = session.scalars(select(Job)).all()
        assert sorted((job.resource_id, job.scope) for job in jobs) == sorted(
            (group, pod.id) for group in (GROUP, OTHER) for pod in pods[1:]
        )
        for route in routing.find_many(session, members.KIND, [GROUP, OTHER]):
            known = set(route.details[members.PROJECTS])
            everyone = {f"project-{number}" for number in range(10)}
            assert known == ({"project-0"} if route.pod_id == pods[0].id else everyone)
