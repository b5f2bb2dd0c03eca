# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Waiting for what a cloud does in its own time."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from openstack.exceptions import NotFoundException

T = TypeVar("T")
_POLL_SECONDS = 0.3


def wait_for(condition: Callable[[], T | None], what: str, timeout: float = 120) -> T:
    """What the condition returns once that is true; TimeoutError names `what`."""
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:.0f} s for {what}: in vain")
        time.sleep(_POLL_SECONDS)
    return result


def wait_for_status(
    get: Callable[[str], Any], id_: str, wanted: str, timeout: float = 120
) -> Any:
    """A resource, once its status is the wanted one; AssertionError if it fails."""

    def arrived() -> Any:
        found = get(id_)
        status = found.status.lower()
        if status.startswith("error") and status != wanted.lower():
            raise AssertionError(f"not {wanted}, but {found.status}: {found}")
        return found if status == wanted.lower() else None

    return wait_for(arrived, f"{get.__name__} {id_} to be {wanted}", timeout)


def wait_until_gone(get: Callable[[str], Any], id_: str) -> None:
    """Wait until there is no such resource."""
    wait_for(lambda: is_gone(get, id_), f"{get.__name__} {id_} to find nothing")


def assert_nothing_left(
    left: Callable[[], Iterable[str]], timeout: float = 120
) -> None:
    """Wait until there is nothing left; what remains then is told."""
    with suppress(TimeoutError):
        wait_for(lambda: not left(), "nothing to be left", timeout)
    remains = left()
    assert not remains, "\n".join(remains)


def is_gone(get: Callable[[str], Any], id_: str) -> bool:
    """Whether there is no such resource."""
    try:
        get(id_)
    except NotFoundException:
        return True
    return False
