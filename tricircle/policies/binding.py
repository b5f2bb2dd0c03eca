# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Who may see and change bindings."""

from tricircle.policies.base import name, rules

LIST = name("binding", "list")
SHOW = name("binding", "show")
CREATE = name("binding", "create")
DELETE = name("binding", "delete")

RULES = rules(
    "binding",
    {
        "list": ("GET", "/v1.0/bindings", "List bindings."),
        "show": ("GET", "/v1.0/bindings/{binding_id}", "Show a binding."),
        "create": ("POST", "/v1.0/bindings", "Bind a project to a pod."),
        "delete": ("DELETE", "/v1.0/bindings/{binding_id}", "Delete a binding."),
    },
)
