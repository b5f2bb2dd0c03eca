# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Who may see and repair routes."""

from tricircle.policies.base import name, rules

LIST = name("routing", "list")
SHOW = name("routing", "show")
CREATE = name("routing", "create")
UPDATE = name("routing", "update")
DELETE = name("routing", "delete")

RULES = rules(
    "routing",
    {
        "list": ("GET", "/v1.0/routings", "List routes."),
        "show": ("GET", "/v1.0/routings/{routing_id}", "Show a route."),
        "create": ("POST", "/v1.0/routings", "Write down where a resource is."),
        "update": ("PUT", "/v1.0/routings/{routing_id}", "Repair a route."),
        "delete": ("DELETE", "/v1.0/routings/{routing_id}", "Delete a route."),
    },
)
