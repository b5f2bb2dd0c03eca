# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What pods make by themselves counts before anybody knows its ids: pure.

A *hold* is a route of a type of its own, whose charges are what a pod is about to make:
the volumes that a server is booted with, the snapshots of a server's volumes. It is
pending until the pod has answered, like any intent. A recount ends it when the pod
makes nothing more of it, and learns what was made in the same transaction: nothing
counts twice, and nothing is ever left out.

Most of it is there when the pod answers. A server's volumes are not: they come to be
while the server is built. So a server's hold bears its id.
"""

from collections.abc import Collection, Mapping

from tricircle.quotas.known import Known

#: The type of such routes.
HOLD = "hold"
#: The types of what is made so.
MADE = ("volume", "snapshot")

#: By pod: the ids of the servers that it is building.
Building = Mapping[str, Collection[str]]


def is_over(hold: Known, building: Building) -> bool:
    """Whether the pod, when it told what it is ``building``, made nothing more of it.

    A pending one may be of any server, or of one that is yet to come.
    """
    servers = building.get(hold.pod_id, ())
    if hold.is_pending:
        return hold.is_settled and not servers
    return hold.id not in servers
