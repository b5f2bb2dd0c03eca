# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""From a central Neutron into pods' Neutrons, all of them real, over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

import pytest
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
from tricircle.jobs.retry import Again
from tricircle.network.reach import Reach
from tricircle.network.realiser import Realiser
from tricircle.network.reconcilers import handlers
from tricircle.pods import registry, routing
from tricircle.regions.network import NetworkClient, ServiceNetworkClient
from tricircle.regions.service import Service

_HANDLERS = {
    "network": handlers.NetworkHandler,
    "subnet": handlers.SubnetHandler,
    "port": handlers.PortHandler,
    "security_group": handlers.SecurityGroupHandler,
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
        """Run each job that is due, until none is."""
        while due := self._due():
            for job in due:
                self._run(job)

    def _due(self) -> list[Job]:
        with self.database.read() as session:
            jobs = session.scalars(select(Job))
            return [job for job in jobs if job.reached < job.wanted]

    def _run(self, job: Job) -> None:
        conf = cfg.ConfigOpts()
        network_conf.register_opts(conf)
        handler = _HANDLERS[job.kind](lambda conf: self)
        try:
            handler.reconcile(
                job, cast("Lease", _Lease()), Context(conf, self.database)
            )
        except Again:
            pass
        with self.database.write() as session:
            session.get_one(Job, job.id).reached = job.wanted

    def left(self, region: str) -> dict[str, int]:
        """What is in a region, without the groups that each project has."""
        client = self.network(region)
        return {
            kind: len([one for one in client.find(kind) if one["name"] != "default"])
            for kind in _HANDLERS
        }


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('db')}/t.sqlite")
    migration.sync(database)
    with database.write() as session:
        registry.create(session, name="RegionOne")
        pods = [
            registry.create(session, name=name, az_name=f"az-{name}")
            for name in ("Pod1", "Pod2")
        ]
    url = database.engine.url.render_as_string()
    with ExitStack() as stack:
        neutrons = {
            name: stack.enter_context(running(tmp_path_factory.mktemp(name), *own))
            for name, own in {"RegionOne": [url], "Pod1": [], "Pod2": []}.items()
        }
        yield Cloud(database, neutrons, pods)
    database.dispose()


def test_a_network_is_in_both_pods_and_goes_from_both(cloud: Cloud) -> None:
    central = cloud.central
    network = central.create("network", name="net")
    subnet = central.create(
        "subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4
    )
    group = central.create("security_group", name="web")
    rule = central.create(
        "security_group_rule",
        security_group_id=group["id"],
        direction="ingress",
        protocol="tcp",
        remote_group_id=group["id"],
    )
    default = cloud.network("RegionOne").find(
        "security_group", project_id="project", name="default"
    )[0]
    ports = [
        central.create(
            "port",
            network_id=network["id"],
            security_groups=[group["id"], default["id"]],
        )
        for _ in range(10)
    ]
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(cloud.realise, ports, cloud.pods * 5))
    cloud.work()

    for pod in cloud.pods:
        assert cloud.left(pod.name) == {
            "network": 1,
            "subnet": 1,
            "port": 5,
            "security_group": 1,
        }
        (replica,) = cloud.network(pod.name).find("network")
        for name in ("name", "mtu", "provider:segmentation_id", "description"):
            assert replica[name] == network[name]
    there = cloud.network("Pod1")
    first = there.get("port", made[0])
    assert first["mac_address"] == ports[0]["mac_address"]
    (web,) = there.find("security_group", name="web")
    (ingress,) = web["security_group_rules"]
    assert (ingress["protocol"], ingress["remote_group_id"]) == ("tcp", web["id"])
    (address,) = ports[0]["fixed_ips"]
    assert first["fixed_ips"][0]["ip_address"] == address["ip_address"]
    with cloud.database.read() as session:
        (route,) = routing.find(session, "port", ports[0]["id"])
    shown = cloud.network("RegionOne").get("port", ports[0]["id"])
    assert route.revision == shown["revision_number"]

    # Nova boots a server there; what it writes comes back.
    there.update(
        "port", made[0], {"device_id": "server", "device_owner": "compute:nova"}
    )
    central.update("port", ports[0]["id"], name="nic")
    central.delete("security_group_rule", rule["id"])
    cloud.work()
    shown = cloud.network("RegionOne").get("port", ports[0]["id"])
    assert (shown["device_id"], shown["device_owner"]) == ("server", "compute:az-Pod1")
    assert there.get("port", made[0])["name"] == "nic"
    (web,) = there.find("security_group", name="web")
    # Neutron's migrations, which do not run here, would make rules for egress.
    assert web["security_group_rules"] == []

    for port in ports:
        central.delete("port", port["id"])
    central.delete("subnet", subnet["id"])
    central.delete("network", network["id"])
    central.delete("security_group", group["id"])
    cloud.work()
    for region in ("RegionOne", "Pod1", "Pod2"):
        assert not any(cloud.left(region).values()), region
    with cloud.database.read() as session:
        kinds = {route.resource_id for route in routing.routes(session)}
    assert kinds == {default["id"]}
