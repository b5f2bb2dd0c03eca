# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Central resources as requests to a pod. Pure: nothing here talks to anyone.

A *body* is what a create in the pod says. What of it can change later is named in
``MIRRORED``; ``changes`` compares that with what the pod has. Everything that no
table names belongs to the pod: Nova's ``device_id``, ``binding:host_id`` and the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

from tricircle.regions.network import Resource

_MARK = "tricircle:"

#: What a replica has from its central resource and keeps having, by kind.
MIRRORED: Mapping[str, frozenset[str]] = {
    "network": frozenset(
        {
            "name",
            "description",
            "admin_state_up",
            "shared",
            "mtu",
            "port_security_enabled",
            "qos_policy_id",
        }
    ),
    "subnet": frozenset(
        {
            "name",
            "description",
            "enable_dhcp",
            "gateway_ip",
            "dns_nameservers",
            "host_routes",
        }
    ),
    "port": frozenset(
        {
            "name",
            "description",
            "admin_state_up",
            "mac_address",
            "fixed_ips",
            "security_groups",
            "allowed_address_pairs",
            "extra_dhcp_opts",
            "port_security_enabled",
            "binding:vnic_type",
            "dns_name",
            "qos_policy_id",
        }
    ),
    "security_group": frozenset({"name", "description", "stateful"}),
    "address_group": frozenset({"name", "description"}),
    "qos/policy": frozenset({"name", "description", "shared"}),
    "router": frozenset({"name", "description", "admin_state_up"}),
    "floatingip": frozenset({"description", "port_id", "fixed_ip_address"}),
}

#: What a create says beyond that. What the central resource lacks is left out.
_ONCE: Mapping[str, tuple[str, ...]] = {
    "network": ("project_id",),
    "subnet": (
        "project_id",
        "ip_version",
        "cidr",
        "ipv6_ra_mode",
        "ipv6_address_mode",
    ),
    "port": ("project_id",),
    "security_group": ("project_id",),
    "address_group": ("project_id",),
    "qos/policy": ("project_id",),
    "router": ("project_id",),
    "floatingip": ("project_id", "floating_ip_address"),
}

#: These name something that has another id in the pod: whoever realises that says it.
_MAPPED = frozenset({"qos_policy_id"})
#: Of these even nothing is said: a pod would choose something.
_SAY = frozenset({"gateway_ip"})

_AUTOMATIC_MODES = frozenset({"slaac", "dhcpv6-stateless"})


def mark(central_id: str) -> str:
    """Return the tag that a replica bears: it says what it is a replica of."""
    return f"{_MARK}{central_id}"


def marked(resource: Mapping[str, Any]) -> str | None:
    """Return the central id that a replica's tags tell, None if it is no replica."""
    for tag in resource.get("tags", ()):
        if tag.startswith(_MARK):
            return str(tag).removeprefix(_MARK)
    return None


def described(resource: Mapping[str, Any]) -> str | None:
    """Return the central id that a description tells, None if it is no mark.

    That is so for what takes no tags, and where whoever made a replica died at once.
    """
    text = str(resource.get("description") or "")
    return text.removeprefix(_MARK) if text.startswith(_MARK) else None


