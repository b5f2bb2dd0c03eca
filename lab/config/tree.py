# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""All configuration files of the lab: path -> content."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from lab.config import rabbitmq
from lab.config.cinder import cinder
from lab.config.glance import glance
from lab.config.ini import Ini, render
from lab.config.keystone import keystone
from lab.config.neutron import ml2, neutron
from lab.config.nova import nova, nova_compute
from lab.config.placement import placement
from lab.config.sections import Site
from lab.credentials import Credentials
from lab.paths import Paths
from lab.topology import Topology

#: Gives a region's files, by name, in place of the stock ones.
Amend = Callable[[Site, Mapping[str, Ini]], Mapping[str, Ini]]


def files(
    topology: Topology,
    paths: Paths,
    credentials: Credentials,
    amend: Amend = lambda _, stock: stock,
    accounts: Iterable[str] = (),
) -> dict[Path, str]:
    """Every configuration file of every service.

    ``accounts`` are users of RabbitMQ beside the regions. Passwords that do not
    exist yet are made in ``credentials``.
    """
    tree = rabbitmq.files(topology, paths, credentials, accounts)
    for region in topology.regions:
        site = Site(topology, region, paths, credentials)
        for name, content in amend(site, _region(site)).items():
            tree[paths.etc / region.slug / name] = render(content)
    return tree


def _region(site: Site) -> dict[str, Ini]:
    everywhere = {
        "cinder/cinder.conf": cinder(site),
        "neutron/neutron.conf": neutron(site),
        "neutron/ml2_conf.ini": ml2(site),
        "nova/nova.conf": nova(site),
    }
    if site.pod:
        computes = {
            f"nova/{host.name}.conf": nova_compute(site, host)
            for host in site.pod.hosts
        }
        return {
            **everywhere,
            **computes,
            "placement/placement.conf": placement(site),
        }
    return {
        **everywhere,
        "glance/glance-api.conf": glance(site),
        "keystone/keystone.conf": keystone(site),
    }
