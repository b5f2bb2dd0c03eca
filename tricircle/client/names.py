# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Pods and projects by their names, and names for their ids."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from openstack.connection import Connection
from openstack.exceptions import NotFoundException
from osc_lib.cli.identity import find_project
from osc_lib.exceptions import CommandError

from tricircle.client.asking import Api, Document
from tricircle.client.nouns import POD, POD_NAME

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class PodNames:
    """The pods' names, asked for when they are needed."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def id_of(self, pod: str) -> str:
        """Return the id of a pod, given that or its name; CommandError."""
        if _UUID.fullmatch(pod):
            return pod
        for found in self._api.find(POD, {"pod_name": pod}):
            return str(found["pod_id"])
        raise CommandError(
            f"there is no pod {pod!r}; see: openstack multiregion pod list"
        )

    def name_of(self, pod_id: str | None) -> str | None:
        """Return the name of a pod; its id, if it is gone meanwhile."""
        return None if pod_id is None else self._names.get(pod_id, pod_id)

    def named(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Yield documents with the names of the pods whose ids they tell."""
        for one in documents:
            yield {**one, POD_NAME: self.name_of(one["pod_id"])}

    @cached_property
    def _names(self) -> dict[str, str]:
        return {pod["pod_id"]: pod["pod_name"] for pod in self._api.find(POD, {})}


def project_id(cloud: Connection, project: str, domain: str | None) -> str:
    """Return the id of a project, given that or its name; SDKException."""
    return str(find_project(cloud, project, domain).id)


def past_project_id(cloud: Connection, project: str, domain: str | None) -> str:
    """Return the same, but take what Keystone does not know for an id.

    A project that is no more may have left something here.
    """
    try:
        return project_id(cloud, project, domain)
    except NotFoundException:
        return project
