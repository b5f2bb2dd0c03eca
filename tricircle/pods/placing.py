# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Choosing a pod for a project, and binding the project to it.

What the scheduler decides is made true here. Deciding takes no lock: if someone else
bound the project meanwhile, the decision is made again, knowing that.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.models import Binding
from tricircle.pods import binding, registry
from tricircle.pods.decision import Decision, Effect
from tricircle.pods.errors import Conflict, NoValidPod, PodClosed
from tricircle.pods.request import Request
from tricircle.pods.scheduler import Scheduler
from tricircle.pods.view import Capacity, PodView

#: How often one can lose a race before something else must be wrong.
_RACES = 5


def explain(
    database: Database,
    scheduler: Scheduler,
    request: Request,
    capacities: Mapping[str, Capacity] | None = None,
) -> Decision:
    """Say where ``request`` would go now, and why; change nothing.

    ``capacities`` are by pod id; an absent one is unknown.
    """
    known = capacities or {}

    def look(session: Session) -> tuple[list[PodView], Sequence[Binding]]:
        counts = binding.projects(session)
        views = [
            PodView.of(pod, counts.get(pod.id, 0), known.get(pod.id))
            for pod in registry.pods(session, with_central=False)
        ]
        return views, binding.bindings(session, project_id=request.project_id)

    views, bindings = database.retried_read(look)
    return scheduler.decide(request, views, bindings)


def place(
    database: Database,
    scheduler: Scheduler,
    request: Request,
    capacities: Mapping[str, Capacity] | None = None,
) -> Decision:
    """Choose a pod for ``request`` and bind its project as that needs.

    ``chosen`` of the decision is never None: NoValidPod is raised instead. Conflict
    if others keep changing the project's bindings.
    """
    for _ in range(_RACES):
        decision = explain(database, scheduler, request, capacities)
        if decision.chosen is None:
            raise NoValidPod(decision)
        if decision.effect is Effect.KEEP or _holds(database, decision):
            return decision
    raise Conflict(
        f"others keep changing the bindings of project {request.project_id}; try again"
    )


def _holds(database: Database, decision: Decision) -> bool:
    """Make the binding that ``decision`` needs; False if things changed meanwhile."""
    chosen, project_id = decision.chosen, decision.request.project_id
    if chosen is None:
        return False

    def act(session: Session) -> Binding:
        if decision.effect is Effect.ADD:
            return binding.add(session, project_id, chosen.id)
        if decision.effect is Effect.MOVE:
            return binding.rebind(session, project_id, chosen.id, decision.leaves)
        return binding.bind(session, project_id, chosen.id)

    try:
        return database.retried(act).pod_id == chosen.id
    except PodClosed:
        return False  # cordoned since we looked
