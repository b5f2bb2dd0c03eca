# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A binding: a pod that a project uses in an availability zone."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tricircle.db.models.base import (
    MYSQL_TABLE,
    Base,
    Instant,
    identity,
    new_id,
    now,
    text,
)


class Binding(Base):
    """A project's pod in a zone.

    ``is_current`` is TRUE for the one that takes new resources, and NULL (never
    FALSE) for those that only keep what they have: so a unique key over it allows
    one winner, and any number of others.
    """

    __tablename__ = "bindings"
    __table_args__ = (
        UniqueConstraint("project_id", "az_name", "is_current"),
        UniqueConstraint("project_id", "az_name", "pod_id"),
        CheckConstraint("is_current = TRUE", name="is_current"),
        Index(None, "pod_id"),
        MYSQL_TABLE,
    )

    id: Mapped[str] = mapped_column(identity(), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(text(64))
    az_name: Mapped[str] = mapped_column(text(255))
    pod_id: Mapped[str] = mapped_column(
        identity(), ForeignKey("pods.id", ondelete="RESTRICT")
    )
    is_current: Mapped[bool | None]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
