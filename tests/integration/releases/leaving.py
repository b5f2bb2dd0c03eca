# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How a pod leaves: it takes nothing new, is left by all, and is forgotten."""

from typing import Any

from keystoneauth1.adapter import Adapter

from lab.topology import Pod
from tests.integration.waiting import wait_for


def find(operators: Adapter, pod: Pod) -> Any:
    """What the operators' API knows of a pod; None if it does not know it."""
    found = operators.get("/pods", params={"pod_name": pod.name}).json()["pods"]
    return found[0] if found else None


def leave(operators: Adapter, pod: Pod) -> None:
    """Have a pod that nobody uses any more forgotten, if it is known."""
    known = find(operators, pod)
    if known is None:
        return
    path = f"/pods/{known['pod_id']}"
    operators.put(path, json={"pod": {"state": "cordoned"}})

    def is_empty() -> bool:
        return not operators.get(path).json()["pod"]["usage"]["routes"]

    wait_for(is_empty, f"{pod.name} to be left by all")
    query = {"pod_id": known["pod_id"]}
    for binding in operators.get("/bindings", params=query).json()["pod_bindings"]:
        operators.delete(f"/bindings/{binding['id']}")
    operators.delete(path)
