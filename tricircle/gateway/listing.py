# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""All paths that are served, for people: with what becomes of a call to each."""

from collections.abc import Iterable, Iterator

from tricircle.gateway.spec import Action, Service

_EVERY = "ANY"


def lines(services: Iterable[Service]) -> Iterator[str]:
    """A line for each path: its methods, the path, the strategy, and why it is refused.

    A path that ends in ``/**`` has all below it that no other line names.
    """
    for service in services:
        actions = [
            (f"{service.root}{action.path}", action)
            for resource in service.resources
            for action in resource.actions
        ]
        methods = max(len(_methods(action)) for _, action in actions)
        paths = max(len(path) for path, _ in actions)
        yield f"# {service.type}"
        for path, action in sorted(actions, key=lambda one: (one[0], _methods(one[1]))):
            columns = (
                f"{_methods(action):{methods}}",
                f"{path:{paths}}",
                f"{action.strategy:9}",
                action.refusal,
            )
            yield "  ".join(columns).rstrip()


def _methods(action: Action) -> str:
    return ",".join(action.methods) or _EVERY
