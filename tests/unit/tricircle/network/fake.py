# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Neutrons in memory, with the rules that reconcilers live by, and accidents."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from itertools import count
from typing import Any
from uuid import uuid4

from tricircle.regions.errors import Clash, NotThere, Outdated, Refused
from tricircle.regions.network import Resource

_DEFAULTS: dict[str, dict[str, Any]] = {
    "network": {
        "description": "",
        "admin_state_up": True,
        "shared": False,
        "mtu": 1500,
        "port_security_enabled": True,
        "qos_policy_id": None,
        "provider:network_type": "vlan",
        "provider:physical_network": "dcivlan",
    },
    "subnet": {
        "name": "",
        "description": "",
        "enable_dhcp": True,
        "ip_version": 4,
        "gateway_ip": None,
        "dns_nameservers": [],
        "host_routes": [],
        "ipv6_ra_mode": None,
        "ipv6_address_mode": None,
    },
    "port": {
        "name": "",
        "description": "",
        "admin_state_up": True,
        "status": "DOWN",
        "device_id": "",
        "device_owner": "",
        "security_groups": [],
        "allowed_address_pairs": [],
        "extra_dhcp_opts": [],
        "port_security_enabled": True,
        "binding:vnic_type": "normal",
        "qos_policy_id": None,
        "dns_name": "",
        "binding:host_id": "",
        "binding:profile": {},
    },
    "security_group": {"description": "", "stateful": True},
    "address_group": {"description": "", "addresses": []},
    "qos/policy": {"description": "", "shared": False},
    "security_group_rule": {},
}
_RULE = {
    "protocol": None,
    "port_range_min": None,
    "port_range_max": None,
    "remote_ip_prefix": None,
    "remote_group_id": None,
    "remote_address_group_id": None,
}
#: Whose ports Neutron deletes with the network.
_AUTOMATIC = "network:distributed"

#: What Neutron takes no tags for.
_UNTAGGED = {"address_group"}

_PAGING = {"limit", "marker", "sort_key", "sort_dir"}

Step = Callable[[str], None]


@dataclass
class Accidents:
    """Calls ``happen`` around each effect on any Neutron, with its number and place."""

    happen: Callable[[int, str], None] = lambda number, place: None
    number: Iterator[int] = field(default_factory=count)

    @contextmanager
    def around(self) -> Iterator[None]:
        """Run an effect, unless an accident comes before it."""
        number = next(self.number)
        self.happen(number, "before")
        yield
        self.happen(number, "after")


