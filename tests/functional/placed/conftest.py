# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A central region and two pods, and what jobs do about them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from oslo_config import cfg
from sqlalchemy import delete, select, update

from tests.functional.placed.cloud import PlainWire, Pod
from tricircle.conf import placed as placed_conf
from tricircle.db.engine import Database
from tricircle.db.models import Job, Route, RouteState
from tricircle.jobs.errors import LeaseLost
from tricircle.jobs.kinds import Context, Handler, Wish
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Again, Retry, Wait
from tricircle.placed.handlers import PlacedRouteHandler, ServerPortHandler
from tricircle.pods import registry, routing
from tricircle.pods.server_ports import MADE, Promise

_OLD = timedelta(hours=1)


@dataclass
class _Lease:
    """Holds until so many effects were asked for."""

    effects: int = 1000

    def check(self) -> None:
        if not self.effects:
            raise LeaseLost("the worker was killed")
        self.effects -= 1


@dataclass
class World:
    """The regions, what Tricircle knows of them, and its jobs."""

    database: Database
    wire: PlainWire = field(default_factory=PlainWire)

    def __post_init__(self) -> None:
        self.central = Pod(self.wire, "RegionOne")
        self.pods = [Pod(self.wire, "Pod1"), Pod(self.wire, "Pod2")]
        with self.database.write() as session:
            registry.create(session, name="RegionOne")
            self.ids = [
                registry.create(session, name=f"Pod{n}", az_name=f"az{n}").id
                for n in (1, 2)
            ]
        conf = cfg.ConfigOpts()
        placed_conf.register_opts(conf)
        self.context = Context(conf, self.database)
        self.handlers: dict[str, Handler] = {
            "placed_route": PlacedRouteHandler(lambda conf: self.wire.open()),
            "server_port": ServerPortHandler(lambda conf: self.wire.open()),
        }

    # What was there before.

    def intent(self, type_: str = "server", age: timedelta = _OLD) -> str:
        """A create that a gateway began; its route's id."""
        with self.database.write() as session:
            route = routing.intend(
                session,
                resource_type=type_,
                pod_id=self.ids[0],
                project_id="P",
                request_id="req-1",
                is_sole=True,
            )
        self.age(route.id, age)
        return route.id

    def route(
        self,
        resource_id: str,
        type_: str = "server",
        state: RouteState = RouteState.ACTIVE,
        age: timedelta = _OLD,
    ) -> str:
        """A route to the first pod; its id."""
        with self.database.write() as session:
            made = routing.learn(
                session,
                resource_type=type_,
                resource_id=resource_id,
                pod_id=self.ids[0],
                project_id="P",
                is_sole=True,
            )
            routing.update(session, made.id, state=state)
        self.age(made.id, age)
        return made.id

    def age(self, route_id: str, age: timedelta) -> None:
        """Do what the passing of time does."""
        then = datetime.now(UTC) - age
        aged = update(Route).where(Route.id == route_id)
        with self.database.write() as session:
            session.execute(aged.values(created_at=then, updated_at=then))

    def port(
        self, id_: str, device_id: str, *, made: bool = True, user: str | None = ""
    ) -> None:
        """A central port; with ``user`` (a server or nobody) it is in the pod, too."""
        tags = [MADE] if made else []
        self.central.neutron.add(id_, device_id=device_id, tags=tags)
        if user is None:
            return
        self.pods[0].neutron.add(f"{id_}-there", device_id=user)
        with self.database.write() as session:
            routing.learn(
                session,
                resource_type="port",
                resource_id=id_,
                pod_id=self.ids[0],
                project_id="P",
                pod_resource_id=f"{id_}-there",
            )

    def promised(
        self, id_: str, intent: str, *, made: bool = True, user: str | None = ""
    ) -> None:
        """A port that waits for the server of an intent."""
        self.port(id_, str(Promise(intent, made)), made=made, user=user)

    def unrecord(self, port_id: str, network: str, with_route: bool) -> None:
        """Have nobody know the port's replica; its network's is known."""
        unknown = update(Route).where(Route.resource_id == port_id)
        with self.database.write() as session:
            session.execute(unknown.values(pod_resource_id=None, state="pending"))
            if not with_route:
                routing.forget(session, "port", port_id)
            routing.learn(
                session,
                resource_type="network",
                resource_id="N",
                pod_id=self.ids[0],
                project_id="P",
                pod_resource_id=network,
            )

    # What is done about it.

    def audit(self, kind: str) -> list[Wish]:
        return list(self.handlers[kind].audit(self.context))

    def run(
        self, kind: str, resource_id: str, effects: int = 1000, attempts: int = 0
    ) -> str:
        """Run a job; what it waits for, if it does."""
        job = Job(kind=kind, resource_id=resource_id, attempts=attempts)
        lease = cast("Lease", _Lease(effects))
        try:
            self.handlers[kind].reconcile(job, lease, self.context)
        except Again as outcome:
            return f"again in {outcome.after:.0f} s"
        except (Retry, Wait) as outcome:
            return str(outcome)
        return ""

    def work(self) -> list[str]:
        """Run what the audits wish for; what jobs wait for."""
        wishes = [wish for kind in self.handlers for wish in self.audit(kind)]
        reasons = [self.run(wish.kind, wish.resource_id) for wish in wishes]
        return [reason for reason in reasons if reason]

    # What came of it.

    def routes(self, type_: str = "server") -> dict[str | None, str]:
        """The states of routes by what they lead to."""
        with self.database.read() as session:
            found = routing.routes(session, resource_type=type_)
        return {route.resource_id: route.state for route in found}

    def devices(self) -> dict[str, str]:
        """What the central ports say."""
        ports = self.central.neutron.ports
        return {id_: port["device_id"] for id_, port in ports.items()}

    def forget_jobs(self) -> set[tuple[str, str]]:
        """The jobs that others were wished for, which are taken away."""
        with self.database.write() as session:
            jobs = {(job.kind, job.resource_id) for job in session.scalars(select(Job))}
            session.execute(delete(Job))
        return jobs


@pytest.fixture
def world(database: Database) -> World:
    """Two pods that answer."""
    return World(database)
