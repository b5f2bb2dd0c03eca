# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
r"""In which order the lab comes up: the steps, and what each needs.

::

    packages --- broker, database server --- schemas --- Keystone --- catalogue
        \------ fabric --- OVN, switches                                 |
    releases ------------------------------- APIs ------- daemons --- checks
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from lab import (
    database,
    departure,
    fabric,
    identity,
    images,
    install,
    ovn,
    readiness,
    services,
)
from lab.addition import Addition
from lab.config.sections import Site
from lab.credentials import Credentials
from lab.errors import ServiceError
from lab.paths import Paths
from lab.processes import Service, find, start, stop
from lab.steps import Step
from lab.topology import Pod, Region, Topology


@dataclass
class Plan:
    """The steps that bring up the lab, and what they have started."""

    topology: Topology
    paths: Paths
    credentials: Credentials
    addition: Addition = field(default_factory=Addition)
    _started: list[str] = field(default_factory=list)
    _abandoned: bool = False
    _launching: threading.Lock = field(default_factory=threading.Lock)

    def services(self) -> list[Service]:
        """Every service of the topology."""
        return [
            *services.shared(self.topology, self.paths),
            *(
                service
                for region in self.topology.regions
                for service in self._region_services(region)
            ),
            *(
                service
                for pod in self.topology.pods
                for service in self._network_services(pod)
            ),
        ]

    def steps(self) -> list[Step]:
        """All steps; each does nothing when it is done already."""
        return [
            *self._installation(),
            *self._shared(),
            *self._schemas(),
            *self._central(),
            *(step for pod in self.topology.pods for step in self._pod(pod)),
            *self.addition.steps(self._site(self.topology.central), self._bring_up),
        ]

    def abandon(self) -> list[str]:
        """Start nothing any more; returns the services that were started."""
        with self._launching:
            self._abandoned = True
            return self._started

    def _region_services(self, region: Region) -> list[Service]:
        stock = services.region(region, self.paths)
        return self.addition.services(self._site(region), stock)

    def _network_services(self, pod: Pod) -> list[Service]:
        return [
            *ovn.databases(pod, self.paths),
            ovn.northd(pod, self.paths),
            *(
                service
                for host in pod.hosts
                for service in (
                    *ovn.switch(host, self.paths),
                    ovn.controller(host, self.paths),
                )
            ),
        ]

    def _installation(self) -> Iterator[Step]:
        yield Step("Debian packages", partial(install.install_packages, self.paths))
        for release in self.topology.releases:
            yield Step(
                f"OpenStack {release}",
                partial(install.install_release, release, self.paths),
            )

    def _shared(self) -> Iterator[Step]:
        mariadb, epmd, rabbitmq, memcached = services.shared(self.topology, self.paths)

        def database_server() -> None:
            database.prepare_server(self.paths)
            self._start_and_wait(mariadb)
            database.prepare_users(
                self.topology, self.paths, self.credentials, self.addition.accounts
            )

        def broker() -> None:
            (self.paths.var / "rabbitmq").mkdir(parents=True, exist_ok=True)
            self._start_and_wait(epmd)
            self._start_and_wait(rabbitmq)

        packages = ("Debian packages",)
        yield Step("MariaDB", database_server, packages)
        yield Step("RabbitMQ", broker, packages)
        yield Step("memcached", lambda: self._start_and_wait(memcached), packages)
        yield Step("fabric", partial(fabric.build, self.topology), packages)

    def _schemas(self) -> Iterator[Step]:
        wanted = {
            (schema, region.release)
            for region in self.topology.regions
            for schema in database.databases(region).values()
        }
        wanted.add(("keystone", self.topology.central.release))
        for schema, release in sorted(wanted):
            yield Step(
                _schema_step(schema, release),
                partial(
                    database.prepare_template,
                    database.SCHEMAS[schema],
                    release,
                    self.topology,
                    self.paths,
                    self.credentials,
                ),
                ("MariaDB", f"OpenStack {release}"),
            )

    def _central(self) -> Iterator[Step]:
        central = self.topology.central
        site = self._site(central)
        stock = {service.name for service in services.region(central, self.paths)}
        apis = {
            service.name: service
            for service in self._region_services(central)
            if service.name in stock
        }
        keystone = apis.pop(f"{central.slug}-keystone-api")

        def start_keystone() -> None:
            database.prepare_database(central, "keystone", "keystone", self.paths)
            identity.bootstrap(site)
            self._start_and_wait(keystone)

        yield Step(
            "Keystone",
            start_keystone,
            (_schema_step("keystone", central.release), "memcached"),
        )
        populate = partial(identity.populate, site, self.addition)
        yield Step("catalogue", populate, ("Keystone",))
        preparation = list(self.addition.preparation(site))
        yield from preparation
        needs = tuple(step.name for step in preparation)
        yield from self._apis(central, list(apis.values()), needs)
        yield Step(
            "images",
            partial(images.populate, site),
            ("catalogue", f"{central.slug}-glance-api"),
        )

    def _pod(self, pod: Pod) -> Iterator[Step]:
        known = self._region_services(pod)
        yield from self._data_plane(pod)
        yield from self._apis(pod, [service for service in known if service.listens])
        daemons = [service for service in known if not service.listens]
        apis = tuple(service.name for service in known if service.listens)
        site = self._site(pod)
        needs = (*apis, "catalogue", "RabbitMQ", f"{pod.name} data plane")

        def start_daemons() -> None:
            for service in daemons:
                self._start(service)

        def reported(project: str) -> None:
            cloud = identity.connect(site, pod)
            proxy = cloud.compute if project == "nova" else cloud.block_storage
            names = [service.name for service in daemons if project in service.name]
            what = f"{project} of {pod.name}"
            readiness.wait_reported(what, proxy.services, names, pod, self.paths)
            if project == "nova":
                readiness.wait_mapped(cloud, pod, self.paths)
                departure.forget_computes(cloud, pod)

        def agents() -> None:
            cloud = identity.connect(site, pod)
            readiness.wait_agents(cloud, pod, self.paths)
            departure.forget_agents(cloud, pod)

        started = f"{pod.name} services"
        yield Step(started, start_daemons, needs)
        for project in ("nova", "cinder"):
            name = f"{pod.name} {project} up"
            yield Step(name, partial(reported, project), (started,))
        yield Step(f"{pod.name} neutron up", agents, (started,))

    def _apis(
        self, region: Region, apis: list[Service], needs_more: tuple[str, ...] = ()
    ) -> Iterator[Step]:
        """The region's databases, then its APIs, each on its own."""
        databases = database.databases(region)
        schemas = {_schema_step(name, region.release) for name in databases.values()}

        def prepare() -> None:
            for name, schema in databases.items():
                database.prepare_database(region, name, schema, self.paths)
            database.map_cells(region, self.paths)
            self._make_state(region)

        yield Step(f"{region.name} databases", prepare, tuple(sorted(schemas)))
        needs = [f"{region.name} databases", "memcached", "RabbitMQ", *needs_more]
        if isinstance(region, Pod):
            needs.append(f"{region.name} data plane")
        for api in apis:
            yield Step(api.name, partial(self._start_api, api), tuple(needs))

    def _data_plane(self, pod: Pod) -> Iterator[Step]:
        def databases() -> None:
            ovn.prepare_databases(pod, self.paths)
            for service in ovn.databases(pod, self.paths):
                self._start_and_wait(service)
            ovn.initialise_databases(pod, self.paths)
            self._start(ovn.northd(pod, self.paths))
            for host in pod.hosts:
                ovn.prepare_switch(host, self.paths)
                for service in ovn.switch(host, self.paths):
                    self._start_and_wait(service)
                ovn.configure_switch(pod, host, self.paths)
                self._start(ovn.controller(host, self.paths))

        yield Step(f"{pod.name} data plane", databases, ("fabric",))

    def _make_state(self, region: Region) -> None:
        """Directories that services expect to find."""
        names = [*_STATE, *(_POD_STATE if isinstance(region, Pod) else _CENTRAL_STATE)]
        if isinstance(region, Pod):
            names += [f"nova-{host.name}" for host in region.hosts]
        for name in names:
            (self.paths.var / region.slug / name).mkdir(parents=True, exist_ok=True)

    def _bring_up(self, service: Service) -> None:
        if service.listens:
            self._start_api(service)
        else:
            self._start(service)

    def _start_api(self, service: Service) -> None:
        self._start(service)
        readiness.wait_answering(service, self.paths)

    def _start_and_wait(self, service: Service) -> None:
        self._start(service)
        readiness.wait_listening(service, self.paths)

    def _start(self, service: Service) -> None:
        """Start the service, unless it runs as it should."""
        running = find(self.paths.root).get(service.name)
        if running and running.main and running.digest == service.digest():
            return
        if running:
            stop([running])
        self._launch(service)

    def _launch(self, service: Service) -> None:
        with self._launching:
            if self._abandoned:
                raise ServiceError(f"{service.name} is not started any more")
            self._started.append(service.name)
            start(service, self.paths)

    def _site(self, region: Region) -> Site:
        return Site(self.topology, region, self.paths, self.credentials)


_STATE = ("cinder/coordination", "locks", "neutron", "nova")
_POD_STATE = ("cinder/backups", "cinder/files", "cinder/volumes")
_CENTRAL_STATE = (
    "glance/cache",
    "glance/images",
    "glance/images-second",
    "glance/staging",
    "glance/tasks",
)


def _schema_step(schema: str, release: str) -> str:
    return f"schema {schema} {release}"
