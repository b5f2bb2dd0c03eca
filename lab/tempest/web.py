# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A web server from which Glance can import images while Tempest runs."""

import contextlib
import functools
import socket
import threading
from collections.abc import Iterable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lab.errors import PreflightError
from lab.shell import run
from lab.topology import INTERNET_ADDRESS

#: Glance downloads from the usual ports only.
_PORT = 80
_USERS = "tempest.api.image."


def needed(tests: Iterable[str]) -> bool:
    """Whether any of these tests imports images from the web."""
    return any(test.startswith(_USERS) for test in tests)


def address() -> str:
    """An address of this machine: not loopback, for Glance refuses that.

    Loopback nevertheless on a machine that has nothing else.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((INTERNET_ADDRESS, _PORT))  # sends nothing
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[None]:
    """Serve ``image.raw`` and ``image.qcow2`` at :func:`address`.

    PreflightError if the port is taken; CommandError if qemu-img fails.
    """
    _make_images(directory)
    handler = functools.partial(_Handler, directory=str(directory))
    place = (address(), _PORT)
    try:
        server = ThreadingHTTPServer(place, handler)
    except OSError as error:
        raise PreflightError(
            f"{place[0]}:{_PORT}, from which Glance imports images in Tempest's "
            f"tests, can't be used: {error.strerror}"
        ) from error
    with server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


class _Handler(SimpleHTTPRequestHandler):
    """Serves files, without a word on standard error."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _make_images(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for kind in ("raw", "qcow2"):
        path = directory / f"image.{kind}"
        if not path.exists():
            run(["qemu-img", "create", "-q", "-f", kind, path, "1M"])
