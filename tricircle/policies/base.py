# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the rules have in common."""

from collections.abc import Mapping

from oslo_policy import policy

#: Pods belong to no project: a token of the system will do, as one of a project.
_SCOPES = ["system", "project"]

ADMIN = policy.RuleDefault(
    "admin_api", "role:admin", description="Whoever operates this cloud."
)


def rules(
    noun: str, verbs: Mapping[str, tuple[str, str, str]]
) -> list[policy.RuleDefault]:
    """Return the rules of a noun: verb -> (method, path, description)."""
    return [
        policy.DocumentedRuleDefault(
            name(noun, verb),
            "rule:admin_api",
            description,
            [{"method": method, "path": path}],
            scope_types=_SCOPES,
        )
        for verb, (method, path, description) in verbs.items()
    ]


def name(noun: str, verb: str) -> str:
    """The name of a rule."""
    return f"tricircle:{noun}:{verb}"
