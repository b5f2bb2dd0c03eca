# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A route: the record that a resource lives in a pod."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tricircle.db.models.base import (
    MYSQL_TABLE,
    Base,
    Instant,
    identity,
    new_id,
    now,
    one_of,
    text,
)


class RouteState(StrEnum):
    """How sure a route is."""

    PENDING = "pending"
    """An intent: a create is on its way to the pod, and may or may not arrive."""

    ACTIVE = "active"
    """The resource was seen in the pod."""

    DELETING = "deleting"
    """The resource is being deleted in the pod; the route still leads to it."""


class Route(Base):
    """Resource ``resource_id`` lives in pod ``pod_id``, there as ``pod_resource_id``.

    ``resource_id`` is the id that users see. A placed resource (a server) gets it
    from its pod, so that it is unknown while the create is pending. ``request_id``
    is the global request id of the intent. ``is_sole`` is TRUE for what lives in one
    pod only (a server, a network of a type local to its pod) and NULL for what may
    have a replica in each pod: the unique key over it refuses a second pod.
    ``details`` is what the kind of resource has to remember (the ports made for a
    pending server); replace it as a whole, a change inside it is not noticed.
    ``revision`` is the central revision that was last realised.
    """

    __tablename__ = "routes"
    __table_args__ = (
        UniqueConstraint("resource_type", "resource_id", "pod_id"),
        UniqueConstraint("resource_type", "resource_id", "is_sole"),
        UniqueConstraint("resource_type", "pod_id", "pod_resource_id"),
        CheckConstraint("is_sole = TRUE", name="is_sole"),
        CheckConstraint(
            "resource_id IS NOT NULL OR state = 'pending'", name="only_intents_lack_id"
        ),
        one_of("state", RouteState),
        Index(None, "project_id", "resource_type", "created_at"),
        Index(None, "state", "created_at"),
        Index(None, "pod_id"),
        MYSQL_TABLE,
    )

    id: Mapped[str] = mapped_column(identity(), primary_key=True, default=new_id)
    resource_type: Mapped[str] = mapped_column(text(32))
    resource_id: Mapped[str | None] = mapped_column(text(64))
    pod_id: Mapped[str] = mapped_column(
        identity(), ForeignKey("pods.id", ondelete="RESTRICT")
    )
    pod_resource_id: Mapped[str | None] = mapped_column(text(64))
    project_id: Mapped[str] = mapped_column(text(64))
    is_sole: Mapped[bool | None]
    state: Mapped[str] = mapped_column(text(16), default=RouteState.ACTIVE)
    request_id: Mapped[str | None] = mapped_column(text(64))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    revision: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=now, onupdate=now)
