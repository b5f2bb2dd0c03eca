# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The ports of servers: the central region's, realised in the server's pod.

Nova's own rules, followed on the central region's Neutron with the user's token: which
networks a server gets if none is named, which ports may be used, what is refused in
which words. Then each port is realised in the pod, by what ``network`` knows.

A port says whose it is, as ``pods.server_ports`` has it: first the intent's, then the
server's; so what a crash leaves behind can be found. One that was made for a server is
deleted with it; one that the user brought is free again then. That has to wait until
the pod's Nova has let go of it: mostly it is a job that sees to it.

Users' tokens show what users may have. What Tricircle does to ports it does as the
operator: Neutron lets no user delete a port that is a server's.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeAlias, TypeVar

from tricircle.gateway.errors import BadRequest, Conflict, GatewayError
from tricircle.gateway.message import Identity
from tricircle.gateway.neutron import OPERATOR, Document, Neutron
from tricircle.gateway.places import Kind
from tricircle.gateway.pod_servers import PodServers
from tricircle.gateway.ports import Attachment, Interface, Pod, Realised
from tricircle.pods.server_ports import MADE, Promise, is_made

T = TypeVar("T")

LetGo: TypeAlias = Callable[[str, str], None]
"""Has a job part with a port, when its server lets go of it: the port, the project."""

_THREADS = 16


class PodPorts(Protocol):
    """Realises central ports; it blocks, and raises GatewayErrors."""

    def realise_port(self, port_id: str, pod_id: str, project_id: str) -> str:
        """The pod's id of a central port, which is there then."""

    def refresh_port(self, port_id: str, pod_id: str) -> None:
        """Have it agree with the central port: now, or soon if that does not work."""

    def release_port(self, port_id: str, pod_id: str) -> None:
        """Have it taken away from the pod: now, or soon if the pod does not answer."""

    def pod_ids(
        self, kind: str, central_ids: Collection[str], pod_id: str
    ) -> Mapping[str, str]:
        """The pod's ids by the central ones."""

    def central_ids(
        self, kind: str, pod_ids: Collection[str], pod_id: str
    ) -> Mapping[str, str]:
        """The central ids by the pod's."""


@dataclass(slots=True)
class _Held:
    """Central ports that are kept for one server."""

    identity: Identity
    taken: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)


