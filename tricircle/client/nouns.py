# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What there is: where the API has it, and what a table shows of it. Data only."""

from dataclasses import dataclass
from enum import Enum, auto

from tricircle.client.columns import Lines, Look


class Shown(Enum):
    """Where a column is shown."""

    LIST = auto()
    """In a list, and where one is shown."""

    LONG = auto()
    """In a list with ``--long``, and where one is shown."""

    ONE = auto()
    """Where one is shown."""

    NOWHERE = auto()
    """Nowhere: another column says it."""


@dataclass(frozen=True)
class Column:
    """A field of an answer, and its heading; ``look`` is how people see it."""

    field: str
    heading: str
    shown: Shown = Shown.LIST
    look: Look | None = None

    @property
    def name(self) -> str:
        """What it is called where one is shown; ``-c`` takes it in lists as well."""
        return self.heading.lower().replace(" ", "_")


@dataclass(frozen=True)
class Noun:
    """A kind of thing.

    ``one`` and ``many`` are the keys of bodies, ``id`` the field with its id.
    """

    word: str
    path: str
    one: str
    many: str
    columns: tuple[Column, ...]
    id: str = "id"


#: The name of a pod, beside its id: put there by ``names``, for the API tells ids.
POD_NAME = "pod_name"
_POD = Column(POD_NAME, "Pod")
_POD_ID = Column("pod_id", "Pod ID", Shown.LONG)
_CREATED = Column("created_at", "Created At", Shown.LONG)
_UPDATED = Column("updated_at", "Updated At", Shown.LONG)

POD = Noun(
    "pod",
    "/pods",
    "pod",
    "pods",
    (
        Column("pod_id", "ID"),
        Column("pod_name", "Name"),
        Column("az_name", "Availability Zone"),
        Column("dc_name", "Data Center"),
        Column("state", "State"),
        Column("health", "Health"),
        Column("pod_az_name", "Pod Availability Zone", Shown.LONG),
        Column("is_central", "Is Central", Shown.LONG),
        Column("aggregate_id", "Aggregate ID", Shown.LONG),
        Column("health_since", "Health Since", Shown.LONG),
        Column("checked_at", "Checked At", Shown.LONG),
        Column("services", "Services", Shown.ONE, Lines),
        Column("usage", "Usage", Shown.ONE, Lines),
        Column("capabilities", "Capabilities", Shown.ONE, Lines),
        Column("created_at", "Created At", Shown.ONE),
        Column("updated_at", "Updated At", Shown.ONE),
    ),
    id="pod_id",
)

BINDING = Noun(
    "binding",
    "/bindings",
    "pod_binding",
    "pod_bindings",
    (
        Column("id", "ID"),
        Column("project_id", "Project ID"),
        Column("az_name", "Availability Zone"),
        _POD,
        Column("is_current", "Is Current"),
        _POD_ID,
        _CREATED,
        Column("tenant_id", "Tenant ID", Shown.NOWHERE),
    ),
)

ROUTING = Noun(
    "routing",
    "/routings",
    "routing",
    "routings",
    (
        Column("id", "ID"),
        Column("resource_type", "Resource Type"),
        Column("resource_id", "Resource ID"),
        _POD,
        Column("pod_resource_id", "Pod Resource ID"),
        Column("state", "State"),
        Column("project_id", "Project ID", Shown.LONG),
        _POD_ID,
        Column("is_sole", "Is Sole", Shown.LONG),
        Column("revision", "Revision", Shown.LONG),
        Column("request_id", "Request ID", Shown.LONG),
        Column("details", "Details", Shown.ONE, Lines),
        _CREATED,
        _UPDATED,
    ),
)

JOB = Noun(
    "job",
    "/jobs",
    "job",
    "jobs",
    (
        Column("id", "ID"),
        Column("kind", "Kind"),
        Column("resource_id", "Resource ID"),
        _POD,
        Column("state", "State"),
        Column("attempts", "Attempts"),
        Column("last_error", "Last Error"),
        Column("project_id", "Project ID", Shown.LONG),
        _POD_ID,
        Column("wanted", "Wanted", Shown.LONG),
        Column("reached", "Reached", Shown.LONG),
        Column("next_run_at", "Next Run At", Shown.LONG),
        Column("lease_owner", "Lease Owner", Shown.LONG),
        Column("lease_expires_at", "Lease Expires At", Shown.ONE),
        _CREATED,
        _UPDATED,
    ),
)
