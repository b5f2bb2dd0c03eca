# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Whatever goes wrong in realising a port is something that the gateway can say."""

import pytest

from tricircle.cmd.pod_ports import RealisedPorts
from tricircle.db.errors import DatabaseUnavailable
from tricircle.gateway.errors import (
    BadRequest,
    Conflict,
    GatewayError,
    PodUnavailable,
    StoreUnavailable,
)
from tricircle.network import errors as network
from tricircle.network.realiser import Realiser
from tricircle.pods.errors import PodNotFound
from tricircle.regions import errors as regions


class Fails(Realiser):
    """A realiser with which everything goes wrong."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def realise_port(self, port_id: str, pod_id: str, project_id: str) -> str:
        raise self._error


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (network.CentralGone("port", "A"), BadRequest),
        (network.NotReachable("network N is local to Pod1"), Conflict),
        (network.Busy("busy"), PodUnavailable),
        (network.HoldLost("lost"), PodUnavailable),
        (regions.Clash("taken", 409), Conflict),
        (regions.Unreachable("Neutron does not answer"), PodUnavailable),
        (regions.Broken("Neutron failed"), PodUnavailable),
        (PodNotFound("no pod"), PodUnavailable),
        (DatabaseUnavailable("down"), StoreUnavailable),
    ],
)
def test_errors_are_the_gateways(error: Exception, becomes: type[GatewayError]) -> None:
    with pytest.raises(becomes):
        RealisedPorts(Fails(error)).realise_port("A", "pod", "P")
