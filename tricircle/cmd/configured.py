# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Reading the configuration of a service, the same way for all."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from oslo_config import cfg
from oslo_log import log


class Section(Protocol):
    """A module of ``tricircle.conf``."""

    def register_opts(self, conf: cfg.ConfigOpts) -> None:
        """Register the section on ``conf``."""


def read(
    program: str,
    sections: Iterable[Section],
    arguments: Sequence[str] | None,
    epilog: str | None = None,
) -> cfg.ConfigOpts:
    """Return what the files and the command line say, with the log set up by it.

    ``arguments`` are the command line's without its name, None for this process's own;
    ``epilog`` ends what ``--help`` prints. Raises cfg.Error.
    """
    conf = cfg.ConfigOpts()
    for section in sections:
        section.register_opts(conf)
    log.register_options(conf)
    conf(arguments, project="tricircle", prog=program, epilog=epilog)
    log.setup(conf, "tricircle")
    return conf
