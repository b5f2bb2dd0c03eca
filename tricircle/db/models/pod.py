# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A pod: one stock OpenStack behind Tricircle, or the central region itself."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
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


class PodState(StrEnum):
    """Whether a pod takes new resources."""

    JOINING = "joining"
    """The pod is being made: it takes nothing yet, and becomes active by itself."""

    ACTIVE = "active"
    """The scheduler may choose the pod."""

    CORDONED = "cordoned"
    """The pod serves what it has, and takes nothing new."""

    LEAVING = "leaving"
    """The pod is being deleted: it takes nothing, and vanishes by itself."""


class Health(StrEnum):
    """Whether a pod's services answer."""

    UP = "up"
    """Each of them does."""

    DEGRADED = "degraded"
    """Some do not."""

    DOWN = "down"
    """None does."""


class Pod(Base):
    """A region of Keystone that Tricircle knows.

    ``name`` is the Keystone region's. The central region is the one row without an
    ``az_name``. ``pod_az_name`` is the pod's own name for the zone, or empty if it
    is to choose by itself. ``aggregate_id`` is the aggregate in the central Nova
    that shows the zone to users. ``capabilities`` is what probing recorded of the
    pod's services; replace it as a whole, a change inside it is not noticed.

    ``health``, ``health_since`` and ``services``, which has the same of each service,
    are what ``tricircle.pods.health`` made of the probes until ``checked_at``.
    ``updated_at`` does not tell of them.
    """

    __tablename__ = "pods"
    __table_args__ = (
        UniqueConstraint("name"),
        UniqueConstraint("is_central"),
        # NULL passes: a pod is never "not central", so that TRUE stays unique.
        CheckConstraint("is_central = TRUE", name="is_central"),
        CheckConstraint(
            "(is_central IS NULL AND az_name IS NOT NULL)"
            " OR (is_central IS NOT NULL AND az_name IS NULL)",
            name="central_has_no_az",
        ),
        one_of("state", PodState),
        one_of("health", Health),
        MYSQL_TABLE,
    )

    id: Mapped[str] = mapped_column(identity(), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(text(255))
    az_name: Mapped[str | None] = mapped_column(text(255))
    pod_az_name: Mapped[str] = mapped_column(text(255), default="")
    dc_name: Mapped[str] = mapped_column(text(255), default="")
    is_central: Mapped[bool | None]
    state: Mapped[str] = mapped_column(text(16), default=PodState.ACTIVE)
    aggregate_id: Mapped[int | None]
    capabilities: Mapped[dict[str, Any]] = mapped_column(default=dict)
    health: Mapped[str] = mapped_column(text(16), default=Health.UP)
    health_since: Mapped[datetime] = mapped_column(Instant, default=now)
    services: Mapped[dict[str, Any]] = mapped_column(default=dict)
    checked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=now, onupdate=now)
