# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import configparser
from dataclasses import replace
from pathlib import Path

import pytest

from lab.config.ini import render
from lab.config.sections import Site
from lab.credentials import Credentials
from lab.paths import Paths
from lab.tempest.conf import Fixtures, Workspace, tempest_conf
from lab.topology import Topology, parse

FOUND = Fixtures(
    image="image-1",
    image_alt="image-2",
    flavor="flavor-1",
    flavor_alt="flavor-2",
    multiattach_type="multiattach",
    network="network-1",
    network_name="public",
    network_extensions=("router", "security-group"),
)


def topology(hosts: int = 1) -> Topology:
    return parse(
        {
            "release": "2026.2",
            "central": {"name": "RegionOne", "address": "127.0.10.1"},
            "pods": [{"name": "Pod1", "address": "127.0.11.1", "hosts": hosts}],
        }
    )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    paths = Paths(tmp_path)
    lab = topology()
    return Site(lab, lab.pods[0], paths, Credentials(paths.credentials))


def conf(site: Site) -> configparser.ConfigParser:
    """tempest.conf as Tempest would read it."""
    workspace = Workspace(site.paths.root / "tempest" / "pod1")
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(render(tempest_conf(site, FOUND, workspace)))
    return parser


def test_every_service_is_reached_at_its_internal_endpoint(site: Site) -> None:
    parsed = conf(site)
    for service in ("compute", "image", "network", "placement", "volume"):
        assert parsed[service]["endpoint_type"] == "internal"
    assert parsed["identity"]["v3_endpoint_type"] == "internal"


def test_the_pod_is_the_region_of_all_services(site: Site) -> None:
    parsed = conf(site)
    assert parsed["identity"]["region"] == "Pod1"
    assert not [
        name for name in parsed if "region" in parsed[name] and name != "identity"
    ]


def test_the_administrator_is_the_labs(site: Site) -> None:
    auth = conf(site)["auth"]
    assert auth["admin_password"] == site.credentials["keystone.admin"]
    assert auth["use_dynamic_credentials"] == "true"


def test_the_fixtures_are_named(site: Site) -> None:
    parsed = conf(site)
    assert parsed["compute"]["image_ref"] == "image-1"
    assert parsed["compute"]["flavor_ref_alt"] == "flavor-2"
    assert parsed["network"]["public_network_id"] == "network-1"
    extensions = parsed["network-feature-enabled"]["api_extensions"]
    assert extensions == "router,security-group"
    assert parsed["image"]["http_image"] == "http://127.0.10.1:13080/image.raw"


@pytest.mark.parametrize(("hosts", "movable"), [(1, "false"), (2, "true")])
def test_servers_move_if_there_is_a_second_host(
    site: Site, hosts: int, movable: str
) -> None:
    lab = topology(hosts)
    parsed = conf(replace(site, topology=lab, region=lab.pods[0]))
    assert parsed["compute"]["min_compute_nodes"] == str(hosts)
    assert parsed["compute-feature-enabled"]["live_migration"] == movable