def network_body(central: Resource, provider: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a network's replica; ``provider`` says how it is carried."""
    return _body("network", central) | dict(provider)


def subnet_body(
    central: Resource, network_id: str, reserved: str | None
) -> dict[str, Any]:
    """Return the body of a subnet's replica in the pod's network ``network_id``.

    The pod hands out the address ``reserved`` only, to itself. It is None for a
    subnet whose addresses follow from the MACs.
    """
    body = _body("subnet", central) | {"network_id": network_id}
    if reserved is not None:
        body["allocation_pools"] = [{"start": reserved, "end": reserved}]
    return body


def port_body(
    central: Resource,
    network_id: str,
    subnets: Mapping[str, str],
    groups: Mapping[str, str],
    automatic: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the body of a port's replica.

    ``subnets`` and ``groups`` map central ids to the pod's. In the central subnets
    of ``automatic`` the address follows from the MAC, and Neutron wants none named.
    """
    body = _body("port", central) | {"network_id": network_id}
    automatic = frozenset(automatic)
    body["fixed_ips"] = [
        {"subnet_id": subnets[ip["subnet_id"]]}
        | ({} if ip["subnet_id"] in automatic else {"ip_address": ip["ip_address"]})
        for ip in central["fixed_ips"]
    ]
    body["security_groups"] = [groups[group] for group in central["security_groups"]]
    if not central.get("dns_name"):
        # Then it is the pod's Nova's, which names a port after its server.
        body.pop("dns_name", None)
    return body


def security_group_body(central: Resource) -> dict[str, Any]:
    """Return the body of a security group's replica; its rules are apart."""
    return _body("security_group", central)


def address_group_body(central: Resource) -> dict[str, Any]:
    """Return the body of an address group's replica; its addresses are apart.

    It can bear no tag, so its description is the mark.
    """
    return _body("address_group", central) | {"description": mark(central["id"])}


def members_body(group: Resource) -> dict[str, Any]:
    """Return the body of the address group for a security group's members."""
    return {
        "project_id": group["project_id"],
        "name": members_name(group["id"]),
        "description": mark(group["id"]),
    }


def members_name(group_id: str) -> str:
    """Return the name of the address group for a security group's members."""
    return f"elsewhere-{group_id}"


def qos_policy_body(central: Resource) -> dict[str, Any]:
    """Return the body of a QoS policy's replica; its rules are apart."""
    return _body("qos/policy", central)


def at_birth(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a create says of a body: what nobody chose is left out."""
    return {
        name: value for name, value in body.items() if value is not None or name in _SAY
    }


def router_body(central: Resource) -> dict[str, Any]:
    """Return the body of a router's replica; what is on it is apart."""
    return _body("router", central)


def east_west_body(central: Resource, router_id: str) -> dict[str, Any]:
    """Return the body of a router that carries another one's traffic between pods."""
    return router_body(central) | {
        "name": f"east-west of {central['name'] or router_id}"[:255],
        "description": f"Carries traffic of router {router_id} between pods",
    }


def floating_ip_body(
    central: Resource, network_id: str, port_id: str | None
) -> dict[str, Any]:
    """Return the body of a floating IP's replica; its forwardings are apart.

    ``network_id`` and ``port_id`` are the pod's; without a port it serves
    forwardings only.
    """
    return _body("floatingip", central) | {
        "floating_network_id": network_id,
        "port_id": port_id,
        "fixed_ip_address": central["fixed_ip_address"] if port_id else None,
    }


def forwarding_body(forwarding: Resource, port_id: str) -> dict[str, Any]:
    """Return what makes two port forwardings the same; ``port_id`` is the pod's."""
    body = {
        "protocol": forwarding["protocol"],
        "internal_ip_address": forwarding["internal_ip_address"],
        "internal_port_id": port_id,
    }
    for side in ("external_port", "internal_port"):
        # A single port is shown as a range as well.
        single = forwarding.get(side)
        name = side if single is not None else f"{side}_range"
        body[name] = forwarding[name]
    return body


def is_automatic(subnet: Mapping[str, Any]) -> bool:
    """Whether a subnet's addresses follow from the MACs."""
    return subnet.get("ipv6_address_mode") in _AUTOMATIC_MODES


def changes(kind: str, wanted: Mapping[str, Any], present: Resource) -> dict[str, Any]:
    """Return what an update has to say, so that ``present`` becomes as ``wanted``."""
    present = _without_automatic(wanted, present)
    found = {
        name: wanted[name]
        for name in sorted(MIRRORED[kind] & wanted.keys())
        if _canonical(name, wanted[name]) != _canonical(name, present.get(name))
    }
    if "extra_dhcp_opts" in found:
        found["extra_dhcp_opts"] = _dhcp_changes(
            found["extra_dhcp_opts"], present["extra_dhcp_opts"]
        )
    return found


def concerns_replicas(
    kind: str, original: Mapping[str, Any], current: Mapping[str, Any]
) -> bool:
    """Whether an update of a central resource changes what replicas have of it."""
    return any(
        _canonical(name, original.get(name)) != _canonical(name, current.get(name))
        for name in MIRRORED[kind]
    )


class Rule(NamedTuple):
    """What makes two rules of a security group the same rule."""

    direction: str
    ethertype: str
    protocol: str | None
    port_range_min: int | None
    port_range_max: int | None
    remote_ip_prefix: str | None
    remote_group_id: str | None
    remote_address_group_id: str | None

    @classmethod
    def of(cls, rule: Mapping[str, Any]) -> "Rule":
        """Return what counts of a rule as Neutron shows it."""
        return cls._make(rule.get(name) for name in cls._fields)


def rule_changes(
    wanted: Iterable[Rule], present: Iterable[Resource]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the bodies of the rules that lack, and the ids of those too many.

    The group they go into is up to the caller. What an empty field means is left to
    Neutron, so fields without a value are not sent.
    """
    shall_be = dict.fromkeys(wanted)
    there = {Rule.of(rule): str(rule["id"]) for rule in present}
    bodies = [
        {name: value for name, value in rule._asdict().items() if value is not None}
        for rule in shall_be
        if rule not in there
    ]
    surplus = [rule_id for rule, rule_id in there.items() if rule not in shall_be]
    return bodies, surplus


def _body(kind: str, central: Resource) -> dict[str, Any]:
    names = (*_ONCE[kind], *sorted(MIRRORED[kind]))
    body = {name: central[name] for name in names if name in central.keys() - _MAPPED}
    # Neutron refuses an IPv6 mode that is there and says nothing.
    return at_birth(body)


def _without_automatic(wanted: Mapping[str, Any], present: Resource) -> Resource:
    """Leave out the addresses of subnets in which none was named."""
    automatic = {
        ip["subnet_id"] for ip in wanted.get("fixed_ips", ()) if "ip_address" not in ip
    }
    if not automatic:
        return present
    named = [ip for ip in present["fixed_ips"] if ip["subnet_id"] not in automatic]
    return present | {"fixed_ips": named}


def _canonical(name: str, value: Any) -> Any:
    match name:
        case "security_groups":
            return frozenset(value or ())
        case "fixed_ips":
            return frozenset(_address(ip) for ip in value or () if "ip_address" in ip)
        case "host_routes":
            return frozenset((r["destination"], r["nexthop"]) for r in value or ())
        case "allowed_address_pairs":
            return frozenset(
                (p["ip_address"], p.get("mac_address")) for p in value or ()
            )
        case "extra_dhcp_opts":
            return frozenset(_option(option) for option in value or ())
        case _:
            return value


def _address(ip: Mapping[str, str]) -> str:
    return str(ip_address(ip["ip_address"]))


def _option(option: Mapping[str, Any]) -> tuple[str, str, int]:
    return option["opt_name"], option["opt_value"], option.get("ip_version", 4)


def _dhcp_changes(
    wanted: Sequence[Mapping[str, Any]], present: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Neutron keeps the options that an update leaves out; it drops those of None."""
    kept = {(option["opt_name"], option.get("ip_version", 4)) for option in wanted}
    gone = {(one["opt_name"], one.get("ip_version", 4)) for one in present} - kept
    dropped = [
        {"opt_name": name, "opt_value": None, "ip_version": version}
        for name, version in sorted(gone)
    ]
    return [dict(option) for option in wanted] + dropped
