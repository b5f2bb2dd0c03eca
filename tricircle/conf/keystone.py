# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``[keystone]``: the operator's credential, and which endpoints it is used on.

Most options are keystoneauth's own: ``auth_type``, ``auth_url``, ``username`` ... say
who Tricircle is, ``cafile``, ``timeout`` ... how it speaks with every region. The user
needs the role admin, for Tricircle keeps aggregates, flavors and replicas.
"""

from keystoneauth1 import loading
from oslo_config import cfg

GROUP = "keystone"
#: Seconds; keystoneauth's own default is to wait for ever.
_TIMEOUT = 10

OPTS: list[cfg.Opt] = [
    cfg.ListOpt(
        "valid_interfaces",
        default=["internal", "admin"],
        help="Interfaces of endpoints to use, the best first. Not the public one: in"
        " the central region that is Tricircle's own gateway.",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the section on ``conf``."""
    conf.register_opts(OPTS, group=GROUP)
    loading.register_auth_conf_options(conf, GROUP)
    loading.register_session_conf_options(conf, GROUP)
    conf.set_default("timeout", _TIMEOUT, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the section, for the sample configuration; as with a password."""
    theirs = [
        *loading.get_auth_common_conf_options(),
        *loading.get_auth_plugin_conf_options("password"),
        *loading.get_session_conf_options(),
    ]
    return [(GROUP, [*OPTS, *theirs])]
