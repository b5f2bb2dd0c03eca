# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Only pods that can do it now."""

from typing import ClassVar

from tricircle.db.models import Health
from tricircle.pods.request import Request
from tricircle.pods.view import PodView

#: What a server needs, and what a volume, which has no flavor.
_SERVER = ("compute", "network", "placement")
_VOLUME = ("block-storage",)


class HealthFilter:
    """Refuses pods of which a service is down that the resource needs.

    The project stays with such a pod: it will be back.
    """

    is_lasting: ClassVar[bool] = False

    def refuse(self, request: Request, pod: PodView) -> str | None:
        """See ``contract.Filter``."""
        if pod.health == Health.DOWN:
            return "is down"
        needed = _VOLUME if request.flavor is None else _SERVER
        away = [type_ for type_ in needed if type_ in pod.away]
        return f"has no {', '.join(away)} service now" if away else None
