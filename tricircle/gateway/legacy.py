# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A word of ``spec``: what an API was before it had microversions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Legacy:
    """A version of an API that knows no microversions."""

    root: str
    version_id: str
    updated: str
    media_type: str
