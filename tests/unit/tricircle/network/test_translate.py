# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Central resources become requests to a pod as the golden files say."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tricircle.network import members, qos_rules, report, translate
from tricircle.network.interconnect import kinds
from tricircle.network.translate import Rule

GOLDEN = Path(__file__).parents[3] / "golden" / "network"


def rule_changes(wanted: list[Any], present: list[Any]) -> dict[str, Any]:
    add, remove = translate.rule_changes(map(Rule.of, wanted), present)
    return {"add": add, "remove": remove}


def qos_rule_changes(wanted: list[Any], present: list[Any]) -> dict[str, Any]:
    changes = qos_rules.changes(wanted, present)
    return {name: [*map(list, rules)] for name, rules in changes._asdict().items()}


def network_body(central: dict[str, Any]) -> Mapping[str, Any]:
    return translate.network_body(central, kinds.of(central).provider(central))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "address_group_body": translate.address_group_body,
    "changes": translate.changes,
    "concerns_replicas": translate.concerns_replicas,
    "at_birth": translate.at_birth,
    "members_body": translate.members_body,
    "east_west_body": translate.east_west_body,
    "floating_ip_body": translate.floating_ip_body,
    "forwarding_body": translate.forwarding_body,
    "network_body": network_body,
    "port_body": translate.port_body,
    "qos_policy_body": translate.qos_policy_body,
    "qos_rule_changes": qos_rule_changes,
    "remembered": members.remembered,
    "told": report.told,
    "router_body": translate.router_body,
    "rule_changes": rule_changes,
    "security_group_body": translate.security_group_body,
    "subnet_body": translate.subnet_body,
    "withdrawal": report.withdrawal,
}
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}: {case['case']}")
    for path in sorted(GOLDEN.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text())
]


@pytest.mark.parametrize(("function", "case"), CASES)
def test_a_golden_file_is_followed(function: str, case: Mapping[str, Any]) -> None:
    assert FUNCTIONS[function](**case["in"]) == case["out"]


def test_every_function_has_a_golden_file() -> None:
    assert {path.stem for path in GOLDEN.glob("*.yaml")} == FUNCTIONS.keys()


def test_a_replica_is_known_by_its_mark() -> None:
    tags = ["mine", translate.mark("a-central-id")]
    assert translate.marked({"tags": tags}) == "a-central-id"
    assert translate.marked({"tags": ["mine"]}) is None
