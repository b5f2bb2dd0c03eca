# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Configuration of nginx, for two purposes.

As the *plain proxy* it is a contender: what it takes to pass a call on at all. As *fast
pods* it answers from memory, so that a pod, where it is not what is measured, takes as
little of the processor from those that are as can be had.
"""

from collections.abc import Sequence
from pathlib import Path

from bench import answers
from bench.addresses import HOST, origin

STREAM = "stream"
"""Below a server, a path that no description of the gateway names."""

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# Each create gets an id of its own: nginx has one for the request, without hyphens.
_NEW_ID = (
    'map $request_id $new_id { "~^(?<a>.{8})(?<b>.{4})(?<c>.{4})(?<d>.{4})(?<e>.{12})$"'
    " $a-$b-$c-$d-$e; }"
)


def regions(directory: Path, keystone: int, pods: Sequence[int], big: Path) -> str:
    """Keystone on one port, and a Nova that knows every id on each of the others.

    ``big`` is the file that is given below a server, as `STREAM`.
    """
    servers = [_server(keystone, _keystone(keystone))]
    servers += [_server(port, _nova(port, big)) for port in pods]
    return _program(directory, _NEW_ID, *servers)


def proxy(directory: Path, ways: Sequence[tuple[int, Sequence[int]]]) -> str:
    """Pass on what comes to a port, to one of the ports behind it."""
    blocks = []
    for port, behind in ways:
        name = f"behind_{port}"
        hosts = " ".join(f"server {HOST}:{one};" for one in behind)
        blocks += [
            f"upstream {name} {{ {hosts} keepalive 600; keepalive_requests 1000000; }}",
            _server(
                port,
                [
                    f"location / {{ proxy_pass http://{name}; proxy_http_version 1.1;"
                    ' proxy_set_header Connection ""; proxy_read_timeout 120;'
                    # Neither way by a file: a large body streams, as in the gateway.
                    " proxy_request_buffering off; proxy_max_temp_file_size 0; }"
                ],
            ),
        ]
    return _program(directory, *blocks)


def _program(directory: Path, *blocks: str) -> str:
    scratch = " ".join(
        f"{kind}_temp_path {directory}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    )
    return "\n".join(
        [
            "daemon off; master_process off;",  # one process, which we stop ourselves
            f"pid {directory}/pid; error_log {directory}/error.log;",
            "worker_rlimit_nofile 8192;",
            "events { worker_connections 4096; }",
            "http {",
            f"access_log off; {scratch}",
            "keepalive_requests 100000000; client_max_body_size 0; sendfile on;",
            "default_type application/json;",
            *blocks,
            "}",
            "",
        ]
    )


def _server(port: int, locations: Sequence[str]) -> str:
    inside = "\n  ".join(locations)
    return f"server {{ listen {HOST}:{port} backlog=2048;\n  {inside}\n}}"


def _keystone(port: int) -> list[str]:
    token = answers.text(answers.token(origin(port)))
    version = answers.text(answers.identity(origin(port)))
    return [
        f"add_header X-Subject-Token {answers.TOKEN} always;",
        f"location = /v3/auth/tokens {{ if ($request_method = POST) {{ return 201"
        f" '{token}'; }} return 200 '{token}'; }}",
        f"location /v3 {{ return 200 '{version}'; }}",
    ]


def _nova(port: int, big: Path) -> list[str]:
    address = origin(port)
    shown = answers.text({"server": answers.server("$id", address)})
    created = answers.text(answers.created("$new_id", address))
    flavor = answers.text({"flavor": answers.flavor()})
    quota = answers.text({"quota_set": answers.quota()})
    headers = (
        'add_header OpenStack-API-Version "compute 2.90" always;'
        ' add_header X-OpenStack-Nova-API-Version "2.90" always;'
        ' add_header Vary "OpenStack-API-Version, X-OpenStack-Nova-API-Version" always;'
        " add_header x-compute-request-id req-$request_id always;"
    )
    return [
        headers,
        f"location ~ \"^/v2\\.1/servers/(?<id>{_UUID})$\" {{ return 200 '{shown}'; }}",
        f"location = /v2.1/servers {{ return 202 '{created}'; }}",
        f'location ~ "^/v2\\.1/servers/{_UUID}/{STREAM}$" {{ types {{ }}'
        " default_type application/octet-stream;"
        f" alias {big}; }}",
        f"location /v2.1/flavors/ {{ return 200 '{flavor}'; }}",
        f"location /v2.1/os-quota-sets/ {{ return 200 '{quota}'; }}",
        """location /v2.1/images/ { return 200 '{"image": {"metadata": {}}}'; }""",
        """location = /v2.1/servers/detail { return 200 '{"servers": []}'; }""",
    ]
