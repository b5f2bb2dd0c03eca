# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Print all that an installed Nova or Cinder routes: ``GET /servers/{id}``, sorted.

``routes-nova.txt`` and ``routes-cinder.txt`` beside it are its output; a release is
taken in by::

    cd tests/golden/gateway
    for service in nova cinder; do
        ../../../.lab/venvs/2026.2/bin/python collect_routes.py $service \
            > routes-$service.txt
    done

It runs with the Python where that release is installed, and reads the tables that the
services route by; no service, database or network is needed.
"""

import re
import sys
from collections.abc import Iterator
from typing import Any

_SEGMENT = re.compile(r":\((\w+)\)|:(\w+)|\{(\w+)(?::[^}]*)?\}")


def nova() -> Iterator[tuple[str, str]]:
    """Nova's table is one literal; where it has a text, it redirects there."""
    from nova.api.openstack.compute import routes

    for path, methods in routes.ROUTE_LIST:
        for method in methods if isinstance(methods, dict) else ():
            yield method, path


def cinder() -> Iterator[tuple[str, str]]:
    """What Cinder's mapper leads to.

    Routes makes every verb of a collection; where a controller has no such method,
    Cinder answers 404, so there is nothing to cover. Paths with a project are the same
    again, as are those that end in a format.
    """
    for route in _cinder_mapper().matchlist:
        resource = route.defaults.get("controller")
        action = route.defaults.get("action", "")
        path = _SEGMENT.sub(lambda m: f"{{{m[1] or m[2] or m[3]}}}", route.routepath)
        if "{project_id}" in path or "{format}" in path:
            continue
        # What the body names (``os-extend``), or what another controller adds.
        actions = getattr(resource, "wsgi_actions", {})
        named = actions if action == "action" else action in actions
        if named or hasattr(getattr(resource, "controller", None), action):
            for method in (route.conditions or {}).get("method", ["GET"]):
                yield method, path


def _cinder_mapper() -> Any:
    from cinder import objects, rpc
    from cinder.common import config
    from oslo_db import options  # type: ignore[import-not-found] # where Cinder is

    config.CONF([], project="cinder", default_config_files=[])
    options.set_defaults(config.CONF, connection="sqlite://")
    objects.register_all()
    # Controllers ask the database for the oldest service, and connect to a broker.
    objects.Service.get_minimum_obj_version = classmethod(lambda *_: None)
    objects.Service.get_minimum_rpc_version = classmethod(lambda *_: None)
    rpc.get_client = lambda *_, **__: None
    from cinder.api.v3 import router

    return router.APIRouter().map


def main() -> None:
    """Print the routes of the service that the command line names."""
    found = {"nova": nova, "cinder": cinder}[sys.argv[1]]()
    lines = {f"{method} {path.rstrip('/') or '/'}" for method, path in found}
    for line in sorted(lines, key=lambda line: line.split()[::-1]):
        print(line)


if __name__ == "__main__":
    main()
