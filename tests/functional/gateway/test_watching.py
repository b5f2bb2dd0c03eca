# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What operators and load balancers see of a gateway that runs."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

from tests.functional.gateway.program import HOST, free_ports, program


def get(port: int, path: str) -> requests.Response:
    return requests.get(f"http://{HOST}:{port}{path}", timeout=10)


def test_each_process_shows_its_metrics_and_all_write_one_access_log(
    tmp_path: Path,
) -> None:
    first = pair_of_ports()
    log = tmp_path / "access.log"
    settings = f"metrics_port = {first}\naccess_log = {log}"
    with program(tmp_path, workers=2, settings=settings) as gateway:
        gateway.until_it_listens()
        gateway.until(lambda: all(shows(port) for port in (first, first + 1)))
        for _ in range(20):
            assert get(gateway.compute, "/v2.1/servers").status_code == 401
        texts = [get(port, "/metrics").text for port in (first, first + 1)]
        counts = [count(text) for text in texts]
        assert sum(counts) == 20
        assert all("process_cpu_seconds_total" in text for text in texts)
        gateway.signal()
        assert gateway.until_all_are_gone() == 0
    assert [line.split()[4] for line in log.read_text().splitlines()] == ["401"] * 20


def test_a_load_balancer_is_told_before_connections_are_refused(tmp_path: Path) -> None:
    with program(tmp_path, settings="drain_time = 3600") as gateway:
        gateway.until_it_listens()
        answer = get(gateway.compute, "/healthcheck")
        assert (answer.status_code, answer.text) == (200, "OK")
        gateway.signal()
        gateway.until(lambda: get(gateway.compute, "/healthcheck").status_code == 503)
        assert get(gateway.compute, "/v2.1/").status_code == 200
        assert gateway.process.poll() is None


def test_spans_go_to_a_collector(tmp_path: Path) -> None:
    taken: list[str] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append(f"{self.path} {body!r}")
            self.send_response(200)
            self.end_headers()

    collector = ThreadingHTTPServer((HOST, 0), Collector)
    serving = threading.Thread(target=collector.serve_forever)
    serving.start()
    try:
        url = f"http://{HOST}:{collector.server_address[1]}/v1/traces"
        settings = f"traces_endpoint = {url}"
        with program(tmp_path, settings=settings) as gateway:
            gateway.until_it_listens()
            assert get(gateway.compute, "/v2.1/servers").status_code == 401
            gateway.signal()
            assert gateway.until_all_are_gone() == 0
    finally:
        collector.shutdown()
        serving.join()
        collector.server_close()
    assert taken
    assert taken[0].startswith("/v1/traces")
    assert "tricircle-gateway" in taken[0]


def pair_of_ports() -> int:
    """A port that is free, and so is the next one."""
    while True:
        (port,) = free_ports(1)
        try:
            requests.get(f"http://{HOST}:{port + 1}", timeout=1)
        except requests.ConnectionError:
            return port


def shows(port: int) -> bool:
    try:
        return get(port, "/metrics").ok
    except requests.ConnectionError:
        return False


def count(metrics: str) -> int:
    found = [
        line.rpartition(" ")[2]
        for line in metrics.splitlines()
        if line.startswith("tricircle_requests_total{") and 'status="401"' in line
    ]
    return int(sum(map(float, found)))
