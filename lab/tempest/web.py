# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A web server from which Glance can import images while Tempest runs."""

import contextlib
import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lab.errors import PreflightError
from lab.shell import run


@contextlib.contextmanager
def serving(directory: Path, address: str, port: int) -> Iterator[None]:
    """Serve ``image.raw`` and ``image.qcow2`` of ``directory``, making them first.

    PreflightError if the port is taken; CommandError if qemu-img fails.
    """
    _make_images(directory)
    handler = functools.partial(_Handler, directory=str(directory))
    try:
        server = ThreadingHTTPServer((address, port), handler)
    except OSError as error:
        raise PreflightError(
            f"{address}:{port:d}, from which Glance imports images in Tempest's "
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
