# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Hosts that are no longer in the topology: their pod must not count on them.

Nova takes a host that just stopped for alive, for minutes, and would choose it for
servers that never boot; Neutron would show its agent as dead for ever.
"""

from typing import Any

from openstack.exceptions import ConflictException

from lab.topology import Pod

_REASON = "not in the lab's topology"


def forget_computes(cloud: Any, pod: Pod) -> None:
    """Have Nova forget hosts that have left, and take back those that returned.

    A host that still has servers can't be forgotten: it is disabled.
    """
    compute, hosts = cloud.compute, {host.name for host in pod.hosts}
    for service in list(compute.services(binary="nova-compute")):
        if service.host in hosts:
            if service.disabled_reason == _REASON:
                compute.enable_service(service)
            continue
        try:
            compute.delete_service(service)
        except ConflictException:
            compute.disable_service(service, disabled_reason=_REASON)


def forget_agents(cloud: Any, pod: Pod) -> None:
    """Have Neutron forget the agents of hosts that have left."""
    hosts = {host.name for host in pod.hosts}
    for agent in list(cloud.network.agents()):
        if agent.host not in hosts:
            cloud.network.delete_agent(agent)
