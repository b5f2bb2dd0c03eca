# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Who may see and change pods."""

from tricircle.policies.base import name, rules

LIST = name("pod", "list")
SHOW = name("pod", "show")
CREATE = name("pod", "create")
UPDATE = name("pod", "update")
DELETE = name("pod", "delete")
PROBE = name("pod", "probe")

RULES = rules(
    "pod",
    {
        "list": ("GET", "/v1.0/pods", "List pods."),
        "show": ("GET", "/v1.0/pods/{pod_id}", "Show a pod."),
        "create": ("POST", "/v1.0/pods", "Make a region a pod, or the central region."),
        "update": ("PUT", "/v1.0/pods/{pod_id}", "Change a pod; cordon it."),
        "delete": ("DELETE", "/v1.0/pods/{pod_id}", "Forget a pod."),
        "probe": ("POST", "/v1.0/pods/{pod_id}/probe", "Find out anew what a pod can."),
    },
)
