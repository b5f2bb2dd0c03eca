# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A central region with a network in it, two pods, and a worker."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from oslo_config import cfg
from sqlalchemy import select

from tests.unit.tricircle.network.fake import Neutron, Neutrons
from tricircle.conf import network as network_conf
from tricircle.db import migration
from tricircle.db.engine import Database
from tricircle.db.models import Job, Pod, Route
from tricircle.jobs.kinds import Context
from tricircle.jobs.lease import Lease
from tricircle.jobs.nudge import Silence
from tricircle.jobs.retry import Again, Outcome
from tricircle.network.reach import Patience, Reach
from tricircle.network.realiser import Realiser
from tricircle.network.reconcilers import handlers, port_status, router_handlers
from tricircle.network.wishes import Wishes
from tricircle.pods import registry, routing
from tricircle.regions.network import Resource

PROJECT = "project"
KINDS = (
    "network",
    "subnet",
    "port",
    "security_group",
    "address_group",
    "qos/policy",
)
_HANDLERS = {
    "network": handlers.NetworkHandler,
    "subnet": handlers.SubnetHandler,
    "port": handlers.PortHandler,
    "port_status": handlers.PortStatusHandler,
    "security_group": handlers.SecurityGroupHandler,
    "address_group": handlers.AddressGroupHandler,
    "security_group_members": handlers.MembersHandler,
    "qos_policy": handlers.QosPolicyHandler,
    "router": router_handlers.RouterHandler,
    "floatingip": router_handlers.FloatingIpHandler,
}


class _Lease:
    def check(self) -> None:
        pass


@dataclass
class World:
    """What a test acts on."""

    database: Database
    pods: list[Pod]
    neutrons: Neutrons = field(default_factory=Neutrons)
    patience: Patience = field(default_factory=lambda: Patience(20, 10, 600, 0.01))

    @property
    def lease(self) -> "_Lease":
        """A lease that is never lost."""
        return _Lease()

    @property
    def central(self) -> Neutron:
        return self.neutrons.network("RegionOne")

    @property
    def pod(self) -> Pod:
        return self.pods[0]

    @property
    def there(self) -> Neutron:
        return self.neutrons.network(self.pod.name)

    @property
    def reach(self) -> Reach:
        return Reach(self.database, self.neutrons, self.patience)

    @property
    def realiser(self) -> Realiser:
        return Realiser(self.reach)

    def realise(self, port: Resource, pod: Pod | None = None) -> str:
        return self.realiser.realise_port(port["id"], (pod or self.pod).id, PROJECT)

    def routes(self) -> list[Route]:
        with self.database.read() as session:
            return routing.routes(session)

    def replicas(self, pod: Pod | None = None) -> dict[str, int]:
        neutron = self.neutrons.network((pod or self.pod).name)
        return {kind: len(neutron.all(kind)) for kind in KINDS}

    def tell(self, kind: str, resource_id: str) -> None:
        """Do what our driver does when it hears of a change."""
        Wishes(self.database, Silence()).changed(kind, resource_id)

    def delete(self, kind: str, resource_id: str) -> None:
        """Delete a central resource, as Neutron and our driver do."""
        self.central.delete(kind, resource_id)
        if kind == "port":
            Wishes(self.database, Silence()).port_gone(resource_id)
        else:
            self.tell(kind, resource_id)

    def update(self, kind: str, resource_id: str, **changes: Any) -> None:
        """Change a central resource, as Neutron and our driver do."""
        changed = self.central.update(kind, resource_id, changes)
        if kind == "port":
            Wishes(self.database, Silence()).port_changed(changed)
        else:
            self.tell(kind, resource_id)

    def want(self, kind: str, resource_id: str) -> None:
        """Do what our L3 plugin does when it hears of a change."""
        Wishes(self.database, Silence()).wanted(kind, resource_id, PROJECT)

    def audit(self) -> list[tuple[str, str]]:
        """What the audits find, which is also done."""
        found = []
        for kind, handler in _HANDLERS.items():
            made = handler(lambda conf: self.neutrons)
            if kind == port_status.KIND:
                continue  # its jobs never end
            for wish in made.audit(self.context()):
                found.append((kind, wish.resource_id))
                self._run(wish.kind, wish.resource_id, wish.pod_id or "")
        return found

    def work(self, rounds: int = 20) -> list[str]:
        """Run jobs until none is due; return what the last round had to say."""
        said: list[str] = []
        for _ in range(rounds):
            with self.database.read() as session:
                due = [j for j in session.scalars(select(Job)) if j.reached < j.wanted]
            if not due:
                return []
            said = [text for job in due if (text := self._settle(job))]
        return said

    def _settle(self, job: Job) -> str:
        said = self._run(job.kind, job.resource_id, job.scope)
        if said in {"", "again"}:
            with self.database.write() as session:
                session.get_one(Job, job.id).reached = job.wanted
            return ""
        return said

    def _run(self, kind: str, resource_id: str, pod_id: str) -> str:
        job = Job(kind=kind, resource_id=resource_id, pod_id=pod_id or None)
        job.project_id = PROJECT
        handler = _HANDLERS[kind](lambda conf: self.neutrons)
        try:
            handler.reconcile(job, cast("Lease", _Lease()), self.context())
        except Again:
            return "again"
        except Outcome as outcome:
            return f"{kind}: {outcome!r}"
        return ""

    def context(self) -> Context:
        """What handlers work with."""
        conf = cfg.ConfigOpts()
        network_conf.register_opts(conf)
        conf.set_override("wait_time", self.patience.wait, network_conf.GROUP)
        conf.set_override("takeover_time", self.patience.takeover, network_conf.GROUP)
        return Context(conf, self.database)


def make_world(folder: Path) -> World:
    """A central region without anything, and two pods."""
    database = Database(f"sqlite:///{folder}/tricircle.sqlite")
    migration.sync(database)
    with database.write() as session:
        registry.create(session, name="RegionOne")
        pods = [
            registry.create(session, name=name, az_name=zone, pod_az_name="nova")
            for name, zone in {"Pod1": "az1", "Pod2": "az2"}.items()
        ]
    return World(database, pods)


def make_network(world: World, **network: Any) -> tuple[Resource, Resource]:
    """A central network with a subnet."""
    made = world.central.create(
        "network", {"name": "net", "project_id": PROJECT, **network}
    )
    subnet = world.central.create(
        "subnet",
        {"network_id": made["id"], "cidr": "10.0.0.0/24", "project_id": PROJECT},
    )
    return made, subnet


def make_port(
    world: World, subnet: Resource, groups: Iterable[Resource] = (), **port: Any
) -> Resource:
    """A central port."""
    body = {
        "network_id": subnet["network_id"],
        "project_id": PROJECT,
        "fixed_ips": [{"subnet_id": subnet["id"]}],
        "security_groups": [group["id"] for group in groups],
        **port,
    }
    return world.central.create("port", body)


def make_group(world: World, name: str = "web") -> Resource:
    """A central security group; ``default`` is there already."""
    if name == "default":
        (group,) = world.central.find("security_group", project_id=PROJECT, name=name)
        return group
    return world.central.create("security_group", {"name": name, "project_id": PROJECT})


def make_rule(world: World, group: Resource, **rule: Any) -> Resource:
    """A rule that lets something in."""
    body = {
        "security_group_id": group["id"],
        "direction": "ingress",
        "ethertype": "IPv4",
        **rule,
    }
    return world.central.create("security_group_rule", body)
