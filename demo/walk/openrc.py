# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""An ``openrc`` for tools that want variables instead of ``clouds.yaml``. Pure."""

import shlex
from collections.abc import Mapping
from typing import Any

#: Variables by their places in an entry of ``clouds.yaml``.
_OF_AUTH = (
    "auth_url",
    "username",
    "password",
    "project_name",
    "user_domain_id",
    "project_domain_id",
)
_OF_CLOUD = ("region_name", "interface", "identity_api_version")


def openrc(cloud: Mapping[str, Any]) -> str:
    """A file to source in a shell: an entry of ``clouds.yaml`` as variables.

    It has the password in it: only its owner may read it.
    """
    values = {key: cloud["auth"][key] for key in _OF_AUTH}
    values |= {key: cloud[key] for key in _OF_CLOUD}
    exports = [
        f"export OS_{key.upper()}={shlex.quote(str(value))}"
        for key, value in values.items()
    ]
    return "\n".join(["unset OS_CLOUD", *exports, ""])
