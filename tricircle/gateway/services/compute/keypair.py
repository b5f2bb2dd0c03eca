# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Key pairs: the central region's, copied with the user's own token."""

from tricircle.gateway.spec import Action, Mirror, Resource, Strategy

KEYPAIR = Resource(
    type="keypair",
    bodies={"keypair": (), "keypairs": ()},
    actions=(
        Action(
            path="/os-keypairs", methods=("GET", "POST"), strategy=Strategy.MIRRORED
        ),
        Action(
            path="/os-keypairs/{keypair}",
            methods=("GET", "DELETE"),
            strategy=Strategy.MIRRORED,
            mirror="keypair",
        ),
    ),
)

KEYPAIR_MIRROR = Mirror(
    type="keypair",
    key="keypair",
    path="/os-keypairs",
    version="2.2",  # the first in which a key pair has a type
    copied=("name", "public_key", "type"),
    compared=("public_key", "type"),
    as_admin=False,  # a key pair belongs to a user, who is who makes it
    missing=(400, "Invalid key_name provided."),
)
