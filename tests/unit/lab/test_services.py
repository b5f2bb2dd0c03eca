# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

"""What must hold for all services and configuration files together.

It must hold for the lab alone, and with Tricircle on it.
"""

import configparser
import re
from collections import Counter
from pathlib import Path

import pytest

from demo.installation import Tricircle
from lab.addition import Addition
from lab.config import tree
from lab.config.rabbitmq import password_hash
from lab.credentials import Credentials
from lab.paths import Paths
from lab.plan import Plan
from lab.steps import Step
from lab.topology import parse

TOPOLOGY = parse(
    {
        "release": "2026.2",
        "central": {"name": "RegionOne", "address": "127.0.10.1"},
        "pods": [
            {"name": "Pod1", "address": "127.0.11.1", "hosts": 2},
            {"name": "Pod2", "address": "127.0.12.1", "release": "2025.1"},
        ],
    }
)


@pytest.fixture(params=[Addition, Tricircle])
def plan(request: pytest.FixtureRequest, tmp_path: Path) -> Plan:
    credentials = Credentials(tmp_path / "credentials.json")
    return Plan(TOPOLOGY, Paths(tmp_path), credentials, request.param())


@pytest.fixture
def files(plan: Plan) -> dict[Path, str]:
    return tree.files(
        plan.topology,
        plan.paths,
        plan.credentials,
        plan.addition.files,
        plan.addition.accounts,
    )


def test_names_and_addresses_are_unique(plan: Plan) -> None:
    services = plan.services()
    names = Counter(service.name for service in services)
    places = Counter(place for service in services for place in service.listens)
    assert not [name for name, count in names.items() if count > 1]
    assert not [place for place, count in places.items() if count > 1]


def test_everything_listens_on_loopback(plan: Plan) -> None:
    assert {
        address.split(".")[0]
        for service in plan.services()
        for address, _ in service.listens
    } == {"127"}


def test_every_file_that_a_service_reads_is_written(
    plan: Plan, files: dict[Path, str]
) -> None:
    read = {file for service in plan.services() for file in service.files}
    assert read <= set(files)


def test_no_password_is_on_a_command_line(plan: Plan, files: dict[Path, str]) -> None:
    passwords = set(re.findall(r"(?m)^password = (\S+)$", "\n".join(files.values())))
    assert len(passwords) >= 5
    passwords |= set(re.findall(r"://\w+:([^@]+)@", "\n".join(files.values())))
    shown = " ".join(word for service in plan.services() for word in service.command)
    shown += " ".join(
        value for service in plan.services() for value in service.environment.values()
    )
    assert not [password for password in passwords if password in shown]


def test_each_region_has_a_login_of_its_own(files: dict[Path, str]) -> None:
    connections = {
        path.parts[-3]: options(text).get("DEFAULT", "transport_url")
        for path, text in files.items()
        if path.name == "neutron.conf"
    }
    assert set(connections) == {"regionone", "pod1", "pod2"}
    assert len(set(connections.values())) == 3


def test_a_pod_calls_its_own_region_by_internal_endpoints(
    files: dict[Path, str],
) -> None:
    nova = options(files[path_of(files, "pod2/nova/nova.conf")])
    for section in ("neutron", "placement"):
        assert nova.get(section, "region_name") == "Pod2"
        assert nova.get(section, "valid_interfaces") == "internal"
    assert nova.get("cinder", "catalog_info") == "volumev3::internalURL"
    assert nova.get("glance", "api_servers") == "http://127.0.10.1:9292"


def test_each_host_has_a_compute_service(files: dict[Path, str]) -> None:
    hosts = {
        options(text).get("lab", "host_namespace")
        for text in files.values()
        if "host_namespace" in text
    }
    assert hosts == {host.namespace for host in TOPOLOGY.hosts}


def test_a_pod_runs_its_own_release(plan: Plan) -> None:
    by_name = {service.name: service for service in plan.services()}
    assert "/venvs/2025.1/" in by_name["pod2-nova-api"].command[0]
    assert "/venvs/2026.2/" in by_name["pod1-nova-api"].command[0]


def test_users_of_a_service_stop_before_it(plan: Plan) -> None:
    waves = {service.name: service.stop_wave for service in plan.services()}
    assert waves["pod1-neutron-api"] < waves["pod1-host1-ovn-controller"]
    assert waves["pod1-host1-ovn-controller"] < waves["pod1-ovn-sb"]
    assert waves["pod1-neutron-api"] < waves["mariadb"]
    assert waves["rabbitmq"] < waves["epmd"]


def test_each_step_needs_what_exists_and_comes_after_it(plan: Plan) -> None:
    steps = {step.name: step for step in plan.steps()}
    assert len(steps) == len(plan.steps())
    assert {need for step in steps.values() for need in step.needs} <= set(steps)
    assert "MariaDB" in ancestors(steps, "Pod1 nova up")
    assert "Keystone" in ancestors(steps, "Pod1 nova up")


def test_the_hash_is_the_one_that_rabbitmq_documents() -> None:
    # base64(salt + sha256(salt + password)), with the salt taken from the name.
    assert password_hash("pod1", "secret") == password_hash("pod1", "secret")
    assert password_hash("pod1", "secret") != password_hash("pod2", "secret")


def ancestors(steps: dict[str, Step], name: str) -> set[str]:
    needs = set(steps[name].needs)
    return needs.union(*(ancestors(steps, need) for need in needs))


def options(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(default_section="none")
    parser.read_string(text)
    return parser


def path_of(files: dict[Path, str], end: str) -> Path:
    (path,) = [path for path in files if str(path).endswith(end)]
    return path
