# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""keystonemiddleware's auth_token, as it is set up here."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from keystonemiddleware.auth_token import AuthProtocol
from oslo_config import cfg

from tricircle.conf import keystone as keystone_conf

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def guard(conf: cfg.ConfigOpts) -> Callable[["WSGIApplication"], "WSGIApplication"]:
    """Return what lets only those with a valid token reach an application.

    Tokens are validated with the credential of ``[keystone]``, so that there is one to
    keep; all else is ``[keystone_authtoken]``'s, where memcached should be named. What
    it returns raises keystoneauth's ClientException if the credential can't be used.
    """
    options = {
        "oslo_config_config": conf,
        "auth_section": keystone_conf.GROUP,
        # A service's token may make an expired one good: only a service's may.
        "service_token_roles_required": True,
    }

    def behind(app: "WSGIApplication") -> "WSGIApplication":
        return cast("WSGIApplication", AuthProtocol(app, options))

    return behind
