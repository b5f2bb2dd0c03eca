# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Projects have quotas over all pods: what routes take of them is counted."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"

_MYSQL_TABLE: Any = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Add the tables; a project is counted when it next makes something."""
    op.create_table(
        "accounts",
        sa.Column("project_id", _text(64), nullable=False),
        sa.Column("service", _text(32), nullable=False),
        sa.Column("counted_at", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "service", name="pk_accounts"),
        **_MYSQL_TABLE,
    )
    op.create_table(
        "charges",
        sa.Column("route_id", _id(), nullable=False),
        sa.Column("kind", _text(300), nullable=False),
        sa.Column("project_id", _text(64), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("raised_at", _instant()),
        sa.PrimaryKeyConstraint("route_id", "kind", name="pk_charges"),
        sa.ForeignKeyConstraint(
            ["route_id"],
            ["routes.id"],
            "fk_charges_route_id_routes",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_charges_amount")),
        **_MYSQL_TABLE,
    )
    op.create_index(
        "ix_charges_project_id_kind_amount", "charges", ["project_id", "kind", "amount"]
    )


def _text(length: int) -> sa.types.TypeEngine[str]:
    collated = sa.String(length, collation="C")
    return sa.String(length).with_variant(collated, "postgresql")


def _id() -> sa.types.TypeEngine[str]:
    return sa.CHAR(36).with_variant(sa.CHAR(36, collation="C"), "postgresql")


def _instant() -> sa.types.TypeEngine[Any]:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
