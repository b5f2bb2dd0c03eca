# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Only pods with room."""

from typing import ClassVar

from tricircle.pods.request import Request
from tricircle.pods.view import PodView


class CapacityFilter:
    """Refuses pods with too little left for all the servers of the request.

    Free room may be scattered over hosts: the pod's own scheduler has the last word.
    """

    is_lasting: ClassVar[bool] = True

    def refuse(self, request: Request, pod: PodView) -> str | None:
        """See ``contract.Filter``."""
        flavor, free, count = request.flavor, pod.capacity, request.count
        if flavor is None or free is None:
            return None
        needs = {
            "vCPUs": (flavor.vcpus * count, free.vcpus),
            "MiB of memory": (flavor.memory_mb * count, free.memory_mb),
            "GiB of disk": (flavor.disk_gb * count, free.disk_gb),
        }
        short = [
            f"{there} of {needed} {what}"
            for what, (needed, there) in needs.items()
            if there < needed
        ]
        return f"has only {', '.join(short)}" if short else None
