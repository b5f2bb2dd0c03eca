# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""QoS specs: the central region's, copied with the volume types that have them."""

from tricircle.gateway.places import holds
from tricircle.gateway.spec import Action, Resource, Strategy

# The answer to a create has its links beside it.
_QOS = holds(links="links")

QOS = Resource(
    type="qos",
    bodies={"": _QOS, "qos_specs": _QOS},
    actions=(
        Action(path="/qos-specs", methods=("GET", "POST"), strategy=Strategy.MIRRORED),
        Action(
            path="/qos-specs/{qos}",
            methods=("GET", "PUT", "DELETE"),
            strategy=Strategy.MIRRORED,
        ),
        Action(path="/qos-specs/{qos}/**", strategy=Strategy.MIRRORED),
    ),
)
