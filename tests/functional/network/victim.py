# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A worker for networks that kills itself at an effect on a region, if it is told to.

Arguments: the database's URL, the regions' endpoints as JSON, the number of the effect,
or 0, and whether it dies before or after that one.
"""

import json
import os
import signal
import sys
from itertools import count
from typing import Any

from keystoneauth1.adapter import Adapter
from keystoneauth1.noauth import NoAuth
from keystoneauth1.session import Session
from oslo_config import cfg
from requests import Response

from tests.functional.network.cloud import HANDLERS
from tricircle.conf import jobs as jobs_conf
from tricircle.conf import network as network_conf
from tricircle.db.engine import Database
from tricircle.jobs.kinds import Context
from tricircle.jobs.worker import Worker
from tricircle.regions.network import NetworkClient, ServiceNetworkClient
from tricircle.regions.service import Service

#: Short, so that a dead worker is noticed soon; a busy machine must not kill others.
_PACE = {
    jobs_conf.GROUP: {
        "lease_time": 3.0,
        "poll_interval": 0.1,
        "first_backoff": 0.1,
        "longest_backoff": 2.0,
        "audit_interval": 2.0,
    },
    network_conf.GROUP: {"wait_time": 30.0, "settle_time": 0.0},
}


class _Deadly(Adapter):
    numbers = count(1)
    number = 0
    where = ""

    def request(self, url: str, method: str, **options: Any) -> Response:
        if method == "GET" or next(self.numbers) != self.number:
            return super().request(url, method, **options)
        if self.where == "after":
            super().request(url, method, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("it is dead")


class Regions:
    """Its clients of the regions, by their endpoints."""

    def __init__(self, endpoints: dict[str, str]) -> None:
        self._endpoints = endpoints

    def network(self, region: str) -> NetworkClient:
        """As ``NetworkClients`` says."""
        endpoint = self._endpoints[region]
        adapter = _Deadly(Session(NoAuth()), endpoint_override=endpoint)
        return ServiceNetworkClient(Service(adapter, f"network in {region}"))


def main(url: str, endpoints: str, number: str, where: str) -> None:
    """Work until the end."""
    _Deadly.number, _Deadly.where = int(number), where
    conf = cfg.ConfigOpts()
    jobs_conf.register_opts(conf)
    network_conf.register_opts(conf)
    for group, values in _PACE.items():
        for name, value in values.items():
            conf.set_override(name, value, group)
    regions = Regions(json.loads(endpoints))
    made = {kind: handler(lambda conf: regions) for kind, handler in HANDLERS.items()}
    Worker(Context(conf, Database(url)), made).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
