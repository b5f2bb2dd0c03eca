# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The service plugin ``tricircle_port_forwarding``: Neutron's own, without agents."""

from typing import ClassVar

from neutron.services.portforwarding import pf_plugin


class TricirclePortForwardingPlugin(pf_plugin.PortForwardingPlugin):
    """Neutron's plugin, which alone would load the L3 plugin of agents beside ours."""

    required_service_plugins: ClassVar[list[str]] = []
    _rpc_notifications_required = False
