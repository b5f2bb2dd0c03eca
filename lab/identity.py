# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Keystone's content: service users, regions, the catalogue, demo users.

A pod's endpoints are ``internal`` and ``admin`` only: a user's client, which
asks for public ones, finds the central region alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack
import yaml

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


def populate(site: Site) -> None:
    """Make users, projects, roles, regions and endpoints that are missing."""
    cloud = connect(site, site.central)
    _populate_users(cloud, site.credentials)
    _populate_catalogue(cloud, site.topology)


def _populate_users(cloud: Any, credentials: Credentials) -> None:
    identity = cloud.identity
    roles = {role.name: role for role in identity.roles()}
    for name in ("service", "member", "reader"):
        roles[name] = roles.get(name) or identity.create_role(name=name)
    projects = {
        name: identity.find_project(name)
        or identity.create_project(name=name, domain_id=DOMAIN)
        for name in (SERVICE_PROJECT, DEMO)
    }
    grants = {user: (SERVICE_PROJECT, ("admin", "service")) for user in SERVICE_USERS}
    grants[DEMO] = (DEMO, ("member", "reader"))
    for name, (project, granted) in grants.items():
        password = credentials[f"keystone.{name}"]
        user = identity.find_user(name) or identity.create_user(
            name=name, password=password, domain_id=DOMAIN
        )
        for role in granted:
            identity.assign_project_role_to_user(projects[project], user, roles[role])


def _populate_catalogue(cloud: Any, topology: Topology) -> None:
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
    for api in _APIS:
        if api.type not in services:
            services[api.type] = identity.create_service(type=api.type, name=api.name)
    for region in topology.regions:
        if region.name not in known:
            identity.create_region(id=region.name, description=_OURS)
        _populate_endpoints(identity, region, topology.central, services)


def _remove_regions(identity: Any, regions: list[Any]) -> None:
    """Remove pods that have left the topology from the catalogue."""
    for region in regions:
        for endpoint in identity.endpoints(region_id=region.id):
            identity.delete_endpoint(endpoint)
        identity.delete_region(region)


def _populate_endpoints(
    identity: Any, region: Region, central: Central, services: dict[str, Any]
) -> None:
    found = {
        (endpoint.service_id, endpoint.interface): endpoint
        for endpoint in identity.endpoints(region_id=region.name)
    }
    for api, interface, url in _endpoints(region, central):
        key = (services[api.type].id, interface)
        if key not in found:
            identity.create_endpoint(
                service_id=key[0], interface=interface, region_id=region.name, url=url
            )
        elif isinstance(region, Pod) and found[key].url != url:
            # The central region's endpoints are left as they are: what runs on
            # the lab may have put itself in their place.
            identity.update_endpoint(found[key], url=url)


def _endpoints(region: Region, central: Central) -> Iterator[tuple[_Api, str, str]]:
    """The region's endpoints: API, interface, URL."""
    pod = isinstance(region, Pod)
    for api in _APIS:
        if api.type == "placement" and not pod:
            continue
        home = central if api.everywhere else region
        for interface in ("internal", "admin") if pod else _INTERFACES:
            yield api, interface, home.url(api.port, api.path)


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
