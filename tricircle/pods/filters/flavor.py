# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Only pods that have what the flavor asks for by name.

Every flavor reaches every pod, but not every pod has a host that can run it.
"""

import re
from typing import ClassVar

from tricircle.pods.request import Flavor, Request
from tricircle.pods.view import PodView

#: ``trait:CUSTOM_GPU``, or of a numbered or named group: ``resources_net1:VGPU``.
_SPEC = re.compile(r"(?P<kind>trait|resources)(\d*|_[\w-]+):(?P<name>\w+)")


class FlavorFilter:
    """Refuses pods without a trait or a resource class that the flavor requires."""

    is_lasting: ClassVar[bool] = False

    def refuse(self, request: Request, pod: PodView) -> str | None:
        """See ``contract.Filter``."""
        if request.flavor is None:
            return None
        traits, classes = _wanted(request.flavor)
        missing = [*_missing(traits, pod.traits)]
        missing += _missing(classes, pod.resource_classes)
        if not missing:
            return None
        return f"lacks {', '.join(missing)} of flavor {request.flavor.id}"


def _wanted(flavor: Flavor) -> tuple[set[str], set[str]]:
    traits, classes = set(), set()
    for spec, value in flavor.extra_specs.items():
        match = _SPEC.fullmatch(spec)
        if match is None:
            continue
        if match["kind"] == "trait" and value == "required":
            traits.add(match["name"])
        if match["kind"] == "resources" and value != "0":
            classes.add(match["name"])
    return traits, classes


def _missing(wanted: set[str], known: frozenset[str] | None) -> list[str]:
    return [] if known is None else sorted(wanted - known)
