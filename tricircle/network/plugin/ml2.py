# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The mechanism driver ``tricircle``."""

from typing import Any

import oslo_messaging
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.context import get_admin_context
from neutron_lib.plugins import directory
from neutron_lib.plugins.ml2 import api
from oslo_config import cfg

from tricircle.conf import database as database_conf
from tricircle.db import engine
from tricircle.jobs.nudge import Caster, Nudger, Silence
from tricircle.network import members, report, translate
from tricircle.network.plugin import rules
from tricircle.network.plugin.qos import QosDriver
from tricircle.network.wishes import Wishes

#: ``[database]`` is Neutron's own.
GROUP = "tricircle"
OPTS = [
    cfg.StrOpt(
        "transport_url",
        secret=True,
        help="The RabbitMQ where tricircle-xjob listens. Without it jobs are found a"
        " little later.",
    ),
]
#: A user waits for it: a database that is away is left to the audit soon.
_RETRY_SECONDS = 1.0
_CONNECT_SECONDS = 1


class TricircleMechanismDriver(api.MechanismDriver):
    """Refuses what can't be realised, and has jobs do the rest.

    Precommit methods raise to refuse, within Neutron's transaction, and look at what
    they are given only. Postcommit methods write jobs into Tricircle's database; they
    raise nothing, for the change is done.
    """

    def initialize(self) -> None:
        """Read the configuration; nothing is connected yet, so workers may fork."""
        conf = cfg.CONF  # noqa: TID251 (inside Neutron, this is how it is done)
        database_conf.register_opts(conf, GROUP)
        conf.register_opts(OPTS, GROUP)
        conf.set_default("retry_time", _RETRY_SECONDS, GROUP)
        conf.set_default("connect_timeout", _CONNECT_SECONDS, GROUP)
        self.database = engine.from_conf(conf, GROUP)
        self.wishes = self._wishes = Wishes(self.database, _nudger(conf))
        self._qos = QosDriver(self._wishes)
        for resource, event, heard in (
            (resources.SECURITY_GROUP, events.AFTER_UPDATE, self._group_changed),
            (resources.SECURITY_GROUP, events.AFTER_DELETE, self._group_gone),
            (resources.SECURITY_GROUP_RULE, events.AFTER_CREATE, self._rule_made),
            (resources.SECURITY_GROUP_RULE, events.AFTER_DELETE, self._rule_gone),
            (resources.ADDRESS_GROUP, events.AFTER_UPDATE, self._addresses_changed),
            (resources.ADDRESS_GROUP, events.AFTER_DELETE, self._addresses_changed),
        ):
            registry.subscribe(heard, resource, event)

    @property
    def connectivity(self) -> str:
        """Ports are connected at layer 2."""
        return str(portbindings.CONNECTIVITY_L2)

    def create_network_precommit(self, context: api.NetworkContext) -> None:
        """Refuse a network that can't be realised."""
        rules.check_network(context.current)

    def update_network_precommit(self, context: api.NetworkContext) -> None:
        """Refuse a change that can't be realised."""
        rules.check_network_update(context.original, context.current)

    def create_subnet_precommit(self, context: api.SubnetContext) -> None:
        """Refuse a subnet that can't be realised."""
        rules.check_subnet(context.current)

    def create_subnet_postcommit(self, context: api.SubnetContext) -> None:
        """Have ports follow that got an address in it by themselves."""
        subnet = context.current
        if translate.is_automatic(subnet):
            ports = directory.get_plugin().get_ports(
                get_admin_context(),
                filters={"network_id": [subnet["network_id"]]},
                fields=["id"],
            )
            self._wishes.changed("port", *(port["id"] for port in ports))

    def update_network_postcommit(self, context: api.NetworkContext) -> None:
        """Have the replicas follow."""
        self._updated("network", context)

    def delete_network_postcommit(self, context: api.NetworkContext) -> None:
        """Have the replicas removed."""
        self._wishes.changed("network", context.current["id"])

    def update_subnet_postcommit(self, context: api.SubnetContext) -> None:
        """Have the replicas follow."""
        self._updated("subnet", context)

    def delete_subnet_postcommit(self, context: api.SubnetContext) -> None:
        """Have the replicas removed."""
        self._wishes.changed("subnet", context.current["id"])

    def update_port_postcommit(self, context: api.PortContext) -> None:
        """Have the replica follow, and other pods admit the port as it is."""
        original = context.original or {}
        if translate.concerns_replicas("port", original, context.current):
            self._wishes.port_changed(context.current)

    def delete_port_postcommit(self, context: api.PortContext) -> None:
        """Have the replica removed, and other pods admit the port no more."""
        self._wishes.port_gone(context.current["id"])

    def bind_port(self, context: api.PortContext) -> None:
        """Bind a port of which a pod reported that it did, with the status there."""
        profile = context.current[portbindings.PROFILE] or {}
        if report.POD not in profile:
            return
        active = profile.get(report.STATUS) == constants.PORT_STATUS_ACTIVE
        status = constants.PORT_STATUS_ACTIVE if active else constants.PORT_STATUS_DOWN
        for segment in context.segments_to_bind:
            context.set_binding(
                segment[api.ID], portbindings.VIF_TYPE_OTHER, {}, status=status
            )
            return

    def _updated(self, kind: str, context: Any) -> None:
        original = context.original or {}
        if translate.concerns_replicas(kind, original, context.current):
            self._wishes.changed(kind, context.current["id"])

    def _group_changed(
        self, resource: str, event: str, trigger: Any, payload: events.EventPayload
    ) -> None:
        self._wishes.changed("security_group", payload.resource_id)

    def _group_gone(
        self, resource: str, event: str, trigger: Any, payload: events.EventPayload
    ) -> None:
        # Rules that named it went with it.
        self._wishes.changed(members.KIND, payload.resource_id)
        self._wishes.changed("security_group", payload.resource_id)

    def _addresses_changed(
        self, resource: str, event: str, trigger: Any, payload: events.EventPayload
    ) -> None:
        self._wishes.changed("address_group", payload.resource_id)

    def _rule_made(
        self, resource: str, event: str, trigger: Any, payload: events.EventPayload
    ) -> None:
        group_id = payload.latest_state["security_group_id"]
        self._wishes.changed("security_group", group_id)

    def _rule_gone(
        self, resource: str, event: str, trigger: Any, payload: events.EventPayload
    ) -> None:
        group_id = payload.metadata["security_group_id"]
        self._wishes.changed("security_group", group_id)


def _nudger(conf: cfg.ConfigOpts) -> Nudger:
    url = conf[GROUP].transport_url
    if not url:
        return Silence()
    # Neutron's own transport leads to its agents, mostly in another virtual host.
    return Caster(oslo_messaging.get_rpc_transport(conf, url=url))
