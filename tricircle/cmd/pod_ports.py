# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The realiser of ``network``, as the gateway wants it: two packages meet here only."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from tricircle.db.errors import DatabaseUnavailable
from tricircle.gateway.errors import (
    BadRequest,
    Conflict,
    GatewayError,
    PodUnavailable,
    StoreUnavailable,
)
from tricircle.network.errors import CentralGone, NotReachable, RealiseError, Taken
from tricircle.network.realiser import Realiser
from tricircle.pods.errors import PodsError
from tricircle.regions.errors import Refused, RegionsError

T = TypeVar("T")


class RealisedPorts:
    """`tricircle.gateway.central_ports.PodPorts`; what goes wrong is a GatewayError."""

    def __init__(self, realiser: Realiser) -> None:
        self._realiser = realiser

    def realise_port(self, port_id: str, pod_id: str, project_id: str) -> str:
        """The pod's id of a central port, which is there then."""
        realise = self._realiser.realise_port
        return _translated(lambda: realise(port_id, pod_id, project_id))

    def refresh_port(self, port_id: str, pod_id: str) -> None:
        """Have it agree with the central port: now, or soon if that does not work."""
        _translated(lambda: self._realiser.refresh_port(port_id, pod_id))

    def release_port(self, port_id: str, pod_id: str) -> None:
        """Have it taken away from the pod: now, or soon if the pod does not answer."""
        _translated(lambda: self._realiser.release_port(port_id, pod_id))

    def pod_ids(
        self, kind: str, central_ids: Collection[str], pod_id: str
    ) -> Mapping[str, str]:
        """The pod's ids by the central ones."""
        return _translated(lambda: self._realiser.pod_ids(kind, central_ids, pod_id))

    def central_ids(
        self, kind: str, pod_ids: Collection[str], pod_id: str
    ) -> Mapping[str, str]:
        """The central ids by the pod's."""
        return _translated(lambda: self._realiser.central_ids(kind, pod_ids, pod_id))


def _translated(act: Callable[[], T]) -> T:
    try:
        return act()
    except (RealiseError, RegionsError, PodsError) as error:
        raise _gateway_error(error) from error
    except (DatabaseUnavailable, SQLAlchemyError) as error:
        raise StoreUnavailable(
            "Tricircle's database does not answer. Try again later."
        ) from error


def _gateway_error(error: Exception) -> GatewayError:
    text = f"{str(error)[:1].upper()}{str(error)[1:]}."
    if isinstance(error, CentralGone):
        return BadRequest(text)
    if isinstance(error, NotReachable | Refused | Taken):
        return Conflict(text)
    return PodUnavailable(text)
