# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a route leads to: a function, and what it takes and answers, as data."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from oslo_context.context import RequestContext

from tricircle.admin.schemas.common import Schema
from tricircle.db.engine import Database
from tricircle.jobs.nudge import Nudger
from tricircle.pods.membership import Membership


@dataclass(frozen=True)
class Services:
    """What handlers work with: the same object for all calls."""

    database: Database
    membership: Membership
    nudger: Nudger
    max_limit: int


@dataclass(frozen=True)
class Call:
    """A call that was checked: it may be made, and says what it may say.

    ``ids`` are from the path, ``query`` and ``body`` as their schemas have it; ``url``
    is where the API begins for this client, without a slash at the end, and ``path``
    what follows. ``context`` is who calls.
    """

    url: str
    path: str
    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    context: RequestContext | None = None


@dataclass(frozen=True)
class Reply:
    """What is answered; ``body`` None: nothing."""

    body: Mapping[str, Any] | None = None
    location: str | None = None


Run = Callable[[Services, Call], Reply]


@dataclass(frozen=True)
class Operation:
    """A function of the API.

    ``policy`` is the rule that guards it; None: everyone may. ``body`` is the schema
    of what it takes (None: nothing), ``query`` those of its parameters, ``answer``
    that of what it answers with ``status``. ``refusals`` are the statuses, beside the
    usual ones, that it may refuse with.
    """

    run: Run
    policy: str | None
    status: HTTPStatus
    answer: Schema | None
    body: Schema | None
    query: Mapping[str, Schema]
    refusals: tuple[HTTPStatus, ...]

    @property
    def summary(self) -> str:
        """What it does, in a sentence: the first of its docstring."""
        return (inspect.getdoc(self.run) or "").partition("\n\n")[0]


def operation(
    policy: str | None,
    status: HTTPStatus,
    answer: Schema | None = None,
    *,
    body: Schema | None = None,
    query: Mapping[str, Schema] | None = None,
    refusals: tuple[HTTPStatus, ...] = (),
) -> Callable[[Run], Operation]:
    """Make a function an operation of the API; see there for the arguments."""

    def make(run: Run) -> Operation:
        return Operation(run, policy, status, answer, body, query or {}, refusals)

    return make
