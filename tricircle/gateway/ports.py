# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the gateway wants of the rest of Tricircle, as protocols.

`Placement` is where resources live and may go (``stores`` has it over the database,
``memory`` without one). `Realiser` makes central ports exist in a pod (``network`` has
it). `Quotas` holds the central region's limits over all pods (``quotas`` has it).
Nothing else of Tricircle is known to the gateway.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tricircle.gateway.message import Identity, Offer
from tricircle.gateway.places import Kind
from tricircle.quotas.demand import Demand
from tricircle.quotas.ledger import Raised
from tricircle.quotas.taking import Takes


@dataclass(frozen=True, slots=True)
class Pod:
    """A region that we send calls to; the central region is one too."""

    id: str
    name: str
    """Its region's name in Keystone."""
    zone: str = ""
    """The availability zone that users see; empty: the central region."""
    own_zone: str = ""
    """What the pod itself calls it; empty: it is not told of zones."""
    active: bool = True
    """It takes new resources; a cordoned pod only serves what it has."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """By catalogue type, with the version, without a project:
    ``{"compute": "http://pod1:8774/v2.1"}``."""
    versions: Mapping[str, Offer] = field(default_factory=dict)
    """Lowest and highest microversion, by our services' type."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A create that is under way: written before the pod hears of it."""

    id: str
    type: str
    pod: Pod
    project_id: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many resources a create asks for."""

    least: int = 1
    most: int = 1


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a new resource asks of the pod that it goes to."""

    type: str
    zone: str | None = None
    pod: str | None = None
    """The name of the pod where something that it needs lives."""
    near: tuple[tuple[str, str], ...] = ()
    """What lives there: types and ids."""
    networks: tuple[str, ...] = ()
    """Central ids of the networks to attach to."""
    flavor: Mapping[str, Any] | None = None
    """The central region's, as its API shows it."""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """What a route tells of a resource."""

    id: str
    pod: Pod
    project_id: str
    created_at: datetime
    """When its route was made: with the resource, if that was made here."""


class Placement(Protocol):
    """Where resources live and may go.

    What is not async never blocks and never fails: it is in memory. What is async may
    raise StoreUnavailable.
    """

    @property
    def pods(self) -> Sequence[Pod]:
        """All pods, in a steady order; a list's order rests on it."""

    @property
    def central(self) -> Pod:
        """The central region."""

    def pod(self, name: str) -> Pod | None:
        """The pod of that name, or the central region."""

    def known(self, type: str, id: str) -> Pod | None:
        """The pod where it lives, if memory has it."""

    def is_missed(self, type: str, id: str, project_id: str) -> bool:
        """Whether no pod had it a moment ago."""

    async def lookup(self, type: str, id: str) -> Pod | None:
        """The pod where it lives, if there is a route; memory learns it."""

    async def recorded(
        self,
        type: str,
        pods: Collection[Pod],
        *,
        project_id: str | None,
        id: str | None,
        limit: int,
    ) -> Sequence[Record]:
        """What routes tell of what is in these pods, and is not being deleted.

        Of a project, or of all; of one resource, or of all; the oldest first.
        """

    def learn(self, type: str, id: str, pod: Pod, project_id: str) -> None:
        """It was met in that pod: remember it now, and write it when there is time."""

    def miss(self, type: str, id: str, project_id: str) -> None:
        """No pod has it: do not ask them all again for a moment."""

    def deleting(self, type: str, id: str, pod: Pod) -> None:
        """The pod is deleting it; until it is gone, its route still leads there."""

    def gone(self, type: str, id: str, pod: Pod, project_id: str) -> None:
        """The pod says to this project that it does not have it.

        Counts only if it was this project's: what is others' does not show to it.
        """

    async def bind(self, project_id: str, wishes: Wishes) -> Pod:
        """The pod that takes a new resource of the project; kept from then on.

        Raises BadRequest for a zone that does not exist, Conflict or PodUnavailable
        where no pod can take it.
        """

    async def begin(
        self,
        type: str,
        pod: Pod,
        project_id: str,
        request_id: str,
        demand: Demand | None = None,
    ) -> Intent:
        """Write down that a create is about to be sent, and what it takes.

        Raises a QuotaError if that does not fit.
        """

    async def complete(self, intent: Intent, id: str) -> None:
        """The pod made it, and gave it this id; memory has it even if this raises."""

    async def abandon(self, intent: Intent) -> None:
        """It was not made, for certain."""


