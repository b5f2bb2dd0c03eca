# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The rules of QoS policies, as calls to a pod. Pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from tricircle.regions.network import Resource


class Changes(NamedTuple):
    """What makes a policy's rules agree. A kind is ``bandwidth_limit``, say."""

    surplus: list[tuple[str, str]]
    """The kind and id of each rule that is too much."""
    changed: list[tuple[str, str, dict[str, Any]]]
    """The kind, id and new values of each rule that differs."""
    missing: list[tuple[str, dict[str, Any]]]
    """The kind and values of each rule that lacks."""


def changes(wanted: Iterable[Resource], present: Iterable[Resource]) -> Changes:
    """Compare the rules of a policy: there is one of each kind and direction."""
    shall_be = {_key(rule): _values(rule) for rule in wanted}
    there = {_key(rule): rule for rule in present}
    return Changes(
        [(key[0], rule["id"]) for key, rule in there.items() if key not in shall_be],
        [
            (key[0], there[key]["id"], values)
            for key, values in shall_be.items()
            if key in there and _values(there[key]) != values
        ],
        [(key[0], values) for key, values in shall_be.items() if key not in there],
    )


def _key(rule: Resource) -> tuple[str, str | None]:
    return rule["type"], rule.get("direction")


def _values(rule: Resource) -> dict[str, Any]:
    unlike = {"id", "type", "qos_policy_id"}
    return {name: value for name, value in rule.items() if name not in unlike}
