# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A pod's servers as the operator sees them: what only the operator can be sure of."""

from tricircle.gateway.caller import Caller
from tricircle.gateway.message import Answer, Call
from tricircle.gateway.neutron import OPERATOR
from tricircle.gateway.ports import Pod

_SERVERS = "/v2.1/servers"


class PodServers:
    """Asks the Nova of a pod with the operator's token."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def is_gone(self, server_id: str, pod: Pod) -> bool:
        """Whether the pod certainly does not have a server (any more).

        404 is also what a wrong address answers, and a credential that may not see
        others' servers; so it counts from a Nova only that lists those of all projects
        at the same address. PodUnavailable if the operator's token is not to be had.
        """
        if await self._status(pod, f"/{server_id}") != 404:
            return False
        return await self._status(pod, "", "all_tenants=1&limit=1") == 200

    async def _status(self, pod: Pod, below: str, query: str = "") -> int:
        call = Call(
            region=pod.name,
            service="compute",
            method="GET",
            path=f"{_SERVERS}{below}",
            query=query,
            as_admin=True,
        )
        answer = await self._caller.send(call, OPERATOR, whole=True)
        return answer.status if isinstance(answer, Answer) else 0
