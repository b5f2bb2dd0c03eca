# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""tempest.conf for a region, as pure data.

A feature is called enabled if the lab can do it. What it can't do is named here
with the reason, so that a skipped test has one.
"""

from dataclasses import dataclass
from pathlib import Path

from lab.config.cinder import BACKEND
from lab.config.ini import Ini, Section
from lab.config.sections import Site, keystone_url
from lab.topology import Port

#: Formats of images that Glance accepts; tests take the first one.
_DISK_FORMATS = ["raw", "qcow2", "vhd", "vmdk", "iso", "ami", "ari", "aki"]


@dataclass(frozen=True)
class Workspace:
    """The directory of a region's Tempest."""

    root: Path

    @property
    def conf(self) -> Path:
        """tempest.conf; it holds the administrator's password."""
        return self.root / "tempest.conf"

    @property
    def results(self) -> Path:
        """The outcomes of the last run."""
        return self.root / "results.txt"

    @property
    def web(self) -> Path:
        """What Glance can download during a run."""
        return self.root / "web"


@dataclass(frozen=True)
class Fixtures:
    """What Tempest uses of a region: ids, and names where it wants names."""

    image: str
    image_alt: str
    flavor: str
    flavor_alt: str
    multiattach_type: str
    network: str
    network_name: str
    network_extensions: tuple[str, ...]


def tempest_conf(site: Site, found: Fixtures, workspace: Workspace) -> Ini:
    """The content of tempest.conf."""
    return {
        "DEFAULT": {"log_file": str(workspace.root / "tempest.log")},
        "oslo_concurrency": {"lock_path": str(workspace.root / "locks")},
        "service-clients": {"http_timeout": 180},
        "service_available": {"swift": False, "horizon": False},
        # A namespace has no sshd. Nor does Tempest reach the external networks: the
        # scenarios that ping or enter floating addresses anyway shall fail soon.
        "validation": {
            "run_validation": False,
            "ping_timeout": 5,
            "connect_timeout": 5,
            "ssh_timeout": 5,
        },
        **_identity(site),
        **_compute(site, found),
        **_image(site),
        **_network(site, found),
        **_volume(site, found),
        # The defaults of oslo.policy, which nothing here changes.
        "enforce_scope": {
            service: True
            for service in ("nova", "neutron", "glance", "cinder", "placement")
        },
    }


def _face(site: Site) -> Section:
    """Pods' endpoints are not public; users of the central region see only those."""
    return {"endpoint_type": "internal" if site.pod else "public"}


def _identity(site: Site) -> Ini:
    return {
        "auth": {
            "use_dynamic_credentials": True,
            "create_isolated_networks": True,
            "tempest_roles": "member",
            "admin_username": "admin",
            "admin_project_name": "admin",
            "admin_password": site.credentials["keystone.admin"],
            "admin_domain_name": "Default",
        },
        "identity": {
            "uri_v3": keystone_url(site),
            # The region of every service that names none.
            "region": site.region.name,
            "v3_endpoint_type": _face(site)["endpoint_type"],
        },
    }


def _compute(site: Site, found: Fixtures) -> Ini:
    pods = [site.pod] if site.pod else site.topology.pods
    hosts = min(len(pod.hosts) for pod in pods)  # servers move within their pod
    movable = hosts > 1
    return {
        "compute": {
            **_face(site),
            "image_ref": found.image,
            "image_ref_alt": found.image_alt,
            "flavor_ref": found.flavor,
            "flavor_ref_alt": found.flavor_alt,
            "min_compute_nodes": hosts,
            "max_microversion": "latest",
        },
        "compute-feature-enabled": {
            "cold_migration": movable,
            "live_migration": movable,
            "shelve_migrate": movable,
            "hostname_fqdn_sanitization": True,
            "resize": True,
            "stable_rescue": True,
            "swap_volume": True,
            "volume_multiattach": True,
            # The volumes' driver refuses to call a plain file encrypted.
            "attach_encrypted_volume": False,
            # A namespace has no metadata service.
            "metadata_service": False,
        },
        "placement": {**_face(site), "max_microversion": "latest"},
    }


def _image(site: Site) -> Ini:
    web = site.central.url(Port.IMPORTED_IMAGES)  # served by lab.tempest.web
    return {
        "image": {
            **_face(site),
            "container_formats": ["bare"],
            "disk_formats": _DISK_FORMATS,
            "http_image": f"{web}/image.raw",
            "http_qcow2_image": f"{web}/image.qcow2",
            # No cache is in the pipeline of Glance's API.
            "image_caching_enabled": False,
        },
        "image-feature-enabled": {"http_store_enabled": True},
    }


def _network(site: Site, found: Fixtures) -> Ini:
    return {
        "network": {
            **_face(site),
            "public_network_id": found.network,
            "floating_network_name": found.network_name,
        },
        "network-feature-enabled": {
            "api_extensions": list(found.network_extensions),
            "ipv6_subnet_attributes": True,
            "port_security": True,
        },
    }


def _volume(site: Site, found: Fixtures) -> Ini:
    return {
        "volume": {
            **_face(site),
            "catalog_type": "volumev3",
            "max_microversion": "latest",
            "backend_names": [BACKEND],
            "backup_driver": "posix",
            "storage_protocol": "file",
            "volume_type_multiattach": found.multiattach_type,
            "manage_volume_ref": ["source-name", "volume-%s"],
            "manage_snapshot_ref": ["source-name", "snapshot-%s"],
        },
        "volume-feature-enabled": {
            "extend_attached_volume": True,
            "manage_volume": True,
            "manage_snapshot": True,
            # A pod has one backend.
            "multi_backend": False,
        },
    }
