# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""RabbitMQ: one user and one virtual host a region, and for each other account."""

import base64
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from lab.credentials import Credentials
from lab.paths import Paths
from lab.topology import Port, Topology


def files(
    topology: Topology,
    paths: Paths,
    credentials: Credentials,
    accounts: Iterable[str] = (),
) -> dict[Path, str]:
    """RabbitMQ's configuration files; ``accounts`` are users beside the regions."""
    directory = paths.etc / "rabbitmq"
    definitions = directory / "definitions.json"
    address = topology.central.address
    main = {
        "listeners.tcp.1": f"{address}:{Port.RABBITMQ:d}",
        "load_definitions": str(definitions),
        "log.file": "false",
        "log.console": "true",
        "log.console.level": "warning",
        "vm_memory_high_watermark.absolute": "1GB",
        "disk_free_limit.absolute": "100MB",
        "distribution.listener.interface": "127.0.0.1",
        "distribution.listener.port_range.min": f"{Port.RABBITMQ_DISTRIBUTION:d}",
        "distribution.listener.port_range.max": f"{Port.RABBITMQ_DISTRIBUTION:d}",
    }
    users = [*(region.slug for region in topology.regions), *accounts]
    return {
        definitions: _definitions(users, credentials),
        directory / "enabled_plugins": "[].\n",
        directory / "rabbitmq.conf": "".join(
            f"{key} = {value}\n" for key, value in main.items()
        ),
    }


def _definitions(users: list[str], credentials: Credentials) -> str:
    full = {"configure": ".*", "write": ".*", "read": ".*"}
    content = {
        "users": [
            {
                "name": user,
                "password_hash": password_hash(user, credentials[f"rabbitmq.{user}"]),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": [],
            }
            for user in users
        ],
        "vhosts": [{"name": user} for user in users],
        "permissions": [{"user": user, "vhost": user, **full} for user in users],
    }
    return json.dumps(content, indent=1)


def password_hash(user: str, password: str) -> str:
    """RabbitMQ's salted hash: base64 of salt + SHA-256 of salt and password.

    The salt comes from the user's name, so that the file stays the same: it
    keeps equal passwords apart, and these are random anyway.
    """
    salt = hashlib.sha256(user.encode()).digest()[:4]
    digest = hashlib.sha256(salt + password.encode()).digest()
    return base64.b64encode(salt + digest).decode()
