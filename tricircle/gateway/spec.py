# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The words in which ``services`` describe what the APIs of OpenStack look like.

A `Service` has resources; a `Resource` has actions; an `Action` is a path with the
strategy that serves it. Everything is frozen data, read by ``router`` (which action is
meant), ``strategies`` (what to do) and ``rewrite`` (what a body holds: in the words of
``places``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tricircle.gateway.edition import Edition, Legacy
from tricircle.gateway.makes import Makes
from tricircle.gateway.places import Field, IdField, Place


class Strategy(StrEnum):
    """What becomes of a call; ``strategies`` has a module for each."""

    SCHEDULED = "scheduled"
    """Creates: choose the pod."""
    OWNER = "owner"
    """Goes to the pod where the resource lives."""
    SOUGHT = "sought"
    """No route leads there: a name tells the pod, or the one that has it answers."""
    BROADCAST = "broadcast"
    """A list: every pod is asked, and the lists become one."""
    LIMITED = "limited"
    """A limit, which the central region sets, but not below what pods use."""
    MIRRORED = "mirrored"
    """Done in the central region; pods get copies when they need them."""
    TWINNED = "twinned"
    """The central region's, with the members that its twins in pods have."""
    HOSTED = "hosted"
    """The central region's, with hosts that are in pods."""
    CENTRAL = "central"
    """Concerns the central region alone."""
    SUMMED = "summed"
    """Numbers: the central region's, with the pods' counts added up."""
    STITCHED = "stitched"
    """Sums that come in pages, for clients to add up."""
    SPLIT = "split"
    """One call about things in many pods: each pod gets its part."""
    LOCAL = "local"
    """Answered from what the gateway knows."""
    REFUSED = "refused"
    """Not offered, with a sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A type of resource that is made in the central region and copied to pods."""

    type: str
    key: str
    """Around it in documents: ``flavor``."""
    path: str
    """``/flavors``."""
    version: str
    """The microversion in which it is read and copied."""
    copied: tuple[str, ...]
    """What a copy is made of; what the central one lacks is left out."""
    compared: tuple[str, ...]
    """What must be equal, else the copy is made anew."""
    as_admin: bool = True
    """Copies belong to the operator; otherwise to the user who needs them."""
    twin: str = ""
    """Pods choose the ids of their copies, so that names tell which is which: this
    field of the original is the copy's name."""
    told: str = "name"
    """The field of a twin by which a pod is told which one is meant."""
    specs: str = ""
    """Below a copy: where its extra specs are changed, ``os-extra_specs``."""
    spec_key: str = "extra_specs"
    """What they are called in documents."""
    with_qos: bool = False
    """It may have QoS specs and encryption, which are copied with it."""
    public: str = ""
    """The field that says whether every project may use it."""
    grant: tuple[str, str] = ("", "")
    """The action, with its key, that lets a project use a private one."""
    missing: tuple[int, str] = (400, "")
    """What the service says when it does not exist; ``{}`` is the reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """What a create gets where its body names nothing."""

    at: tuple[str, str]
    """Where it would be named: ``("volume", "volume_type")``."""
    path: str
    """Where the central region shows the project's: ``/types/default``."""
    everywhere: str
    """The name of the one that every region has."""
    unless: tuple[str, ...]
    """Beside it: what brings one of its own."""


COMMON_FIELDS: Mapping[str, str] = {
    name: name for name in ("created_at", "id", "name", "status")
}
"""Sort keys that most items show by the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagination:
    """How a list is cut into pages, and in which order it comes."""

    key: str
    """The list's name in its answer: ``servers``; links are ``servers_links``."""
    detail: str
    """The path whose items have all that sorting needs: ``/servers/detail``."""
    brief: tuple[str, ...] = ()
    """What the items of the short form hold; empty: they are as in the long form."""
    default: tuple[tuple[str, bool], ...] = (("created_at", True),)
    """The order when none is asked for: sort keys, and whether they descend."""
    fields: Mapping[str, str] = field(default_factory=lambda: COMMON_FIELDS)
    """Sort keys that every item shows, and as which field: ``{"created_at":
    "created"}``. What is sorted by something else cannot be merged by it."""
    page: int = 1000
    """What a pod gives at most (its ``max_limit``)."""
    zone: str = "availability_zone"
    """The filter that names a zone; empty: there is none."""
    id: str = "id"
    """What markers name."""
    since: "tuple[int, int] | None" = (0, 0)
    """The first microversion that has pages; before it, or if None, it comes whole."""
    whole_with: str = ""
    """A parameter with which it comes whole, too."""
    split: str = ""
    """A filter whose values, with ``|`` between them, are asked for one by one."""
    none_is_404: bool = False
    """A pod that has nothing to list says 404; so do we, if no pod has anything."""


FALSE = frozenset({"0", "f", "false", "off", "n", "no"})
"""What OpenStack's services take for a no, whatever its case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """How a resource is shown whose pod does not answer: by what its route tells."""

    since: tuple[int, int]
    """The first microversion whose clients know this form; before it, there is none."""
    known: Callable[[Any, str], dict[str, Any]]
    """Makes the document, of a ``Record`` and the address of the service's version."""
    brief: frozenset[str]
    """What of it is in the short form of a list,"""
    detail: frozenset[str]
    """and in the long one."""
    harmless: Mapping[str, frozenset[str] | None]
    """Parameters, and their values, that leave no resource out of a list. With others
    a list has none of these: nobody can say whether they would fit."""
    everybodys: str
    """The parameter that asks for all projects' resources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Which numbers are the pods' sum; the rest is the central region's."""

    at: tuple[Place, ...]
    united: tuple[Place, ...] = ()
    """Maps of lists that hold what any pod's hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What limits may not be set below: what is in use, and how services say that."""

    below: str = ""
    """After the path, and ``query``: where pods tell it."""
    query: tuple[tuple[str, str], ...] = ()
    words: str
    forced: bool = False
    """``force`` in the body sets them all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a call takes of its project's quota."""

    service: str
    """The type of the service that has the limits."""
    takes: Callable[[Any, Mapping[str, Any]], Mapping[str, int]]
    """How much of each limit, out of the body and of what it names, by type."""
    reads: tuple[IdField, ...] = ()
    """What has to be read of what the body names..."""
    unless: tuple[str, ...] = ()
    """... if it does not say all of these itself."""
    subject: str = ""
    """What the path is about, if that has to be read."""
    when: tuple[str, ...] = ()
    """Keys of which the body must have one; else it takes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A path, its methods, and what becomes of a call to it."""

    path: str
    """``/servers/{server}/os-interface/{port}``: a brace names the type of the id
    there; ``/**`` at the end stands for everything below."""
    strategy: Strategy
    methods: tuple[str, ...] = ()
    """Empty: every method."""
    near: tuple[IdField, ...] = ()
    """Resources that must live in the pod that serves it: they choose it, too."""
    needs: tuple[IdField, ...] = ()
    """Mirrored resources that the pod must have first."""
    default: Default | None = None
    """What the body names, if it names none of its kind."""
    zone: Place | None = None
    """Where the body names an availability zone."""
    request: tuple[Field, ...] = ()
    """What else in the body is rewritten on the way to the pod."""
    query: tuple[Field, ...] = ()
    """Which parameters of the query are."""
    outlives: bool = False
    """It shows what stays when the resource, and its route, are gone."""
    exact: bool = False
    """It changes something though its method is GET: a name must tell its pod."""
    pagination: Pagination | None = None
    sum: Sum | None = None
    combine: Callable[[list[Any]], Any] | None = None
    """Makes one document of pairs, a pod and the document that it answered with, where
    adding up is not enough."""
    floor: Floor | None = None
    """Of a limit."""
    quota: Quota | None = None
    """What it takes; of a create, for one of as many as it asks for."""
    makes: Makes | None = None
    """What else the pod makes of it, which takes something, too."""
    networks: Place | None = None
    """Where the body says which networks to attach: the realiser makes the ports."""
    about_ports: bool = False
    """Some of its bodies are about the server's ports, which the central region has."""
    attaches: bool = False
    """The body attaches one interface, as Nova's ``interfaceAttachment``."""
    splits: tuple[str, str] = ("", "")
    """The list of the body that is split, and the key by which its items name a
    resource: ``("events", "server_uuid")``."""
    multiple: bool = False
    """The body may ask for several at once: ``min_count``, ``max_count``."""
    deletes: frozenset[str] = frozenset()
    """Methods, or keys of the body, that delete the resource."""
    mirror: str = ""
    """The mirrored type whose copies go when this path's resource is deleted."""
    local: "Callable[[Any], Any] | None" = None
    """Makes the document of a ``LOCAL`` answer out of the ``Exchange``."""
    refusal: str = ""
    """Why a ``REFUSED`` action is, and what to do instead."""

    @property
    def reads_body(self) -> bool:
        """Whether the body must be read, not just passed on."""
        return bool(
            self.strategy in {Strategy.SCHEDULED, Strategy.LIMITED}
            or self.near
            or self.needs
            or self.zone
            or self.request
            or self.splits[0]
            or self.networks
            or self.attaches
            or self.makes
            or self.deletes - {"DELETE"}
        )

    @property
    def streams_body(self) -> bool:
        """Whether a body may be passed on as it comes: one region gets it, once."""
        one_region = {Strategy.OWNER, Strategy.CENTRAL}
        return self.strategy in one_region and not self.reads_body


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A noun of a service."""

    type: str
    """As routes and the braces of paths call it: ``server``."""
    actions: tuple[Action, ...]
    bodies: Mapping[str, tuple[Field, ...]] | None = None
    """What answers hold, by their outermost key: ``{"server": ...}``; by ``""``, what
    they hold without one."""
    created: Place = ()
    """Where the answer to a create has the id."""
    project: Place = ()
    """Where an answer says whose it is, if it does; else it is the user's."""
    show: str = ""
    """The path that tells whether a pod has one: ``/servers/{}``."""
    outage: Outage | None = None
    routed: bool = True
    """Routes lead to it. Else the pods are asked each time: it is the pods' own, or
    there are many of it, and few calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One of OpenStack's APIs, as it is served here."""

    type: str
    """In Keystone's catalogue and in microversion headers: ``compute``."""
    catalog: tuple[str, ...]
    """Catalogue types by which pods may list it, the best first."""
    root: str
    """The path of its version: ``/v2.1``."""
    project_in_path: bool
    """Its pods want the project in the path (Cinder before 3.67 does)."""
    headers: tuple[bytes, ...]
    """Microversion headers, the general one first."""
    faults: Mapping[int, str]
    """The key around an error of a status; otherwise ``computeFault``."""
    edition: Edition
    resources: tuple[Resource, ...]
    mirrors: tuple[Mirror, ...] = ()
    lists_versions: bool = False
    """Its version document is a list, also below the version."""
    fault_type: bytes = b"application/json"
    """The content type of its errors."""
    absent: int = 404
    """The status when a body names something that does not exist."""
    legacy: Legacy | None = None
    """A version before microversions, which is served as the lowest of them."""
    no_zone: str
    """What it says of a zone that does not exist."""
    over_limit: int
    """The status when something does not fit under a limit."""
