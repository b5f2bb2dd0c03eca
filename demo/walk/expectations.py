# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What an answer has to be, and which facts later steps take from it. Pure.

A check reads the text that a command printed, with the facts that are known by
then. It returns new facts, or raises Unexpected with a sentence. A fact whose name
ends with ``_id`` is the id of the resource so called.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from string import Template

from demo.walk.command import TOKEN
from demo.walk.errors import Unexpected
from demo.walk.reading import document, fields, rows
from demo.walk.scene import NETWORK, Scene, Zone

Facts = Mapping[str, str]
Check = Callable[[str, Facts], dict[str, str]]

#: The operators' API in the catalogue.
OPERATORS_API = "Cascading"
#: The fact that is its address.
API = "api"
_SERVICES = {"identity", "image", "network", "compute", "block-storage", OPERATORS_API}


def anything(text: str, facts: Facts) -> dict[str, str]:
    """It is enough that the command succeeded."""
    return {}


def every(*checks: Check) -> Check:
    """All of these hold."""

    def check(text: str, facts: Facts) -> dict[str, str]:
        found: dict[str, str] = {}
        for one in checks:
            found |= one(text, facts)
        return found

    return check


def a_token(text: str, facts: Facts) -> dict[str, str]:
    """A token came, and is kept."""
    if not text.strip():
        raise Unexpected("Keystone gave no token")
    return {TOKEN: text.strip()}


def shows(
    name: str,
    wanted: Mapping[str, str] | None = None,
    keeps: Mapping[str, str] | None = None,
) -> Check:
    """A thing's fields have the wanted values; ``keeps`` names facts by fields."""

    def check(text: str, facts: Facts) -> dict[str, str]:
        found = fields(text)
        _compare(name, found, wanted or {})
        missing = set(keeps or {}) - set(found)
        if missing:
            raise Unexpected(f"{name} is shown without {', '.join(sorted(missing))}")
        return {fact: found[field] for field, fact in (keeps or {}).items()}

    return check


def made(name: str) -> Check:
    """A thing was made under this name; its id is kept."""
    return shows(name, {"name": name}, {"id": f"{name}_id"})


def lists(wanted: Mapping[str, Mapping[str, str]]) -> Check:
    """A list has these names, once each, with these values in their rows."""

    def check(text: str, facts: Facts) -> dict[str, str]:
        found = rows(text)
        for name, values in wanted.items():
            named = [row for row in found if row.get("Name") == name]
            if len(named) != 1:
                raise Unexpected(f"{name} is listed {len(named)} times, not once")
            _compare(name, named[0], values)
        return {}

    return check


def _compare(name: str, found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    for field, value in wanted.items():
        if found.get(field) != value:
            raise Unexpected(
                f"{name}: {field} is {found.get(field)!r}, it has to be {value!r}"
            )


def one_region(central: str) -> Check:
    """Users find one region, with all services; the operators' API is kept."""

    def check(text: str, facts: Facts) -> dict[str, str]:
        found = rows(text)
        foreign = {row["Region"] for row in found} - {central}
        if foreign:
            raise Unexpected(f"users can see {', '.join(sorted(foreign))}, too")
        urls = {row["Service Type"]: row["URL"] for row in found}
        missing = _SERVICES - set(urls)
        if missing:
            raise Unexpected(f"{central} has no public {', '.join(sorted(missing))}")
        return {API: urls[OPERATORS_API]}

    return check


def known_pods(scene: Scene) -> Check:
    """The operators' API lists pods; those that are known have the right zone."""
    zones = {zone.pod: zone.az for zone in scene.zones}

    def check(text: str, facts: Facts) -> dict[str, str]:
        found = document(text).get("pods")
        if not isinstance(found, list):
            raise Unexpected(f"the operators' API lists no pods: {text.strip()}")
        for pod in found:
            _check_zone(pod, zones.get(pod["pod_name"]))
        return {_pod_fact(pod["pod_name"]): pod["pod_id"] for pod in found}

    return check


def registered(name: str, az: str | None = None) -> Check:
    """The operators' API has taken a pod, or without ``az`` the central region."""

    def check(text: str, facts: Facts) -> dict[str, str]:
        pod = document(text).get("pod")
        if not isinstance(pod, dict):
            raise Unexpected(f"{name} was not registered: {text.strip()}")
        _check_zone(pod, az)
        return {_pod_fact(name): pod["pod_id"]}

    return check


def _check_zone(pod: Mapping[str, str], az: str | None) -> None:
    if az is not None and pod["az_name"] != az:
        raise Unexpected(f"{pod['pod_name']} is in {pod['az_name']!r}, not in {az!r}")


def _pod_fact(name: str) -> str:
    return f"{name}_pod"


def is_known(name: str) -> str:
    """The fact that exists when a pod is registered."""
    return _pod_fact(name)


def pod_names(facts: Facts) -> dict[str, str]:
    """The pods' names by their ids in Tricircle."""
    ending = _pod_fact("")
    return {
        value: key.removesuffix(ending)
        for key, value in facts.items()
        if key.endswith(ending)
    }


def addressed(server: str) -> Check:
    """A server has an address in the network; it is kept."""

    def check(text: str, facts: Facts) -> dict[str, str]:
        shown = fields(text).get("addresses", "")
        found = re.fullmatch(rf"{NETWORK}=([0-9.]+)", shown)
        if not found:
            raise Unexpected(f"{server} has no address in {NETWORK}: {shown!r}")
        return {f"{server}_address": found[1]}

    return check


def ports_of(zones: Iterable[Zone]) -> Check:
    """Each server has one ACTIVE port; the ids of all ports are kept."""
    servers = [zone.server for zone in zones]

    def check(text: str, facts: Facts) -> dict[str, str]:
        owners = {facts[f"{server}_address"]: server for server in servers}
        found: dict[str, str] = {}
        for row in rows(text):
            address = re.search(r"ip_address='([^']+)'", row["Fixed IP Addresses"])
            where = address[1] if address else "none"
            owner = owners.pop(where, None)
            if owner and row["Status"] != "ACTIVE":
                raise Unexpected(f"the port of {owner} is {row['Status']}, not ACTIVE")
            found[f"{owner}-port_id" if owner else f"port-{where}_id"] = row["ID"]
        if owners:
            raise Unexpected(f"{', '.join(owners.values())} have no port in {NETWORK}")
        return found

    return check


def says(*pieces: str) -> Check:
    """The text has all of these in it; ``${fact}`` stands for a fact."""

    def check(text: str, facts: Facts) -> dict[str, str]:
        wanted = [Template(piece).substitute(facts) for piece in pieces]
        missing = [piece for piece in wanted if piece not in text]
        if missing:
            raise Unexpected(f"it does not say {', '.join(map(repr, missing))}")
        return {}

    return check


def answers(here: str, there: str) -> Check:
    """A ping was answered, every packet of it."""

    def check(text: str, facts: Facts) -> dict[str, str]:
        if not re.search(r"(?<![0-9.])0% packet loss", text):
            last = text.strip().splitlines()[-1:] or ["it said nothing"]
            raise Unexpected(f"{there} does not answer {here}: {last[0]}")
        return {}

    return check
