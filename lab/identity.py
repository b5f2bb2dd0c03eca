# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Keystone's content: service users, regions, the catalogue, demo users.

A pod's endpoints are ``internal`` and ``admin`` only: a user's client, which
asks for public ones, finds the central region alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack
import yaml

from lab.addition import Addition, Endpoint
from lab.config.sections import DOMAIN, SERVICE_PROJECT, Site, keystone_url
from lab.credentials import Credentials, write_private
from lab.paths import Paths
from lab.shell import run
from lab.topology import Central, Pod, Port, Region, Topology

SERVICE_USERS = ("nova", "neutron", "cinder", "glance", "placement")
#: A project with an ordinary user in it, to try things with.
DEMO = "demo"
#: How a region is known that goes when it leaves the topology.
_OURS = "A pod of the lab"


@dataclass(frozen=True)
class _Api:
    """A catalogue entry; ``everywhere``: pods list the central region's URL."""

    type: str
    name: str
    port: Port
    path: str = ""
    everywhere: bool = False


_APIS = (
    _Api("identity", "keystone", Port.KEYSTONE, "/v3", everywhere=True),
    _Api("image", "glance", Port.GLANCE, everywhere=True),
    _Api("network", "neutron", Port.NEUTRON),
    _Api("compute", "nova", Port.NOVA, "/v2.1"),
    _Api("block-storage", "cinder", Port.CINDER, "/v3"),
    _Api("volumev3", "cinderv3", Port.CINDER, "/v3/$(project_id)s"),
    _Api("placement", "placement", Port.PLACEMENT),
)


def bootstrap(site: Site) -> None:
    """Make Keystone's keys, its administrator and the first roles."""
    marker = Path(site.state("keystone")) / "bootstrapped"
    if marker.exists():
        return
    manage = [
        site.paths.bin(site.region.release, "keystone-manage"),
        f"--config-file={site.etc('keystone')}/keystone.conf",
    ]
    log = site.paths.log_file("keystone-bootstrap")
    for repository in ("fernet-keys", "credential-keys"):
        (Path(site.state("keystone")) / repository).mkdir(
            parents=True, exist_ok=True, mode=0o700
        )
    as_root = ["--keystone-user=root", "--keystone-group=root"]
    run([*manage, "fernet_setup", *as_root], log=log)
    run([*manage, "credential_setup", *as_root], log=log)
    password = {"OS_BOOTSTRAP_PASSWORD": site.credentials["keystone.admin"]}
    options = [f"--bootstrap-region-id={site.central.name}"]
    options += [f"--bootstrap-{face}-url={keystone_url(site)}" for face in _INTERFACES]
    run([*manage, "bootstrap", *options], environment=password, log=log)
    marker.touch()


def populate(site: Site, addition: Addition) -> None:
    """Make users, projects, roles, regions and endpoints that are missing."""
    cloud = connect(site, site.central)
    services = (*SERVICE_USERS, *addition.accounts)
    _populate_users(cloud, services, site.credentials)
    _populate_catalogue(cloud, site.topology, addition)


def _populate_users(
    cloud: Any, services: Iterable[str], credentials: Credentials
) -> None:
    identity = cloud.identity
    roles = {role.name: role for role in identity.roles()}
    for name in ("service", "member", "reader"):
        roles[name] = roles.get(name) or identity.create_role(name=name)
    projects = {
        name: identity.find_project(name)
        or identity.create_project(name=name, domain_id=DOMAIN)
        for name in (SERVICE_PROJECT, DEMO)
    }
    grants = {user: (SERVICE_PROJECT, ("admin", "service")) for user in services}
    grants[DEMO] = (DEMO, ("member", "reader"))
    for name, (project, granted) in grants.items():
        password = credentials[f"keystone.{name}"]
        user = identity.find_user(name) or identity.create_user(
            name=name, password=password, domain_id=DOMAIN
        )
        for role in granted:
            identity.assign_project_role_to_user(projects[project], user, roles[role])


def _populate_catalogue(cloud: Any, topology: Topology, addition: Addition) -> None:
    identity = cloud.identity
    known = {region.id: region for region in identity.regions()}
    _remove_regions(
        identity,
        [
            region
            for region in known.values()
            if region.description == _OURS
            and region.id not in {wanted.name for wanted in topology.regions}
        ],
    )
    services = {service.type: service for service in identity.services()}
    for region in topology.regions:
        if region.name not in known:
            identity.create_region(id=region.name, description=_OURS)
        endpoints = [*_endpoints(region, topology.central), *addition.endpoints(region)]
        for entry in endpoints:
            if entry.type not in services:
                services[entry.type] = identity.create_service(
                    type=entry.type, name=entry.name
                )
        _populate_endpoints(identity, region, endpoints, services)


def _remove_regions(identity: Any, regions: list[Any]) -> None:
    """Remove pods that have left the topology from the catalogue."""
    for region in regions:
        for endpoint in identity.endpoints(region_id=region.id):
            identity.delete_endpoint(endpoint)
        identity.delete_region(region)


def _populate_endpoints(
    identity: Any,
    region: Region,
    endpoints: Iterable[Endpoint],
    services: Mapping[str, Any],
) -> None:
    """Make the region's endpoints; of two for the same face the later one counts."""
    wanted = {
        (services[entry.type].id, entry.interface): entry.url for entry in endpoints
    }
    found = {
        (endpoint.service_id, endpoint.interface): endpoint
        for endpoint in identity.endpoints(region_id=region.name)
    }
    for (service_id, interface), url in wanted.items():
        existing = found.get((service_id, interface))
        if existing is None:
            identity.create_endpoint(
                service_id=service_id,
                interface=interface,
                region_id=region.name,
                url=url,
            )
        elif existing.url != url:
            identity.update_endpoint(existing, url=url)


def _endpoints(region: Region, central: Central) -> Iterator[Endpoint]:
    """The region's stock endpoints."""
    pod = isinstance(region, Pod)
    for api in _APIS:
        if api.type == "placement" and not pod:
            continue
        home = central if api.everywhere else region
        for interface in ("internal", "admin") if pod else _INTERFACES:
            url = home.url(api.port, api.path)
            yield Endpoint(api.type, api.name, interface, url)


_INTERFACES = ("public", "internal", "admin")


def connect(site: Site, region: Region, user: str = "admin") -> Any:
    """An openstacksdk connection to a region, past all public endpoints."""
    return openstack.connect(
        load_envvars=False,
        load_yaml_config=False,
        **_cloud(site, region, user, "internal"),
    )


def _cloud(site: Site, region: Region, user: str, interface: str) -> dict[str, Any]:
    return {
        "auth": {
            "auth_url": keystone_url(site),
            "username": user,
            "password": site.credentials[f"keystone.{user}"],
            "project_name": user,
            "user_domain_id": DOMAIN,
            "project_domain_id": DOMAIN,
        },
        "region_name": region.name,
        "interface": interface,
        "identity_api_version": 3,
    }


def write_clouds(site: Site, paths: Paths) -> None:
    """Write ``clouds.yaml``: users' clouds, and for operators each pod's own."""
    central = site.central
    clouds = {
        "admin": _cloud(site, central, "admin", "public"),
        DEMO: _cloud(site, central, DEMO, "public"),
    }
    for pod in site.topology.pods:
        clouds[pod.slug] = _cloud(site, pod, "admin", "internal")
        clouds[f"{pod.slug}-{DEMO}"] = _cloud(site, pod, DEMO, "internal")
    write_private(paths.clouds, yaml.safe_dump({"clouds": clouds}))
