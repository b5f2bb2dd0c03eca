# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What Tempest expects to find in a region: made if missing, never removed."""

from typing import Any

from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from lab import identity, images
from lab.config.neutron import EXTERNAL
from lab.config.sections import Site
from lab.errors import LabError
from lab.tempest.conf import Fixtures
from lab.topology import Pod

#: Name and id -> MiB of memory; a server is resized from the first to the second. Ids
#: are said, for a copy of the central region's flavor has the id of the original.
_FLAVORS = {"tempest-nano": 128, "tempest-micro": 192}
_MULTIATTACH = "multiattach"
_NETWORK = "public"
_SUBNET_POOL = "shared-default-subnetpool-v4"


def prepare(site: Site) -> Fixtures:
    """Find or make flavors and networks, and find the images.

    LabError if the region does not answer as it should.
    """
    # The central region's external network is one pod's.
    pod = site.pod or site.topology.pods[0]
    try:
        return _prepare(identity.connect(site, site.region), pod)
    except (ClientException, SDKException) as error:
        raise LabError(
            f"{site.region.name} is not ready (`make lab`?): {error}"
        ) from error


def _prepare(cloud: Any, pod: Pod) -> Fixtures:
    flavor, flavor_alt = (_flavor(cloud, *item) for item in _FLAVORS.items())
    image, image_alt = (
        cloud.image.find_image(name, ignore_missing=False).id for name in images.NAMES
    )
    network = _external_network(cloud, pod)
    _default_subnet_pool(cloud)
    extensions = sorted(extension.alias for extension in cloud.network.extensions())
    return Fixtures(
        image=image,
        image_alt=image_alt,
        flavor=flavor,
        flavor_alt=flavor_alt,
        multiattach_type=_multiattach_type(cloud),
        network=network.id,
        network_name=network.name,
        network_extensions=tuple(extensions),
    )


def _flavor(cloud: Any, name: str, memory: int) -> str:
    flavor = cloud.compute.find_flavor(name) or cloud.compute.create_flavor(
        id=name, name=name, ram=memory, vcpus=1, disk=1
    )
    return str(flavor.id)


def _multiattach_type(cloud: Any) -> str:
    """A type of volumes that several servers may have at a time: its name."""
    storage = cloud.block_storage
    if storage.find_type(_MULTIATTACH) is None:
        storage.create_type(name=_MULTIATTACH, extra_specs={"multiattach": "<is> True"})
    return _MULTIATTACH


def _external_network(cloud: Any, pod: Pod) -> Any:
    """The network on the pod's physical way out; it can have only one.

    It is the default one, so that Neutron can make networks by itself.
    """
    network = next(
        cloud.network.networks(provider_physical_network=EXTERNAL), None
    ) or cloud.network.create_network(
        name=_NETWORK,
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network=EXTERNAL,
    )
    if not network.subnet_ids:
        cloud.network.create_subnet(
            network_id=network.id,
            name=_NETWORK,
            ip_version=4,
            cidr=pod.external_cidr,
            gateway_ip=pod.external_gateway,
            is_dhcp_enabled=False,
        )
    if not network.is_default:
        cloud.network.update_network(network, is_default=True)
    return network


def _default_subnet_pool(cloud: Any) -> None:
    """Where Neutron takes the addresses of networks that it makes by itself."""
    pools = cloud.network.subnet_pools(is_default=True, ip_version=4)
    if next(pools, None) is None:
        cloud.network.create_subnet_pool(
            name=_SUBNET_POOL,
            prefixes=["10.64.0.0/12"],
            default_prefix_length=26,
            is_shared=True,
            is_default=True,
        )
