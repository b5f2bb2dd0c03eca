# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Sections that several services share."""

from dataclasses import dataclass

from lab.config.ini import Ini, Section
from lab.credentials import Credentials
from lab.paths import Paths
from lab.topology import Central, Pod, Port, Region, Topology

#: The domain of the service users, and of everyone else in the lab.
DOMAIN = "default"
SERVICE_PROJECT = "service"

#: How a service reports that it lives. Rarer than OpenStack's defaults, for all
#: services share two cores; "down" leaves room for a busy machine.
HEARTBEAT: Section = {"report_interval": 20, "service_down_time": 120}


@dataclass(frozen=True)
class Site:
    """All that a configuration depends on: the lab, and one region of it."""

    topology: Topology
    region: Region
    paths: Paths
    credentials: Credentials

    @property
    def central(self) -> Central:
        """The region that holds Keystone and Glance."""
        return self.topology.central

    @property
    def pod(self) -> Pod | None:
        """The region, if it is a pod."""
        return self.region if isinstance(self.region, Pod) else None

    def etc(self, service: str) -> str:
        """The directory of a service's configuration in this region."""
        return str(self.paths.etc / self.region.slug / service)

    def state(self, service: str) -> str:
        """The directory of a service's data in this region."""
        return str(self.paths.var / self.region.slug / service)

    def packaged(self, path: str) -> str:
        """A configuration file that came with the release's packages."""
        return str(self.paths.venv(self.region.release) / "etc" / path)


def database_name(region: Region, name: str) -> str:
    """The database ``name`` (``nova_api``) of a region."""
    return f"{region.slug}_{name}"


def database(site: Site, name: str) -> Section:
    """The connection to the region's database ``name``, pooled modestly."""
    address, user = site.central.address, site.region.slug
    password = site.credentials[f"mariadb.{user}"]
    return {
        "connection": f"mysql+pymysql://{user}:{password}@{address}:{Port.MARIADB:d}"
        f"/{database_name(site.region, name)}?charset=utf8mb4",
        "max_pool_size": 10,
        "max_overflow": 40,
        "connection_recycle_time": 3600,
    }


def transport(site: Site) -> Section:
    """RabbitMQ: each region has its own user and virtual host."""
    user = site.region.slug
    password = site.credentials[f"rabbitmq.{user}"]
    address = f"{site.central.address}:{Port.RABBITMQ:d}"
    return {"transport_url": f"rabbit://{user}:{password}@{address}/{user}"}


def memcached(site: Site) -> str:
    """The address of memcached."""
    return f"{site.central.address}:{Port.MEMCACHED:d}"


def keystone_url(site: Site) -> str:
    """The URL of Keystone's API."""
    return site.central.url(Port.KEYSTONE, "/v3")


def service_user(site: Site, user: str) -> Section:
    """Options by which a service logs in to Keystone as its own user."""
    return {
        "auth_url": keystone_url(site),
        "auth_type": "password",
        "username": user,
        "password": site.credentials[f"keystone.{user}"],
        "project_name": SERVICE_PROJECT,
        "user_domain_id": DOMAIN,
        "project_domain_id": DOMAIN,
    }


def client(site: Site, user: str, interface: str = "valid_interfaces") -> Section:
    """Options by which a service calls another one of its own region.

    ``interface`` is the option's name in that service: pods' endpoints are not
    public, so it must be said.
    """
    region = {"region_name": site.region.name, interface: "internal"}
    return {**service_user(site, user), **region}


#: What an API is in the catalogue; the access rules of application credentials name
#: it. Cinder is there as ``volumev3``, too, but can be only one of them here.
_TYPES = {
    "cinder": "block-storage",
    "glance": "image",
    "neutron": "network",
    "nova": "compute",
    "placement": "placement",
}


def api(site: Site, user: str) -> Ini:
    """The sections by which an API validates tokens."""
    return {
        "keystone_authtoken": {
            **service_user(site, user),
            "www_authenticate_uri": keystone_url(site),
            "memcached_servers": memcached(site),
            "region_name": site.region.name,
            "interface": "internal",
            "service_type": _TYPES[user],
            "service_token_roles": "service",
            "service_token_roles_required": True,
        },
        "oslo_middleware": {"enable_proxy_headers_parsing": True},
    }


def locks(site: Site) -> Ini:
    """Where the region's services keep their lock files."""
    return {"oslo_concurrency": {"lock_path": site.state("locks")}}
