# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Consoles: a token is known in the pod whose console proxy asks for it.

What users open is the URL that the pod gives: the pods' console proxies have to be
reachable for users, as those of Nova's cells have to be.
"""

from tricircle.gateway.spec import Action, Resource, Strategy

CONSOLE = Resource(
    type="console_token",
    actions=(
        Action(
            path="/os-console-auth-tokens/{console_token}",
            methods=("GET",),
            strategy=Strategy.SOUGHT,
        ),
    ),
)