class CentralPorts:
    """A `Realiser` over the central region's Neutron."""

    def __init__(
        self,
        neutron: Neutron,
        pod_ports: PodPorts,
        servers: PodServers,
        let_go: LetGo,
    ) -> None:
        self._neutron = neutron
        self._pod_ports = pod_ports
        self._servers = servers
        self._let_go = let_go
        self._threads = ThreadPoolExecutor(_THREADS, "realise")

    async def prepare(
        self, wanted: Attachment, pod: Pod, identity: Identity, intent: str
    ) -> Realised:
        """Take or make the central ports, and realise them in the pod."""
        # Nova looks for groups first, even if there is no port to put them on.
        groups = await self._groups(wanted.security_groups, identity)
        interfaces = wanted.interfaces or await self._automatic(wanted, identity)
        if not interfaces:
            return Realised((), _Held(identity))
        held = _Held(identity)
        try:
            ports = [
                await self._hold(interface, groups, held, intent)
                for interface in interfaces
            ]
            pod_ports = await self._realise(ports, pod, identity.project_id)
        except GatewayError:
            await self.undo(Realised((), held), pod)
            raise
        return Realised(tuple(pod_ports), held)

    async def _hold(
        self, interface: Interface, groups: list[str], held: "_Held", intent: str
    ) -> str:
        """One central port, taken or made."""
        if interface.port_id:
            port = await self._take(interface.port_id, held.identity, intent)
            held.taken.append(port)
            return port
        port = await self._make(interface, groups, held.identity, intent)
        held.made.append(port)
        # A create takes no tags, unless Neutron has an optional driver; until here the
        # promise tells that it was made.
        await self._neutron.update(OPERATOR, f"/ports/{port}/tags/{MADE}", None)
        return port

    async def _realise(self, ports: list[str], pod: Pod, project_id: str) -> list[str]:
        """All at the same time; none is under way any more when one has failed."""
        realise = self._pod_ports.realise_port
        results = await asyncio.gather(
            *(self._blocking(partial(realise, id, pod.id, project_id)) for id in ports),
            return_exceptions=True,
        )
        pod_ports: list[str] = []
        for result in results:
            if isinstance(result, BaseException):
                raise result
            pod_ports.append(result)
        return pod_ports

    async def _automatic(
        self, wanted: Attachment, identity: Identity
    ) -> tuple[Interface, ...]:
        """The networks of a server for which none was named."""
        if wanted.automatic == "none":
            return ()
        project_id = identity.project_id
        own = await self._neutron.list(
            identity, "/networks", project_id=project_id, shared="false"
        )
        shared = await self._neutron.list(identity, "/networks", shared="true")
        ids = [network["id"] for network in (*own, *shared)]
        if len(ids) > 1:
            raise Conflict(
                "Multiple possible networks found, use a Network ID to be more "
                "specific."
            )
        if not ids and wanted.automatic == "auto":
            topology = await self._neutron.show(
                identity, f"/auto-allocated-topology/{project_id}"
            )
            if topology is None:
                raise BadRequest(
                    f"Unable to automatically allocate a network for project "
                    f"{project_id}"
                )
            ids = [topology["id"]]
        return tuple(Interface(network_id=id) for id in ids)

    async def _groups(self, names: tuple[str, ...], identity: Identity) -> list[str]:
        """Ids of security groups that are named by their names or ids."""
        if not names:
            return []
        groups = await self._neutron.list(
            identity, "/security-groups", project_id=identity.project_id
        )
        return [_group(name, groups, identity.project_id) for name in names]

    async def _take(self, port_id: str, identity: Identity, intent: str) -> str:
        """Keep a port that the user brings, so that nobody else uses it."""
        port = await self._neutron.show(identity, f"/ports/{port_id}")
        if port is None:
            raise BadRequest(f"Port id {port_id} could not be found.")
        if port["project_id"] != identity.project_id:
            raise BadRequest(f"Port {port_id} not usable for this server.")
        in_use = Conflict(f"Port {port_id} is still in use.")
        if port.get("device_id"):
            raise in_use
        if not port.get("fixed_ips") and port.get("ip_allocation") == "immediate":
            raise BadRequest(f"Port {port_id} requires a FixedIP in order to be used.")
        try:
            await self._neutron.update(
                identity,
                f"/ports/{port_id}",
                {"port": {"device_id": str(Promise(intent, is_made=False))}},
                revision=port.get("revision_number"),
            )
        except Conflict:
            raise in_use from None
        return port_id

    async def _make(
        self, interface: Interface, groups: list[str], identity: Identity, intent: str
    ) -> str:
        network_id = interface.network_id or ""
        network = await self._neutron.show(identity, f"/networks/{network_id}")
        if network is None:
            raise BadRequest(f"Network {network_id} could not be found.")
        if not network.get("subnets"):
            raise BadRequest(
                f"Network {network_id} requires a subnet in order to boot instances on."
            )
        wanted: Document = {
            "network_id": network_id,
            "device_id": str(Promise(intent, is_made=True)),
        }
        if interface.fixed_ips:
            wanted["fixed_ips"] = [{"ip_address": ip} for ip in interface.fixed_ips]
        if groups and network.get("port_security_enabled", True):
            wanted["security_groups"] = groups
        port = await self._neutron.create(identity, "/ports", {"port": wanted})
        return str(port["id"])

    async def claim(self, realised: Realised, server_id: str, pod: Pod) -> None:
        """The ports are this server's."""
        held: _Held = realised.context
        owner = {"device_id": server_id, "device_owner": f"compute:{pod.zone}"}
        for port in (*held.taken, *held.made):
            await self._neutron.update(OPERATOR, f"/ports/{port}", {"port": owner})

    async def undo(self, realised: Realised, pod: Pod) -> None:
        """The server was not made: take back what `prepare` made."""
        held: _Held = realised.context
        for port in held.made:
            await self._drop(port, pod)
        for port in held.taken:
            await self._free(port, pod)

    async def refresh(self, port_id: str, pod: Pod) -> None:
        """The central port was changed: so is the pod's, before its user looks."""
        await self._blocking(partial(self._pod_ports.refresh_port, port_id, pod.id))

    async def release(self, server_id: str, pod: Pod) -> None:
        """The server is gone: so are its ports, or they are free again.

        A pod may say so only to this user. While it has the server they stay, and the
        job that looks after its route parts with them.
        """
        if not await self._servers.is_gone(server_id, pod):
            return
        for port in await self._neutron.list(OPERATOR, "/ports", device_id=server_id):
            if is_made(port):
                await self._drop(port["id"], pod)
            else:
                await self._free(port["id"], pod)

    async def detach(self, server_id: str, port_id: str, pod: Pod) -> None:
        """The server loses the port with this central id."""
        port = await self._neutron.show(OPERATOR, f"/ports/{port_id}")
        if port is None or port["device_id"] != server_id:
            return
        # The pod's Nova has only just begun to take it from the server.
        self._let_go(port_id, port["project_id"])

    async def _drop(self, port_id: str, pod: Pod) -> None:
        await self._blocking(partial(self._pod_ports.release_port, port_id, pod.id))
        await self._neutron.delete(OPERATOR, f"/ports/{port_id}")

    async def _free(self, port_id: str, pod: Pod) -> None:
        await self._blocking(partial(self._pod_ports.release_port, port_id, pod.id))
        free = {"port": {"device_id": "", "device_owner": ""}}
        await self._neutron.update(OPERATOR, f"/ports/{port_id}", free)

    async def translate(
        self, ids: Collection[tuple[Kind, str]], pod: Pod, *, inward: bool
    ) -> Mapping[tuple[Kind, str], str]:
        """Central ids to the pod's (``inward``) or back; unknown ones are left out."""
        ask = self._pod_ports.pod_ids if inward else self._pod_ports.central_ids
        found: dict[tuple[Kind, str], str] = {}
        for kind in {kind for kind, _ in ids}:
            own = [id for one, id in ids if one is kind]
            known = await self._blocking(partial(ask, kind.value, own, pod.id))
            found.update({(kind, id): other for id, other in known.items()})
        return found

    async def _blocking(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, work)


def _group(name: str, groups: list[Document], project_id: str) -> str:
    found = [one for one in groups if name in (one["id"], one["name"])]
    if not found:
        raise BadRequest(f"Security group {name} not found for project {project_id}.")
    exact = [one for one in found if one["id"] == name] or found
    if len(exact) > 1:
        raise Conflict(
            f"Multiple security groups found matching '{name}'. Use an ID to be more "
            "specific."
        )
    return str(exact[0]["id"])