class Neutron:
    """One region's Neutron."""

    def __init__(self, name: str, accidents: Accidents) -> None:
        self.name = name
        self.calls = 0
        self._accidents = accidents
        self._resources: dict[str, dict[str, Resource]] = defaultdict(dict)
        self._lock = threading.RLock()
        self._segments = count(1000)
        self._macs = count(1)

    def all(self, kind: str) -> list[Resource]:
        """Everything of a kind, without a call; no default groups."""
        return [
            dict(one)
            for one in self._resources[kind].values()
            if kind != "security_group" or one["name"] != "default"
        ]

    def put(self, kind: str, resource_id: str, **changes: Any) -> None:
        """Change something without a call, as Nova or an operator would."""
        self._resources[kind][resource_id] |= changes

    def find(self, kind: str, **filters: str | Sequence[str]) -> list[Resource]:
        """As ``NetworkClient`` says."""
        with self._lock:
            self.calls += 1
            assert "tags" not in filters or kind not in _UNTAGGED
            if kind == "security_group" and "project_id" in filters:
                self._default_group(str(filters["project_id"]))
            wanted = {name: filters[name] for name in filters.keys() - _PAGING}
            found = [
                self._shown(kind, one)
                for one in self._resources[kind].values()
                if _matches(one, wanted)
            ]
            return _page(found, filters)

    def get(self, kind: str, resource_id: str) -> Resource:
        """As ``NetworkClient`` says."""
        with self._lock:
            self.calls += 1
            return self._shown(kind, self._there(kind, resource_id))

    def create(self, kind: str, body: Mapping[str, Any]) -> Resource:
        """As ``NetworkClient`` says."""
        with self._accidents.around(), self._lock:
            self.calls += 1
            made = self._make(kind, body)
            return self._shown(kind, made)

    def create_all(
        self, kind: str, bodies: Sequence[Mapping[str, Any]]
    ) -> list[Resource]:
        """As ``NetworkClient`` says."""
        with self._accidents.around(), self._lock:
            self.calls += 1
            return [self._make(kind, body) for body in bodies]

    def update(
        self,
        kind: str,
        resource_id: str,
        changes: Mapping[str, Any],
        *,
        revision: int | None = None,
    ) -> Resource:
        """As ``NetworkClient`` says."""
        with self._accidents.around(), self._lock:
            self.calls += 1
            there = self._there(kind, resource_id)
            if revision is not None and revision != there["revision_number"]:
                raise Outdated(f"{kind} has another revision", 412)
            if there.get("name") == "default" and "name" in changes:
                raise Refused("SecurityGroupCannotUpdateDefault", 400)
            there |= changes
            if "revision_number" in there:
                there["revision_number"] += 1
            return self._shown(kind, there)

    def act(
        self, kind: str, resource_id: str, action: str, body: Mapping[str, Any]
    ) -> Resource:
        """As ``NetworkClient`` says."""
        with self._accidents.around(), self._lock:
            self.calls += 1
            there = self._there(kind, resource_id)
            given = {str(ip_network(address)) for address in body["addresses"]}
            present = set(there["addresses"])
            if action == "add_addresses":
                if given & present:
                    raise Refused("AddressesAlreadyExist", 400)
                present |= given
            else:
                if given - present:
                    raise NotThere("AddressesNotFound", 404)
                present -= given
            there["addresses"] = sorted(present)
            there["revision_number"] += 1
            return dict(there)

    def delete(self, kind: str, resource_id: str) -> bool:
        """As ``NetworkClient`` says."""
        with self._accidents.around(), self._lock:
            self.calls += 1
            if resource_id not in self._resources[kind]:
                return False
            self._refuse_if_used(kind, resource_id)
            del self._resources[kind][resource_id]
            if kind == "network":
                self._drop("subnet", "network_id", resource_id)
                self._drop("port", "network_id", resource_id)
            if kind == "security_group":
                self._drop("security_group_rule", "security_group_id", resource_id)
                self._drop("security_group_rule", "remote_group_id", resource_id)
            return True

    def tag(self, kind: str, resource_id: str, tags: Sequence[str]) -> None:
        """As ``NetworkClient`` says."""
        with self._accidents.around(), self._lock:
            self.calls += 1
            assert kind not in _UNTAGGED
            kind = {"policy": "qos/policy"}.get(kind, kind)
            self._there(kind, resource_id)["tags"] = [*tags]

    def _there(self, kind: str, resource_id: str) -> Resource:
        try:
            return self._resources[kind][resource_id]
        except KeyError:
            raise NotThere(f"no {kind} {resource_id} in {self.name}", 404) from None

    def _shown(self, kind: str, one: Resource) -> Resource:
        shown = dict(one)
        if kind == "qos/policy":
            shown["rules"] = self._rules(one["id"])
        if kind == "security_group":
            shown["security_group_rules"] = [
                dict(rule)
                for rule in self._resources["security_group_rule"].values()
                if rule["security_group_id"] == one["id"]
            ]
        return shown

    def _rules(self, policy_id: str) -> list[Resource]:
        """The rules of a QoS policy, each kind of which is a kind of its own."""
        place = f"qos/policies/{policy_id}/"
        return [
            dict(rule) | {"type": kind.removeprefix(place).removesuffix("_rule")}
            for kind, rules in self._resources.items()
            if kind.startswith(place)
            for rule in rules.values()
        ]

    def _make(self, kind: str, body: Mapping[str, Any]) -> Resource:
        if kind.startswith("qos/policies/"):
            rule = {"id": str(uuid4()), **body}
            self._resources[kind][rule["id"]] = rule
            return rule
        if "tags" in body and kind != "port":
            raise Refused("Attribute 'tags' not allowed in POST", 400)
        made = {
            "id": str(uuid4()),
            "project_id": "operator",
            "tags": [],
            "revision_number": 0,
            **_DEFAULTS.get(kind, {}),
            **body,
        }
        getattr(self, f"_check_{kind.replace('/', '_')}")(made)
        self._resources[kind][made["id"]] = made
        return made

    def _check_qos_policy(self, made: Resource) -> None:
        """Anything goes."""

    def _check_network(self, made: Resource) -> None:
        if made["provider:network_type"] == "vlan":
            made.setdefault("provider:segmentation_id", next(self._segments))
        for other in self._resources["network"].values():
            if made["provider:network_type"] != "vlan":
                break
            if other["provider:segmentation_id"] == made["provider:segmentation_id"]:
                raise Clash("VlanIdInUse", 409)

    def _check_subnet(self, made: Resource) -> None:
        self._there("network", made["network_id"])
        for other in self._resources["subnet"].values():
            same = other["network_id"] == made["network_id"]
            if same and other["cidr"] == made["cidr"]:
                raise Refused("the CIDR overlaps", 400)

    def _check_port(self, made: Resource) -> None:
        self._there("network", made["network_id"])
        made.setdefault("mac_address", f"fa:16:3e:00:00:{next(self._macs):02x}")
        for group in made["security_groups"]:
            self._there("security_group", group)
        made["fixed_ips"] = [self._address(ip) for ip in made.get("fixed_ips", ())]
        for other in self._resources["port"].values():
            if other["network_id"] != made["network_id"]:
                continue
            if other["mac_address"] == made["mac_address"]:
                raise Clash("MacAddressInUse", 409)
            if any(ip in other["fixed_ips"] for ip in made["fixed_ips"]):
                raise Clash("IpAddressInUse", 409)

    def _address(self, ip: Mapping[str, str]) -> dict[str, str]:
        subnet = self._there("subnet", ip["subnet_id"])
        taken = {
            other["ip_address"]
            for port in self._resources["port"].values()
            for other in port["fixed_ips"]
        }
        hosts = map(str, ip_network(subnet["cidr"]).hosts())
        free = ip.get("ip_address") or next(h for h in hosts if h not in taken)
        assert ip_address(free) in ip_network(subnet["cidr"])
        return {"subnet_id": subnet["id"], "ip_address": free}

    def _check_security_group(self, made: Resource) -> None:
        if made["name"] == "default":
            raise Clash("SecurityGroupDefaultAlreadyExists", 409)
        self._egress(made)

    def _egress(self, group: Resource) -> None:
        for ethertype in ("IPv4", "IPv6"):
            rule = {
                "security_group_id": group["id"],
                "direction": "egress",
                "ethertype": ethertype,
            }
            rule_id = str(uuid4())
            self._resources["security_group_rule"][rule_id] = {
                "id": rule_id,
                **_RULE,
                **rule,
            }

    def _check_security_group_rule(self, made: Resource) -> None:
        self._there("security_group", made["security_group_id"])
        for name, value in _RULE.items():
            made.setdefault(name, value)
        if made["remote_group_id"]:
            self._there("security_group", made["remote_group_id"])
        if made["remote_address_group_id"]:
            self._there("address_group", made["remote_address_group_id"])
        compared = [*_RULE, "direction", "ethertype", "security_group_id"]
        for other in self._resources["security_group_rule"].values():
            if all(other[name] == made[name] for name in compared):
                raise Clash("SecurityGroupRuleExists", 409)

    def _check_address_group(self, made: Resource) -> None:
        made["addresses"] = [str(ip_network(one)) for one in made["addresses"]]

    def _default_group(self, project_id: str) -> None:
        groups = self._resources["security_group"]
        wanted = {"project_id": project_id, "name": "default"}
        if any(_matches(group, wanted) for group in groups.values()):
            return
        made: Resource = {"id": str(uuid4()), "tags": [], "revision_number": 0}
        groups[made["id"]] = _DEFAULTS["security_group"] | made | wanted
        self._egress(made)

    def _refuse_if_used(self, kind: str, resource_id: str) -> None:
        for rule in self._resources["security_group_rule"].values():
            if rule["remote_address_group_id"] == resource_id:
                raise Clash("AddressGroupInUse", 409)
        for port in self._resources["port"].values():
            if port["device_owner"] == _AUTOMATIC:
                continue
            if kind == "network" and port["network_id"] == resource_id:
                raise Clash("NetworkInUse", 409)
            if kind == "security_group" and resource_id in port["security_groups"]:
                raise Clash("SecurityGroupInUse", 409)
            if kind == "qos/policy" and port["qos_policy_id"] == resource_id:
                raise Clash("QosPolicyInUse", 409)
            for ip in port["fixed_ips"]:
                if kind == "subnet" and ip["subnet_id"] == resource_id:
                    raise Clash("SubnetInUse", 409)

    def _drop(self, kind: str, field_name: str, value: str) -> None:
        for one in list(self._resources[kind].values()):
            if one[field_name] == value:
                del self._resources[kind][one["id"]]


