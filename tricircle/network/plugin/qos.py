# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What Neutron's QoS plugin asks, and whom it tells of policies that changed."""

from collections.abc import Mapping
from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import constants as database_constants
from neutron_lib.services.qos import base
from neutron_lib.services.qos import constants as qos

from tricircle.network.wishes import Wishes

_NUMBER = {"type:range": [0, database_constants.DB_INTEGER_MAX_VALUE]}
_DIRECTION = {"type:values": constants.VALID_DIRECTIONS}
#: A pod may support less: its Neutron says so when the policy is realised there.
_RULES: Mapping[str, Any] = {
    qos.RULE_TYPE_BANDWIDTH_LIMIT: {
        qos.MAX_KBPS: _NUMBER,
        qos.MAX_BURST: _NUMBER,
        qos.DIRECTION: _DIRECTION,
    },
    qos.RULE_TYPE_DSCP_MARKING: {
        qos.DSCP_MARK: {"type:values": constants.VALID_DSCP_MARKS}
    },
    qos.RULE_TYPE_MINIMUM_BANDWIDTH: {
        qos.MIN_KBPS: _NUMBER,
        qos.DIRECTION: _DIRECTION,
    },
    qos.RULE_TYPE_PACKET_RATE_LIMIT: {
        qos.MAX_KPPS: _NUMBER,
        qos.MAX_BURST_KPPS: _NUMBER,
        qos.DIRECTION: _DIRECTION,
    },
    qos.RULE_TYPE_MINIMUM_PACKET_RATE: {
        qos.MIN_KPPS: _NUMBER,
        qos.DIRECTION: {"type:values": [*constants.VALID_DIRECTIONS, "any"]},
    },
}


class QosDriver(base.DriverBase):
    """Accepts every kind of rule, and has the replicas of a policy follow.

    It registers itself when the QoS plugin starts, if there is one.
    """

    def __init__(self, wishes: Wishes) -> None:
        super().__init__(
            name="tricircle",
            vif_types=[portbindings.VIF_TYPE_OTHER],
            vnic_types=portbindings.VNIC_TYPES,
            supported_rules=_RULES,
        )
        self._wishes = wishes

    def update_policy(self, context: Any, policy: Any) -> None:
        """Have the replicas follow; also when rules changed."""
        self._wishes.changed("qos_policy", policy.id)

    def delete_policy(self, context: Any, policy: Any) -> None:
        """Have the replicas removed."""
        self._wishes.changed("qos_policy", policy.id)