class Quotas(Protocol):
    """Holds limits. Async, and may raise StoreUnavailable or PodUnavailable."""

    async def afford(
        self, takes: Takes, service: str, pod: Pod, project_id: str, counts: Counts
    ) -> tuple[Demand, int]:
        """What the project wants and may have, and how many of it fit just now.

        The pod's own limits are out of the way then. Raises OverLimit if not even
        the least do; for a single one, `begin` says that.
        """

    async def begin(
        self,
        type: str,
        pod: Pod,
        project_id: str,
        request_id: str,
        demand: Demand | None,
    ) -> Intent:
        """Write down that a create is about to be sent; raises OverLimit."""

    async def abandon(self, intent: Intent) -> None:
        """The pod did not make it, perhaps for limits of its own."""

    async def grow(
        self, type: str, id: str, pod: Pod, takes: Takes, service: str, project_id: str
    ) -> Raised | None:
        """Let a resource take more before the pod is told; raises OverLimit."""

    async def shrink(self, raised: Raised) -> None:
        """The pod refused: it takes what it took before."""


@dataclass(frozen=True, slots=True)
class Interface:
    """One item of a server's ``networks``, or an interface to attach."""

    network_id: str | None = None
    port_id: str | None = None
    fixed_ips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """Which networks a new server is to have."""

    interfaces: tuple[Interface, ...] = ()
    automatic: str = ""
    """Without interfaces: ``auto``, ``none``, or ``default`` where nothing was said."""
    security_groups: tuple[str, ...] = ()
    """Names or ids, for the ports that have to be made."""


@dataclass(frozen=True, slots=True)
class Realised:
    """Ports that stand ready in a pod, in the order of the interfaces."""

    pod_ports: tuple[str, ...]
    context: Any = None
    """The realiser's own."""


class Realiser(Protocol):
    """Makes central ports exist in pods. Async, and may raise any GatewayError.

    It checks with the user's token what the user may have, before it uses its own.
    """

    async def prepare(
        self, wanted: Attachment, pod: Pod, identity: Identity, intent: str
    ) -> Realised:
        """Take or make the central ports, and realise them in the pod.

        ``intent`` marks what is made, so that what a crash leaves can be found. For
        ``default`` and ``auto`` it follows Nova's rules on the central region's
        networks: no network gives no port; several, for ``default``, a Conflict.
        Either all is there, or it raises and nothing is left.
        """

    async def claim(self, realised: Realised, server_id: str, pod: Pod) -> None:
        """The ports are this server's."""

    async def undo(self, realised: Realised, pod: Pod) -> None:
        """The server was not made: take back what `prepare` made."""

    async def refresh(self, port_id: str, pod: Pod) -> None:
        """The central port was changed: have the pod's follow at once.

        What does not work now is done later in any case.
        """

    async def release(self, server_id: str, pod: Pod) -> None:
        """The server is being deleted: its ports go, or are free again.

        May be late, may run twice.
        """

    async def detach(self, server_id: str, port_id: str, pod: Pod) -> None:
        """The server loses the port with this central id."""

    async def translate(
        self, ids: Collection[tuple[Kind, str]], pod: Pod, *, inward: bool
    ) -> Mapping[tuple[Kind, str], str]:
        """Central ids to the pod's (``inward``) or back; unknown ones are left out."""
