# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Where the lab keeps things.

Lasting data live in one directory, ``.lab`` of the checkout; what belongs to
running processes (sockets, servers' records) in ``/run/tricircle-lab``, because
a socket's path must stay under 108 bytes and such files should not outlive a
reboot. There is one lab on a machine at a time.
"""

from dataclasses import dataclass
from pathlib import Path

#: The checkout that this program is part of.
SOURCE = Path(__file__).resolve().parent.parent
#: Run-time files of the one lab of this machine.
RUN = Path("/run/tricircle-lab")


@dataclass(frozen=True)
class Paths:
    """The directories of one lab; none is made by asking for its path."""

    root: Path
    run: Path = RUN

    @property
    def etc(self) -> Path:
        """Configuration; readable by root alone, for it holds passwords."""
        return self.root / "etc"

    @property
    def var(self) -> Path:
        """Databases, images, volumes: what survives ``lab down``."""
        return self.root / "var"

    @property
    def log(self) -> Path:
        """One log file a service."""
        return self.root / "log"

    @property
    def credentials(self) -> Path:
        """The generated passwords."""
        return self.root / "credentials.json"

    @property
    def topology(self) -> Path:
        """Which topology the lab was told to run last, in one line."""
        return self.root / "topology"

    @property
    def clouds(self) -> Path:
        """A ``clouds.yaml`` for openstackclient and the SDK."""
        return self.root / "clouds.yaml"

    @property
    def servers(self) -> Path:
        """Records of the servers that run, written by the compute driver."""
        return self.run / "servers"

    def venv(self, release: str) -> Path:
        """The virtual environment of an OpenStack release, or of a tool."""
        return self.root / "venvs" / release

    def bin(self, release: str, program: str) -> str:
        """A program in :meth:`venv`."""
        return str(self.venv(release) / "bin" / program)

    def log_file(self, service: str) -> Path:
        """The log of a service or of an installation step."""
        return self.log / f"{service}.log"

    def temporary(self, service: str) -> Path:
        """The TMPDIR of a service, emptied when the service starts."""
        return self.run / "tmp" / service
