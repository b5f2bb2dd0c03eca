# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Who may do what: one module a noun, each rule with what it guards.

All are for administrators, until an operator's ``policy.yaml`` says otherwise.
``list_rules`` is what ``oslopolicy-sample-generator`` and ``-list-redundant`` ask for.
"""

from collections.abc import Iterator

from oslo_policy import policy

from tricircle.policies import base, binding, job, pod, routing

__all__ = ["list_rules"]


def list_rules() -> Iterator[policy.RuleDefault]:
    """Yield every rule."""
    yield base.ADMIN
    for noun in (pod, binding, routing, job):
        yield from noun.RULES
