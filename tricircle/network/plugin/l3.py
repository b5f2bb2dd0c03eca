# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The L3 service plugin ``tricircle_l3``: routers and floating IPs without agents.

Everything that users may ask for is Neutron's own code. What is ours: zones, refusals
of what pods could not do, and a wish after each change.
"""

from typing import Any

from neutron.api.rpc.agentnotifiers import utils as notifiers
from neutron.db import (
    dns_db,
    extraroute_db,
    l3_db,
    l3_fip_pools_db,
    l3_fip_port_details,
    l3_fip_qos,
    l3_gateway_ip_qos,
)
from neutron.db.availability_zone import router as router_zones
from neutron.db.models import l3 as models
from neutron.quota import resource_registry
from neutron.services.portforwarding import constants as forwarding
from neutron_lib import constants
from neutron_lib.api.definitions import (
    availability_zone,
    extraroute,
    extraroute_atomic,
    fip_pf_detail,
    fip_port_details,
    floatingip_pools,
    l3,
    l3_ext_gw_mode,
    l3_port_ip_change_not_allowed,
    qos_fip,
    qos_gateway_ip,
    router_availability_zone,
)
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.db import resource_extend
from neutron_lib.plugins import constants as plugins
from neutron_lib.plugins import directory
from neutron_lib.services import base
from oslo_config import cfg

from tricircle.conf import network as network_conf
from tricircle.network.plugin import rules
from tricircle.network.plugin.ml2 import GROUP, TricircleMechanismDriver
from tricircle.network.plugin.zones import Zones

_DRIVER = "tricircle"
_ALIASES = [
    availability_zone.ALIAS,
    extraroute.ALIAS,
    extraroute_atomic.ALIAS,
    fip_pf_detail.ALIAS,
    fip_port_details.ALIAS,
    floatingip_pools.ALIAS,
    l3.ALIAS,
    l3_ext_gw_mode.ALIAS,
    l3_port_ip_change_not_allowed.ALIAS,
    router_availability_zone.ALIAS,
]
_QOS_ALIASES = [qos_fip.ALIAS, qos_gateway_ip.ALIAS]


@resource_extend.has_resource_extenders
class TricircleL3Plugin(
    base.ServicePluginBase,
    extraroute_db.ExtraRoute_dbonly_mixin,
    l3_db.L3NotifierMixin,
    dns_db.DNSDbMixin,
    l3_fip_port_details.Fip_port_details_db_mixin,
    router_zones.RouterAvailabilityZoneMixin,
    l3_fip_qos.FloatingQoSDbMixin,
    l3_gateway_ip_qos.L3_gw_ip_qos_dbonly_mixin,
    l3_fip_pools_db.FloatingIPPoolsMixin,
):
    """Stores routers, interfaces, routes and floating IPs, and queues jobs for them.

    It needs the mechanism driver ``tricircle``, whose database it uses.
    """

    #: Addresses of router ports do not change, for pods have some of their own.
    IP_UPDATE_NOT_ALLOWED_LIST = (constants.DEVICE_OWNER_ROUTER_INTF,)
    # Neutron looks for these, mangled, to have the database make pages.
    __native_pagination_support = True
    __native_sorting_support = True

    @resource_registry.tracked_resources(  # type: ignore[untyped-decorator]
        router=models.Router, floatingip=models.FloatingIP
    )
    def __init__(self) -> None:
        super().__init__()
        # Nobody listens: there are no agents.
        self._l3_rpc_notifier = notifiers.RPCNotifierHandler()
        conf = cfg.CONF  # noqa: TID251 (inside Neutron, this is how it is done)
        conf.register_opts(network_conf.BRIDGE_OPTS, GROUP)
        self._bridge_cidrs: list[str] = conf[GROUP].bridge_cidrs
        core = directory.get_plugin()
        driver: TricircleMechanismDriver
        driver = core.mechanism_manager.mech_drivers[_DRIVER].obj
        self._wishes = driver.wishes
        self._zones = Zones(driver.database)
        self._zones.install(core)
        self._subscribe()

    @classmethod
    def get_plugin_type(cls) -> str:
        """Return what Neutron knows it by."""
        return str(plugins.L3)

    def get_plugin_description(self) -> str:
        """Return what it is, for people."""
        return "Routers that work across the pods of Tricircle"

    @property
    def supported_extension_aliases(self) -> list[str]:
        """What of Neutron's API it serves."""
        has_qos = directory.get_plugin(plugins.QOS) is not None
        return [*_ALIASES, *(_QOS_ALIASES if has_qos else ())]

    def validate_availability_zones(
        self, context: Any, resource_type: str, availability_zones: Any
    ) -> None:
        """Refuse a zone that no pod is in."""
        self._zones.validate(context, resource_type, availability_zones)

    def get_router_availability_zones(self, router: Any) -> list[str]:
        """Return the zones where a router is realised."""
        return self._zones.of("router", router["id"])

    def router_supports_scheduling(self, context: Any, router_id: str) -> bool:
        """Say that the addresses of its ports are Neutron's to judge: it asks so."""
        return True

    def add_extraroutes(self, context: Any, router_id: str, body: Any = None) -> Any:
        """Add routes; Neutron announces it before it is committed."""
        changed = super().add_extraroutes(context, router_id, body)
        self._router_changed(router_id, changed["router"]["project_id"])
        return changed

    def remove_extraroutes(self, context: Any, router_id: str, body: Any = None) -> Any:
        """Remove routes; Neutron announces it before it is committed."""
        changed = super().remove_extraroutes(context, router_id, body)
        self._router_changed(router_id, changed["router"]["project_id"])
        return changed

    @staticmethod
    @resource_extend.extends([l3.FLOATINGIPS])  # type: ignore[untyped-decorator]
    def _show_status(shown: Any, stored: Any) -> None:
        """A floating IP is as active as its association: no agent reports on it."""
        active = stored["router_id"] is not None
        shown["status"] = (
            constants.FLOATINGIP_STATUS_ACTIVE
            if active
            else constants.FLOATINGIP_STATUS_DOWN
        )

    def _subscribe(self) -> None:
        after = (events.AFTER_CREATE, events.AFTER_UPDATE, events.AFTER_DELETE)
        for resource, hear in (
            (resources.ROUTER, self._hear_router),
            (resources.ROUTER_GATEWAY, self._hear_router),
            (resources.ROUTER_INTERFACE, self._hear_router),
            (resources.FLOATING_IP, self._hear_floating_ip),
            (forwarding.PORT_FORWARDING, self._hear_forwarding),
        ):
            for event in after:
                registry.subscribe(hear, resource, event)
        registry.subscribe(
            self._check_interface, resources.ROUTER_INTERFACE, events.BEFORE_CREATE
        )
        for resource in (resources.ROUTER_INTERFACE, resources.ROUTER_GATEWAY):
            registry.subscribe(self._ports_are_up, resource, events.AFTER_CREATE)

    def _check_interface(
        self, resource: str, event: str, trigger: Any, payload: events.DBEventPayload
    ) -> None:
        port = payload.metadata["port"]
        core, admin = directory.get_plugin(), payload.context.elevated()
        subnets = {ip["subnet_id"] for ip in port["fixed_ips"]}
        for subnet_id in sorted(subnets):
            subnet = core.get_subnet(admin, subnet_id)
            rules.check_interface(subnet, self._bridge_cidrs)

    def _ports_are_up(
        self, resource: str, event: str, trigger: Any, payload: events.DBEventPayload
    ) -> None:
        """Say that a router's ports are active: no host and no agent ever will."""
        core, admin = directory.get_plugin(), payload.context.elevated()
        down = {
            "device_id": [payload.resource_id],
            "device_owner": [
                constants.DEVICE_OWNER_ROUTER_INTF,
                constants.DEVICE_OWNER_ROUTER_GW,
            ],
            "status": [constants.PORT_STATUS_DOWN],
        }
        for port in core.get_ports(admin, filters=down, fields=["id"]):
            core.update_port_status(admin, port["id"], constants.PORT_STATUS_ACTIVE)

    def _hear_router(
        self, resource: str, event: str, trigger: Any, payload: events.DBEventPayload
    ) -> None:
        # A router without interfaces is nowhere, so its birth changes nothing.
        if (resource, event) != (resources.ROUTER, events.AFTER_CREATE):
            project_id = payload.states[0]["project_id"] if payload.states else ""
            self._router_changed(payload.resource_id, project_id)

    def _hear_floating_ip(
        self, resource: str, event: str, trigger: Any, payload: events.DBEventPayload
    ) -> None:
        project_id = payload.latest_state["project_id"]
        self._wishes.wanted("floatingip", payload.resource_id, project_id)

    def _hear_forwarding(
        self, resource: str, event: str, trigger: Any, payload: events.DBEventPayload
    ) -> None:
        stored = payload.latest_state
        self._wishes.wanted("floatingip", stored.floatingip_id, "")

    def _router_changed(self, router_id: str, project_id: str) -> None:
        self._wishes.wanted("router", router_id, project_id or "")
