# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the stories begin with: gabbi's fixtures, one service for each story."""

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from gabbi.fixture import GabbiFixture
from sqlalchemy.orm import Session

from tests.functional.admin.service import Service, running
from tricircle.db.models import PodState
from tricircle.jobs import queue
from tricircle.pods import binding, registry, routing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_current: list[Service] = []


def app() -> "WSGIApplication":
    """Return the service of the story that is told; gabbi asks before it tells any."""

    def told(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        return _current[-1].app(environ, start_response)

    return told


class Empty(GabbiFixture):  # type: ignore[misc] # gabbi has no types
    """Nothing was ever made."""

    def start_fixture(self) -> None:
        self.stack = ExitStack()
        service = self.stack.enter_context(running())
        _current.append(service)
        with service.database.write() as session:
            self.fill(session)

    def fill(self, session: Session) -> None:
        """Write what the story needs."""

    def stop_fixture(self) -> None:
        _current.pop()
        self.stack.close()


class Pods(Empty):
    """The central region and two pods in az1, with known ids."""

    def fill(self, session: Session) -> None:
        registry.create(
            session, name="RegionOne", pod_id=f"{0:08}-0000-4000-8000-{0:012}"
        )
        for number in (1, 2):
            registry.create(
                session,
                name=f"Pod{number}",
                az_name="az1",
                aggregate_id=number,
                pod_id=f"{number:08}-0000-4000-8000-{0:012}",
            )


class Unsettled(Pods):
    """The same; whoever made Pod1, and whoever deleted Pod2, died over it."""

    def fill(self, session: Session) -> None:
        super().fill(session)
        for name, state in (("Pod1", PodState.JOINING), ("Pod2", PodState.LEAVING)):
            pod = registry.by_name(session, name)
            pod.state, pod.aggregate_id = state, None


class Used(Pods):
    """The same, with things in Pod1."""

    def fill(self, session: Session) -> None:
        super().fill(session)
        pod = registry.by_name(session, "Pod1")
        binding.bind(session, "project1", pod.id)
        for number in range(3):
            routing.learn(
                session,
                resource_type="server",
                resource_id=f"server{number}",
                pod_id=pod.id,
                project_id="project1",
                is_sole=True,
            )
            queue.enqueue(session, "network", f"net{number}", pod.id, "project1")
        routing.intend(
            session, resource_type="volume", pod_id=pod.id, project_id="project1"
        )
