# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can go wrong with pods, bindings and routes.

::

    PodsError
     +- NotFound
     |   +- PodNotFound
     |   +- BindingNotFound
     |   +- RouteNotFound
     |   +- MarkerNotFound      a page can't follow an item that is not there
     +- Conflict
     |   +- PodExists           that region is a pod already
     |   +- CentralRegionExists there is one only
     |   +- BindingExists
     |   +- RouteExists         that resource has a route to that pod already
     |   +- RouteElsewhere      the resource lives in one pod only, and in another
     |   +- PodInUse            it still has routes or bindings; with their numbers
     |   +- PodUnsettled        it is being made or deleted just now
     |   +- PodClosed           it takes nothing new
     |   +- NoCentralRegion     a pod needs one
     |   +- CentralRegionInUse  there are pods
     |   +- BindingInUse        the project still has resources there
     +- NotBindable             the central region takes no servers
     +- NoValidPod              no pod can take it; with the decision that says why
     +- PluginUnusable          a filter or weigher can't be loaded
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tricircle.pods.decision import Decision


class PodsError(Exception):
    """It can't be done. ``str()`` names the thing at fault and says what to do."""


class NotFound(PodsError):
    """There is no such thing."""


class PodNotFound(NotFound):
    """No pod has this id or name."""


class BindingNotFound(NotFound):
    """No binding has this id."""


class RouteNotFound(NotFound):
    """No route has this id."""


class MarkerNotFound(NotFound):
    """The item that a page shall follow does not exist (any more)."""


class Conflict(PodsError):
    """It does not fit to what is there."""


class PodExists(Conflict):
    """A pod of this name exists."""


class CentralRegionExists(Conflict):
    """There is a central region already."""


class BindingExists(Conflict):
    """The project is bound to this pod already."""


class RouteExists(Conflict):
    """The resource has a route to this pod already."""


class RouteElsewhere(Conflict):
    """The resource lives in one pod only; ``pod_id`` is that pod."""

    def __init__(self, resource_type: str, resource_id: str, pod_id: str) -> None:
        super().__init__(
            f"{resource_type} {resource_id} lives in one pod only, which is {pod_id}"
        )
        self.pod_id = pod_id


class PodInUse(Conflict):
    """The pod still has ``routes`` and ``bindings``, so many of each."""

    def __init__(self, name: str, routes: int, bindings: int) -> None:
        super().__init__(
            f"pod {name} still has {routes} route(s) and {bindings} binding(s);"
            " delete or move these first"
        )
        self.routes = routes
        self.bindings = bindings


class PodUnsettled(Conflict):
    """The pod is being made or deleted, and can't be changed meanwhile."""


class PodClosed(Conflict):
    """The pod takes nothing new: it is cordoned, or being made or deleted."""


class NoCentralRegion(Conflict):
    """A pod needs the central region, whose Nova shows its zone."""


class CentralRegionInUse(Conflict):
    """There are pods, so the central region can't be deleted."""


class BindingInUse(Conflict):
    """The project still has so many ``routes`` to the pod."""

    def __init__(self, project_id: str, pod_id: str, routes: int) -> None:
        super().__init__(
            f"project {project_id} still has {routes} route(s) to pod {pod_id};"
            " without the binding its lists would not show these resources"
        )
        self.routes = routes


class NotBindable(PodsError):
    """A project can't be bound to the central region."""


class NoValidPod(PodsError):
    """No pod can take the request; ``decision`` has each pod's reasons."""

    def __init__(self, decision: "Decision") -> None:
        super().__init__(decision.summary)
        self.decision = decision


class PluginUnusable(PodsError):
    """A filter or weigher of the configuration can't be loaded."""
