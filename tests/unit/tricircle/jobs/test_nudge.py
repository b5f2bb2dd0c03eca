# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import threading
from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg

from tricircle.conf import messaging
from tricircle.jobs import nudge


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> cfg.ConfigOpts:
    # The fake driver's queues are the process's, and listeners listen to its end.
    monkeypatch.setattr(nudge, "_EXCHANGE", tmp_path.name)
    return made(tmp_path / "tricircle.conf")


def made(file: Path, *lines: str) -> cfg.ConfigOpts:
    file.write_text("\n".join(["[DEFAULT]", "transport_url = fake://", *lines]))
    conf = cfg.ConfigOpts()
    messaging.register_opts(conf)
    conf(["--config-file", str(file)])
    return conf


@pytest.fixture
def transport(conf: cfg.ConfigOpts) -> Any:
    found = nudge.transport(conf)
    assert found
    return found


def test_a_nudge_is_heard(transport: Any) -> None:
    heard = threading.Event()
    nudge.listen(transport, "worker-1", heard.set)
    nudge.Caster(transport).nudge()
    assert heard.wait(10)


def test_a_service_with_an_exchange_of_its_own_is_heard(
    transport: Any, tmp_path: Path
) -> None:
    heard = threading.Event()
    nudge.listen(transport, "worker-1", heard.set)
    conf = made(tmp_path / "neutron.conf", "control_exchange = neutron")
    nudge.nudger(conf).nudge()
    assert heard.wait(10)


def test_nudges_are_heard_again_and_again(
    transport: Any,
) -> None:
    heard = threading.Semaphore(0)
    nudge.listen(transport, "worker-1", heard.release)
    caster = nudge.Caster(transport)
    for _ in range(3):
        caster.nudge()
        assert heard.acquire(timeout=10)


def test_a_nudge_that_cannot_be_sent_is_not_the_callers_trouble(
    transport: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import oslo_messaging  # after ``nudge``, which tells it to use threads

    failing = threading.Event()
    heard = threading.Event()
    nudge.listen(transport, "worker-1", heard.set)
    send = transport._send

    def fail(*arguments: object, **options: object) -> None:
        monkeypatch.setattr(transport, "_send", send)
        failing.set()
        raise oslo_messaging.MessageDeliveryFailure("RabbitMQ is away")

    monkeypatch.setattr(transport, "_send", fail)
    caster = nudge.Caster(transport)
    caster.nudge()
    assert failing.wait(10)
    caster.nudge()
    assert heard.wait(10)


def test_without_nudges_nothing_is_connected(conf: cfg.ConfigOpts) -> None:
    conf.set_override("nudge", False, group="messaging")
    assert nudge.transport(conf) is None
    nudge.nudger(conf).nudge()
