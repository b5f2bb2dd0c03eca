# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Three regions without users: real Neutrons, and a worker to run jobs by hand."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from keystoneauth1.adapter import Adapter
from keystoneauth1.noauth import NoAuth
from keystoneauth1.session import Session
from oslo_config import cfg
from sqlalchemy import select

from tests.functional.network.process import Neutron, running
from tricircle.conf import network as network_conf
from tricircle.db import migration
from tricircle.db.engine import Database
from tricircle.db.models import Job, Pod
from tricircle.jobs.kinds import Context
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Again, Retry, Wait
from tricircle.network.reach import Reach
from tricircle.network.realiser import Realiser
from tricircle.network.reconcilers import handlers, router_handlers
from tricircle.network.verify.drift import Drift
from tricircle.network.verify.repair import repair
from tricircle.network.verify.verifier import Verifier
from tricircle.pods import registry
from tricircle.regions.network import NetworkClient, ServiceNetworkClient
from tricircle.regions.service import Service

#: What tells whether something is left.
SHOWN = (
    "network",
    "subnet",
    "port",
    "security_group",
    "address_group",
    "qos/policy",
)
#: How often all jobs may be tried; what needs more than a few waits for ever.
_ROUNDS = 30

#: What runs jobs, by their kind.
HANDLERS = {
    "network": handlers.NetworkHandler,
    "subnet": handlers.SubnetHandler,
    "port": handlers.PortHandler,
    "port_status": handlers.PortStatusHandler,
    "security_group": handlers.SecurityGroupHandler,
    "security_group_members": handlers.MembersHandler,
    "address_group": handlers.AddressGroupHandler,
    "qos_policy": handlers.QosPolicyHandler,
    "router": router_handlers.RouterHandler,
    "floatingip": router_handlers.FloatingIpHandler,
}


class _Lease:
    def check(self) -> None:
        pass


@dataclass
class Cloud:
    """Three regions without users."""

    database: Database
    neutrons: dict[str, Neutron]
    pods: list[Pod]

    def network(self, region: str) -> NetworkClient:
        """As ``NetworkClients`` says."""
        adapter = Adapter(
            Session(NoAuth()), endpoint_override=self.neutrons[region].url
        )
        return ServiceNetworkClient(Service(adapter, f"network in {region}"))

    @property
    def central(self) -> Neutron:
        return self.neutrons["RegionOne"]

    def realise(self, port: Any, pod: Pod) -> str:
        realiser = Realiser(Reach(self.database, self))
        return realiser.realise_port(port["id"], pod.id, "project")

    def work(self) -> None:
        """Run each job that is due, until none is; TimeoutError if that takes long."""
        said: list[str] = []
        for _ in range(_ROUNDS):
            due = self._due()
            if not due:
                return
            said = [text for job in due if (text := self._run(job))]
        raise TimeoutError(said)

    def _due(self) -> list[Job]:
        with self.database.read() as session:
            jobs = session.scalars(select(Job))
            return [job for job in jobs if job.reached < job.wanted]

    def drift(self) -> list[Drift]:
        """What does not agree."""
        return [*Verifier(_conf(), self.database, self).verify()]

    def repair(self) -> None:
        """Mend what does not agree, by jobs."""
        repair(Reach(self.database, self), self.drift())
        self.work()

    def _run(self, job: Job) -> str:
        handler = HANDLERS[job.kind](lambda conf: self)
        try:
            handler.reconcile(
                job, cast("Lease", _Lease()), Context(_conf(), self.database)
            )
        except Again:
            pass
        except (Retry, Wait) as retry:
            return f"{job.kind}: {retry}"
        with self.database.write() as session:
            session.get_one(Job, job.id).reached = job.wanted
        return ""

    def left(self, region: str) -> dict[str, int]:
        """What is in a region, without the groups that each project has."""
        client = self.network(region)
        return {
            kind: len([one for one in client.find(kind) if one["name"] != "default"])
            for kind in SHOWN
        }


def _conf() -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    network_conf.register_opts(conf)
    return conf


@contextmanager
def running_cloud(folder: Path) -> Iterator[Cloud]:
    """A central region and two pods, in processes of their own."""
    database = Database(f"sqlite:///{folder}/t.sqlite")
    migration.sync(database)
    with database.write() as session:
        registry.create(session, name="RegionOne")
        pods = [
            registry.create(session, name=name, az_name=f"az-{name}")
            for name in ("Pod1", "Pod2")
        ]
    url = database.engine.url.render_as_string()
    with ExitStack() as stack:
        neutrons = {}
        for name, own in {"RegionOne": [url], "Pod1": [], "Pod2": []}.items():
            (folder / name).mkdir()
            neutrons[name] = stack.enter_context(running(folder / name, *own))
        yield Cloud(database, neutrons, pods)
    database.dispose()
