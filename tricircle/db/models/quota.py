# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What projects take of their quotas: charges, and the accounts that order them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tricircle.db.models.base import MYSQL_TABLE, Base, identity, text


class Account(Base):
    """A project's count of what a service gave it, begun when it first counted.

    Whoever checks a limit locks the row, so that two can't take the same rest.
    ``counted_at`` is when pods were last asked what there is.
    """

    __tablename__ = "accounts"
    __table_args__ = (MYSQL_TABLE,)

    project_id: Mapped[str] = mapped_column(text(64), primary_key=True)
    service: Mapped[str] = mapped_column(text(32), primary_key=True)
    counted_at: Mapped[datetime]


class Charge(Base):
    """What a route's resource takes of one limit of its project: ``cores``, 2.

    It goes with its route, whoever deletes that, so that nothing stays taken by what
    is gone. ``kind`` is the limit's name in the service's API. ``raised_at`` is when
    something larger was last asked for, of which the pod may not know yet.
    """

    __tablename__ = "charges"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        Index(None, "project_id", "kind", "amount"),  # all that a sum needs
        MYSQL_TABLE,
    )

    route_id: Mapped[str] = mapped_column(
        identity(), ForeignKey("routes.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(text(300), primary_key=True)
    project_id: Mapped[str] = mapped_column(text(64))
    amount: Mapped[int]
    raised_at: Mapped[datetime | None]
