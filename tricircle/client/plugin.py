# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What openstackclient loads, and the names that it expects there.

The group ``openstack.multiregion.v1`` of entry points has the commands. This module is
imported whenever ``openstack`` runs, whatever the command, so it imports little.
"""

import argparse
from typing import Any

#: The attribute of the client manager that has what ``make_client`` returned.
API_NAME = "multiregion"
API_VERSION_OPTION = "os_multiregion_api_version"
API_VERSIONS = ("1", "1.0")
DEFAULT_API_VERSION = "1"

#: The operators' API in Keystone's catalogue.
SERVICE_TYPE = "Cascading"


def build_option_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the options that all our commands have."""
    parser.add_argument(
        "--os-multiregion-api-version",
        metavar="<multiregion-api-version>",
        help=f"Version of Tricircle's API for operators, default={DEFAULT_API_VERSION}",
    )
    return parser


def make_client(instance: Any) -> Any:
    """Return the client of the operators' API, for a client manager of osc_lib.

    It is called at a command's first use of it, and talks to nobody.
    """
    from keystoneauth1.adapter import Adapter

    from tricircle.client.asking import Api

    return Api(
        Adapter(
            session=instance.session,
            service_type=SERVICE_TYPE,
            region_name=instance.region_name,
            interface=instance.interface,
        )
    )
