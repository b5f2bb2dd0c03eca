# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Pods have health; those that join or leave say so."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"

_STATES = "state IN ('joining', 'active', 'cordoned', 'leaving')"
_HEALTH = "health IN ('up', 'degraded', 'down')"


def upgrade() -> None:
    """Add the columns, and states; pods that are there count as up."""
    if op.get_bind().dialect.name == "sqlite":
        _anew()
    else:
        _in_place()


def _in_place() -> None:
    for column in _added(nullable=True):
        op.add_column("pods", column)
    filled = {"health": "up", "health_since": _PODS.c.updated_at, "services": {}}
    op.execute(sa.update(_PODS).values(filled))
    for column in _added():
        if not column.nullable:
            op.alter_column(
                "pods", column.name, existing_type=column.type, nullable=False
            )
    op.drop_constraint(op.f("ck_pods_state"), "pods", type_="check")
    op.create_check_constraint(op.f("ck_pods_state"), "pods", _STATES)
    op.create_check_constraint(op.f("ck_pods_health"), "pods", _HEALTH)


def _anew() -> None:
    """SQLite can't change a check: make another table, and give it the name."""
    before: list[sa.Column[Any]] = [
        sa.Column("id", _id(), nullable=False),
        sa.Column("name", _text(255), nullable=False),
        sa.Column("az_name", _text(255)),
        sa.Column("pod_az_name", _text(255), nullable=False),
        sa.Column("dc_name", _text(255), nullable=False),
        sa.Column("is_central", sa.Boolean()),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("aggregate_id", sa.Integer()),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.Column("updated_at", _instant(), nullable=False),
    ]
    op.create_table(
        "new_pods",
        *before,
        *_added(),
        sa.PrimaryKeyConstraint("id", name="pk_pods"),
        sa.UniqueConstraint("name", name="uq_pods_name"),
        sa.UniqueConstraint("is_central", name="uq_pods_is_central"),
        sa.CheckConstraint("is_central = TRUE", name=op.f("ck_pods_is_central")),
        sa.CheckConstraint(
            "(is_central IS NULL AND az_name IS NOT NULL)"
            " OR (is_central IS NOT NULL AND az_name IS NULL)",
            name=op.f("ck_pods_central_has_no_az"),
        ),
        sa.CheckConstraint(_STATES, name=op.f("ck_pods_state")),
        sa.CheckConstraint(_HEALTH, name=op.f("ck_pods_health")),
    )
    same = ", ".join(column.name for column in before)
    op.execute(
        f"INSERT INTO new_pods ({same}, health, health_since, services)"  # noqa: S608
        f" SELECT {same}, 'up', updated_at, '{{}}' FROM pods"
    )
    op.drop_table("pods")
    op.rename_table("new_pods", "pods")


def _added(*, nullable: bool = False) -> Sequence[sa.Column[Any]]:
    return [
        sa.Column("health", _text(16), nullable=nullable),
        sa.Column("health_since", _instant(), nullable=nullable),
        sa.Column("services", sa.JSON(), nullable=nullable),
        sa.Column("checked_at", _instant()),
    ]


def _text(length: int) -> sa.types.TypeEngine[str]:
    collated = sa.String(length, collation="C")
    return sa.String(length).with_variant(collated, "postgresql")


def _id() -> sa.types.TypeEngine[str]:
    return sa.CHAR(36).with_variant(sa.CHAR(36, collation="C"), "postgresql")


def _instant() -> sa.types.TypeEngine[Any]:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


#: Only what is written to here.
_PODS = sa.table(
    "pods",
    sa.column("health", sa.String()),
    sa.column("health_since", sa.DateTime()),
    sa.column("services", sa.JSON()),
    sa.column("updated_at", sa.DateTime()),
)
