# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Projects that nobody has used before, with a user each."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

from tests.integration.bench import connect
from tests.integration.cloud import Cloud, Stranger


@contextmanager
def user_of_a_new_project(cloud: Cloud, what: str) -> Iterator[Stranger]:
    """A user who has nothing: connects them to a cloud, by its name."""
    identity, name = cloud.admin.identity, cloud.name(what)
    with ExitStack() as stack:
        project = identity.create_project(name=name, domain_id="default")
        stack.callback(identity.delete_project, project)
        password = uuid4().hex
        user = identity.create_user(name=name, password=password, domain_id="default")
        stack.callback(identity.delete_user, user)
        role = identity.find_role("member")
        identity.assign_project_role_to_user(project, user, role)

        def connected(cloud: str) -> Any:
            return connect(cloud).connect_as(
                username=name, password=password, project_name=name
            )

        yield connected


def operator_in(cloud: Cloud, project: str) -> Any:
    """The administrator's connection, who works in a user's project."""
    identity = cloud.admin.identity
    me = cloud.admin.current_user_id
    role = identity.find_role("admin")
    identity.assign_project_role_to_user(project, me, role)
    name = identity.get_project(project).name
    return cloud.admin.connect_as_project(name)
