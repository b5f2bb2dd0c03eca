# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a central port shows of its replica in a pod. Pure.

A status is not to be written through Neutron's API: it goes along in the binding's
profile, of which our mechanism driver makes a binding and a status.
"""

from typing import Any

from tricircle.pods.server_ports import is_made
from tricircle.regions.network import Resource

#: What our mechanism driver finds in a port's ``binding:profile``.
POD, STATUS, DEVICE = "pod", "status", "device"


def told(
    replica: Resource, central: Resource, pod_name: str, az_name: str
) -> dict[str, Any]:
    """Return what of a replica the central port does not show yet."""
    device = replica.get("device_id")
    if not device:
        changes = withdrawal(central, pod_name)
        # Nova lets go of a port before its server is gone. Whoever parts with a port
        # that was made for the server finds it by that server.
        kept = {"device_id", "device_owner"} if is_made(central) else set()
        return {name: value for name, value in changes.items() if name not in kept}
    owner = str(replica.get("device_owner") or "")
    shown = {
        "device_id": device,
        # Nova writes the zone here: the pod's own name for it.
        "device_owner": f"compute:{az_name}" if owner.startswith("compute:") else owner,
        "binding:host_id": replica.get("binding:host_id") or "",
        "binding:profile": {POD: pod_name, STATUS: replica["status"], DEVICE: device},
    }
    return {name: value for name, value in shown.items() if central.get(name) != value}


def withdrawal(central: Resource, pod_name: str) -> dict[str, Any]:
    """Return what takes back a pod's report from a central port; nothing if none.

    The port may be promised to another server already: only the one that the pod
    reported is taken back.
    """
    profile = central.get("binding:profile") or {}
    if profile.get(POD) != pod_name:
        return {}
    changes: dict[str, Any] = {"binding:host_id": "", "binding:profile": {}}
    if profile.get(DEVICE) == central.get("device_id"):
        changes |= {"device_id": "", "device_owner": ""}
    return changes
