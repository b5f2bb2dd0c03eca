# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import pytest

from tricircle.pods.server_ports import MADE, Promise, is_made, promised, promises


@pytest.mark.parametrize("made", [True, False])
def test_a_promise_is_read_as_it_was_written(made: bool) -> None:
    promise = Promise("3f2a", made)
    port = {"device_id": str(promise), "tags": []}
    assert promised(port) == promise
    assert is_made(port) == made
    assert str(promise) in promises("3f2a")


@pytest.mark.parametrize("device_id", ["", "3f2a", "tricircle", None])
def test_what_else_a_port_says_is_no_promise(device_id: str | None) -> None:
    assert promised({"device_id": device_id}) is None
    assert not is_made({"device_id": device_id})


def test_a_server_s_port_has_a_tag_if_it_was_made() -> None:
    assert is_made({"device_id": "a-server", "tags": ["web", MADE]})
    assert not is_made({"device_id": "a-server", "tags": ["web"]})