class Neutrons:
    """The regions' Neutrons, which share their accidents."""

    def __init__(self) -> None:
        self.accidents = Accidents()
        self._regions: dict[str, Neutron] = {}

    def network(self, region: str) -> Neutron:
        """Return the Neutron of a region."""
        return self._regions.setdefault(region, Neutron(region, self.accidents))


def _page(
    found: list[Resource], filters: Mapping[str, str | Sequence[str]]
) -> list[Resource]:
    if "limit" not in filters:
        return found
    assert (filters["sort_key"], filters["sort_dir"]) == ("id", "asc")
    ordered = sorted(found, key=lambda one: str(one["id"]))
    marker = str(filters.get("marker", ""))
    limit = int(str(filters["limit"]))
    return [one for one in ordered if str(one["id"]) > marker][:limit]


def _is_address(ip: Mapping[str, str], wanted: Sequence[str]) -> bool:
    """Whether an address has one of the values that are given for each name."""
    names = {value.partition("=")[0] for value in wanted}
    return all(f"{name}={ip[name]}" in wanted for name in names)


def _matches(one: Resource, filters: Mapping[str, str | Sequence[str]]) -> bool:
    for name, wanted in filters.items():
        values = [wanted] if isinstance(wanted, str) else wanted
        if name == "fields":
            continue
        if name == "tags":
            if not set(values) <= set(one["tags"]):
                return False
        elif name == "fixed_ips":
            if not any(_is_address(ip, values) for ip in one[name]):
                return False
        elif name == "security_groups":
            if not set(values) & set(one[name]):
                return False
        elif one.get(name) not in values:
            return False
    return True
