# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""All sections together, for the sample configuration and the documentation."""

from oslo_config import cfg

from tricircle.conf import (
    admin,
    database,
    gateway,
    health,
    jobs,
    keystone,
    messaging,
    network,
    placed,
    scheduler,
)

_SECTIONS = (
    admin,
    database,
    gateway,
    health,
    jobs,
    keystone,
    messaging,
    network,
    placed,
    scheduler,
)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return every section with its options, as oslo.config's generator wants it."""
    return [entry for section in _SECTIONS for entry in section.list_opts()]
