# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Words of ``spec``: a version of an API, as version documents tell of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A version of an API."""

    id: str
    """How the version documents name it: ``v2.1``."""
    updated: str
    """The date in the version documents, which never changes."""
    media_type: str
    docs: str
    """The link to where it is described."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legacy(Edition):
    """A version that knows no microversions."""

    root: str
