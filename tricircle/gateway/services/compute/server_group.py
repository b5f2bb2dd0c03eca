# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Server groups: the central region's, with a twin in each pod that has members.

A pod's scheduler knows its own hosts only. So an affinity group is in one pod, that of
its first member; the anti-affinity of another one holds within each pod, and between
pods by itself, for no host is in two.
"""

from tricircle.gateway.spec import Action, Mirror, Resource, Strategy

SERVER_GROUP = Resource(
    type="server_group",
    actions=(
        Action(path="/os-server-groups", methods=("GET",), strategy=Strategy.TWINNED),
        Action(path="/os-server-groups", methods=("POST",), strategy=Strategy.CENTRAL),
        Action(
            path="/os-server-groups/{server_group}",
            methods=("GET", "DELETE"),
            strategy=Strategy.TWINNED,
        ),
    ),
)

SERVER_GROUP_MIRROR = Mirror(
    type="server_group",
    key="server_group",
    path="/os-server-groups",
    version="2.64",  # the first in which a policy has rules
    copied=("policy", "rules"),
    compared=("policy",),
    as_admin=False,  # a group belongs to a project, who is who makes it
    twin="id",
    told="id",
    missing=(400, "Instance group {} could not be found."),
)
