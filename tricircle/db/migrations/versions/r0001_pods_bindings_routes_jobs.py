# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Pods, bindings, routes and jobs."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None

MYSQL_TABLE: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Make the first tables."""
    _pods()
    _bindings()
    _routes()
    _jobs()


def _text(length: int) -> sa.types.TypeEngine[str]:
    collated = sa.String(length, collation="C")
    return sa.String(length).with_variant(collated, "postgresql")


def _id() -> sa.types.TypeEngine[str]:
    return sa.CHAR(36).with_variant(sa.CHAR(36, collation="C"), "postgresql")


def _instant() -> sa.types.TypeEngine[Any]:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def _pods() -> None:
    op.create_table(
        "pods",
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
        sa.PrimaryKeyConstraint("id", name="pk_pods"),
        sa.UniqueConstraint("name", name="uq_pods_name"),
        sa.UniqueConstraint("is_central", name="uq_pods_is_central"),
        sa.CheckConstraint("is_central = TRUE", name=op.f("ck_pods_is_central")),
        sa.CheckConstraint(
            "(is_central IS NULL AND az_name IS NOT NULL)"
            " OR (is_central IS NOT NULL AND az_name IS NULL)",
            name=op.f("ck_pods_central_has_no_az"),
        ),
        sa.CheckConstraint(
            "state IN ('active', 'cordoned')", name=op.f("ck_pods_state")
        ),
        **MYSQL_TABLE,
    )


def _bindings() -> None:
    op.create_table(
        "bindings",
        sa.Column("id", _id(), nullable=False),
        sa.Column("project_id", _text(64), nullable=False),
        sa.Column("az_name", _text(255), nullable=False),
        sa.Column("pod_id", _id(), nullable=False),
        sa.Column("is_current", sa.Boolean()),
        sa.Column("created_at", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bindings"),
        sa.ForeignKeyConstraint(
            ["pod_id"], ["pods.id"], "fk_bindings_pod_id_pods", ondelete="RESTRICT"
        ),
        sa.UniqueConstraint(
            "project_id",
            "az_name",
            "is_current",
            name="uq_bindings_project_id_az_name_is_current",
        ),
        sa.UniqueConstraint(
            "project_id",
            "az_name",
            "pod_id",
            name="uq_bindings_project_id_az_name_pod_id",
        ),
        sa.CheckConstraint("is_current = TRUE", name=op.f("ck_bindings_is_current")),
        **MYSQL_TABLE,
    )
    op.create_index("ix_bindings_pod_id", "bindings", ["pod_id"])


def _routes() -> None:
    op.create_table(
        "routes",
        sa.Column("id", _id(), nullable=False),
        sa.Column("resource_type", _text(32), nullable=False),
        sa.Column("resource_id", _text(64)),
        sa.Column("pod_id", _id(), nullable=False),
        sa.Column("pod_resource_id", _text(64)),
        sa.Column("project_id", _text(64), nullable=False),
        sa.Column("is_sole", sa.Boolean()),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("request_id", _text(64)),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer()),
        sa.Column("created_at", _instant(), nullable=False),
        sa.Column("updated_at", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_routes"),
        sa.ForeignKeyConstraint(
            ["pod_id"], ["pods.id"], "fk_routes_pod_id_pods", ondelete="RESTRICT"
        ),
        sa.UniqueConstraint(
            "resource_type",
            "resource_id",
            "pod_id",
            name="uq_routes_resource_type_resource_id_pod_id",
        ),
        sa.UniqueConstraint(
            "resource_type",
            "resource_id",
            "is_sole",
            name="uq_routes_resource_type_resource_id_is_sole",
        ),
        sa.UniqueConstraint(
            "resource_type",
            "pod_id",
            "pod_resource_id",
            name="uq_routes_resource_type_pod_id_pod_resource_id",
        ),
        sa.CheckConstraint("is_sole = TRUE", name=op.f("ck_routes_is_sole")),
        sa.CheckConstraint(
            "resource_id IS NOT NULL OR state = 'pending'",
            name=op.f("ck_routes_only_intents_lack_id"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'active', 'deleting')", name=op.f("ck_routes_state")
        ),
        **MYSQL_TABLE,
    )
    op.create_index(
        "ix_routes_project_id_resource_type_created_at",
        "routes",
        ["project_id", "resource_type", "created_at"],
    )
    op.create_index("ix_routes_state_created_at", "routes", ["state", "created_at"])
    op.create_index("ix_routes_pod_id", "routes", ["pod_id"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", _id(), nullable=False),
        sa.Column("kind", _text(32), nullable=False),
        sa.Column("resource_id", _text(64), nullable=False),
        sa.Column("pod_id", _id()),
        sa.Column("scope", _text(36), nullable=False),
        sa.Column("project_id", _text(64), nullable=False),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_run_at", _instant(), nullable=False),
        sa.Column("lease_owner", _text(64)),
        sa.Column("lease_expires_at", _instant()),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("created_at", _instant(), nullable=False),
        sa.Column("updated_at", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(
            ["pod_id"], ["pods.id"], "fk_jobs_pod_id_pods", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "kind", "resource_id", "scope", name="uq_jobs_kind_resource_id_scope"
        ),
        sa.CheckConstraint("scope = COALESCE(pod_id, '')", name=op.f("ck_jobs_scope")),
        sa.CheckConstraint("reached <= wanted", name=op.f("ck_jobs_reached")),
        sa.CheckConstraint(
            "state IN ('new', 'running', 'done', 'failed')", name=op.f("ck_jobs_state")
        ),
        **MYSQL_TABLE,
    )
    op.create_index("ix_jobs_state_next_run_at", "jobs", ["state", "next_run_at"])
    op.create_index("ix_jobs_pod_id", "jobs", ["pod_id"])
