# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import requests
from prometheus_client import Counter

from tricircle.monitoring import server


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as one:
        port: int = one.getsockname()[1]
        return port


@contextmanager
def served(ailment: server.Ailment | None = None) -> Iterator[str]:
    """A counter that was counted twice; the URL where it is shown."""
    counter = Counter("tricircle_things", "Things", registry=None)
    counter.inc(2)
    port = free_port()
    end = server.serve([counter], "127.0.0.1", port, ailment)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        end()


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=20)


def test_what_is_counted_is_shown_and_the_process() -> None:
    with served() as url:
        text = get(f"{url}/metrics").text
        assert "\ntricircle_things_total 2.0\n" in text
        assert "process_cpu_seconds_total" in text
        assert "_created" not in text
        assert get(f"{url}/").status_code == 404
        assert get(f"{url}/healthcheck").status_code == 404


def test_it_says_how_the_process_is() -> None:
    ailments = [None, None, "it is stuck", "it is stuck"]
    with served(lambda: ailments.pop(0)) as url:
        well = get(f"{url}/healthcheck")
        assert (well.status_code, well.text) == (200, "OK")
        assert requests.head(f"{url}/healthcheck", timeout=20).status_code == 204
        ill = get(f"{url}/healthcheck", Accept="application/json")
        assert ill.status_code == 503
        assert ill.json() == {"detailed": False, "reasons": ["it is stuck"]}
        assert requests.head(f"{url}/healthcheck", timeout=20).status_code == 503


def test_a_port_that_is_taken_is_named() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as one:
        port = one.getsockname()[1]
        with pytest.raises(OSError, match=f"127.0.0.1, port {port}: .*in use"):
            server.serve([], "127.0.0.1", port)


def test_it_ends() -> None:
    with served() as url:
        get(f"{url}/metrics")
    with pytest.raises(requests.ConnectionError):
        get(f"{url}/metrics")
