# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What runs of Tricircle on the lab, and in which order it comes up."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from demo.installation import configuration, software
from demo.installation.configuration import (
    ACCOUNT,
    ADDRESS,
    ADMIN_METRICS_PORT,
    ADMIN_PORT,
    COMPUTE_PORT,
    METRICS_PORT,
    VOLUME_PORT,
    XJOB_METRICS_PORT,
)
from lab.addition import Addition, Endpoint
from lab.config.ini import Ini
from lab.config.sections import Site
from lab.paths import Paths
from lab.processes import Service
from lab.shell import run
from lab.steps import Step
from lab.topology import Central, Region

_INSTALLED = "Tricircle's software"
_SCHEMA = "Tricircle's database"
#: The daemons, and where each listens.
_DAEMONS = {
    "api": (ADMIN_PORT, ADMIN_METRICS_PORT),
    "gateway": (COMPUTE_PORT, VOLUME_PORT, METRICS_PORT),
    "xjob": (XJOB_METRICS_PORT,),
}


class Tricircle(Addition):
    """Tricircle in the central region."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """One, for all services."""
        return (ACCOUNT,)

    def files(self, site: Site, stock: Mapping[str, Ini]) -> Mapping[str, Ini]:
        """Its own file, and its driver in the central Neutron's."""
        return stock if site.pod else configuration.amended(site, stock)

    def services(self, site: Site, stock: list[Service]) -> list[Service]:
        """Its own, and the central Neutron with the driver in its path."""
        if site.pod:
            return stock
        path = _path(site.paths)
        neutron = f"{site.region.slug}-neutron-api"
        return [
            replace(service, environment={**service.environment, **path})
            if service.name == neutron
            else service
            for service in stock
        ] + _services(site)

    def endpoints(self, region: Region) -> Iterable[Endpoint]:
        """The gateway in the public place of Nova and Cinder; the operators' API."""
        if not isinstance(region, Central):
            return
        compute, volume = (f"http://{ADDRESS}:{p}" for p in (COMPUTE_PORT, VOLUME_PORT))
        yield Endpoint("compute", "nova", "public", f"{compute}/v2.1")
        yield Endpoint("block-storage", "cinder", "public", f"{volume}/v3")
        project = "/v3/$(project_id)s"
        yield Endpoint("volumev3", "cinderv3", "public", f"{volume}{project}")
        operators = f"http://{ADDRESS}:{ADMIN_PORT}/v1.0"
        for interface in ("public", "internal", "admin"):
            yield Endpoint("Cascading", "tricircle", interface, operators)

    def preparation(self, site: Site) -> Iterator[Step]:
        """The software and the database, which the central Neutron needs, too."""
        yield Step(_INSTALLED, partial(software.install, site.paths))
        yield Step(_SCHEMA, partial(_sync, site), (_INSTALLED, "MariaDB"))

    def steps(self, site: Site, start: Callable[[Service], None]) -> Iterator[Step]:
        """Its services, each on its own."""
        needs = (_SCHEMA, "catalogue", "RabbitMQ", "memcached")
        for service in _services(site):
            yield Step(service.name, partial(start, service), needs)


def _services(site: Site) -> list[Service]:
    return [
        Service(
            name=f"{site.region.slug}-tricircle-{daemon}",
            command=(*_python(f"tricircle.cmd.{daemon}"), _option(site)),
            environment=_path(site.paths),
            files=(_file(site),),
            listens=tuple((ADDRESS, port) for port in ports),
        )
        for daemon, ports in _DAEMONS.items()
    ]


def _sync(site: Site) -> None:
    run(
        [*_python("tricircle.cmd.manage"), _option(site), "db", "sync"],
        environment=_path(site.paths),
        log=site.paths.log_file("tricircle-db-sync"),
    )


def _python(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module)


def _file(site: Site) -> Path:
    return site.paths.etc / site.region.slug / configuration.FILE


def _option(site: Site) -> str:
    return f"--config-file={_file(site)}"


def _path(paths: Paths) -> dict[str, str]:
    return {"PYTHONPATH": str(software.directory(paths))}
