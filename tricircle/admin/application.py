# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The application: its parts, put together."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from oslo_config import cfg
from oslo_policy import policy

from tricircle.admin.dispatch import Dispatcher
from tricircle.admin.edge import Edge
from tricircle.admin.operation import Services
from tricircle.admin.routes import ROUTES
from tricircle.conf import admin as admin_conf
from tricircle.policies import list_rules

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

#: Makes an application one that only those with a token reach.
Guard = Callable[["WSGIApplication"], "WSGIApplication"]


def application(conf: cfg.ConfigOpts, services: Services, guard: Guard) -> Edge:
    """Return the WSGI application. ValueError if the policy file is none."""
    section = conf[admin_conf.GROUP]
    dispatcher = Dispatcher(services, enforcer(conf), section.public_url)
    public = [
        path
        for path, methods in ROUTES.items()
        if all(operation.policy is None for operation in methods.values())
    ]
    return Edge(dispatcher.app(ROUTES), guard, public, section.max_body_size)


def enforcer(conf: cfg.ConfigOpts) -> policy.Enforcer:
    """Return the judge of who may do what, by ``[oslo_policy]`` and our defaults."""
    judge = policy.Enforcer(conf)
    judge.register_defaults(list(list_rules()))
    try:
        judge.load_rules()
    except ValueError as error:
        raise ValueError(f"[oslo_policy] policy_file: {error}") from error
    return judge
