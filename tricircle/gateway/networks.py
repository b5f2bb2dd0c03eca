# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The networks that a new server asks for, and the ports that it gets: pure.

Nova makes ports itself, in its own Neutron. Here the central region's Neutron knows
the networks, so the gateway reads what is wanted, the realiser has the ports ready in
the pod, and the pod's Nova is given nothing but ports.
"""

from collections.abc import Mapping
from typing import Any

from tricircle.gateway.errors import BadRequest
from tricircle.gateway.message import Version
from tricircle.gateway.ports import Attachment, Interface, Realised

NONE_FROM: Version = (2, 37)
"""The first microversion in which a server can ask for no network at all."""

_TAKEN = ("uuid", "port", "fixed_ip", "net_id", "port_id", "fixed_ips")


def wanted(
    server: Mapping[str, Any], max_count: int = 1, version: Version = (2, 1)
) -> Attachment:
    """What the body of a create asks for.

    Raises BadRequest for what Nova would refuse too.
    """
    networks = server.get("networks")
    if "networks" not in server and version >= NONE_FROM:
        raise BadRequest(
            "Invalid input for field/attribute server. 'networks' is a required "
            "property: from 2.37 on, ask for 'auto' or 'none'."
        )
    groups = _groups(server.get("security_groups"))
    if networks is None or networks == []:
        return Attachment((), "default", groups)
    if isinstance(networks, str):
        if networks not in {"auto", "none"}:
            raise BadRequest(
                "Invalid input for field/attribute networks. Value: "
                f"{networks}. It is a list, or 'auto', or 'none'."
            )
        return Attachment((), networks, groups)
    if not isinstance(networks, list):
        raise BadRequest("Invalid input for field/attribute networks. It is a list.")
    interfaces = tuple(_interface(item) for item in networks)
    if max_count > 1:
        _check_multiple(interfaces)
    return Attachment(interfaces, "", groups)


def interface(attachment: Mapping[str, Any]) -> Attachment:
    """What the body of ``os-interface`` asks for; nothing: any network, as Nova."""
    fixed = attachment.get("fixed_ips") or []
    addresses = tuple(
        item["ip_address"]
        for item in (fixed if isinstance(fixed, list) else [])
        if isinstance(item, dict) and isinstance(item.get("ip_address"), str)
    )
    network = _id(attachment, "net_id")
    port = _id(attachment, "port_id")
    if port and network:
        raise BadRequest("Give port_id or net_id, not both.")
    if addresses and not network:
        raise BadRequest("Must input network_id when request IP address")
    if not port and not network:
        return Attachment((), "default")
    return Attachment((Interface(network, port, addresses),))


def _interface(item: Any) -> Interface:
    if not isinstance(item, dict):
        raise BadRequest("Invalid input for field/attribute networks. Items are maps.")
    fixed = _text(item, "fixed_ip")
    made = Interface(
        # As in Nova, a port knows its network: what is said beside it does not count.
        None if item.get("port") else _id(item, "uuid"),
        _id(item, "port"),
        (fixed,) if fixed else (),
    )
    if made.port_id and fixed:
        raise BadRequest(
            "Specified Fixed IP cannot be used with port: the port has its addresses."
        )
    if not made.port_id and not made.network_id:
        raise BadRequest(
            "Bad networks format: each item names a network (uuid) or a port."
        )
    return made


def _text(item: Mapping[str, Any], key: str) -> str | None:
    value = item.get(key)
    if value is None or isinstance(value, str):
        return value or None
    raise BadRequest(f"Invalid input for field/attribute {key}. It is a text.")


def _id(item: Mapping[str, Any], key: str) -> str | None:
    """An id, which is to be one segment of a path."""
    value = _text(item, key)
    if value and "/" in value:
        raise BadRequest(
            f"Invalid input for field/attribute {key}. Value: {value}. It is a UUID."
        )
    return value


def _groups(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else []
    names = [item.get("name") for item in items if isinstance(item, dict)]
    return tuple(name for name in dict.fromkeys(names) if name and _is_text(name))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _check_multiple(interfaces: tuple[Interface, ...]) -> None:
    if any(interface.port_id for interface in interfaces):
        raise BadRequest(
            "Unable to launch multiple instances with a single configured port ID. "
            "Please launch your instance one by one with different ports."
        )
    if any(interface.fixed_ips for interface in interfaces):
        raise BadRequest(
            "Invalid fixed IP and max count: max_count cannot be greater than 1 if a "
            "fixed_ip is specified."
        )


def substitute(server: dict[str, Any], realised: Realised) -> None:
    """Put the pod's ports where the user named networks; the rest of an item stays.

    The security groups are on the ports by now, and the pod may call them otherwise.
    """
    before = server.get("networks")
    items = before if isinstance(before, list) else []
    networks: list[dict[str, Any]] = []
    for number, port in enumerate(realised.pod_ports):
        item = items[number] if number < len(items) else {}
        kept = {key: value for key, value in item.items() if key not in _TAKEN}
        networks.append({**kept, "port": port})
    server["networks"] = networks or "none"
    server.pop("security_groups", None)


def substitute_interface(attachment: dict[str, Any], realised: Realised) -> None:
    """The same for one interface that is attached later."""
    for key in _TAKEN:
        attachment.pop(key, None)
    attachment["port_id"] = realised.pod_ports[0]
