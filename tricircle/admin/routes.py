# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The whole API."""

from collections.abc import Mapping

from tricircle.admin.handlers import binding, job, pod, root, routing
from tricircle.admin.operation import Operation

#: Path -> method -> what is done. What is not here is 404, or 405 with Allow.
ROUTES: Mapping[str, Mapping[str, Operation]] = {
    "/": {
        "GET": root.versions,
    },
    "/v1.0": {
        "GET": root.version,
    },
    "/v1.0/openapi.json": {
        "GET": root.openapi,
    },
    "/v1.0/pods": {
        "GET": pod.index,
        "POST": pod.create,
    },
    "/v1.0/pods/{pod_id}": {
        "GET": pod.show,
        "PUT": pod.update,
        "DELETE": pod.delete,
    },
    "/v1.0/pods/{pod_id}/probe": {
        "POST": pod.probe,
    },
    "/v1.0/bindings": {
        "GET": binding.index,
        "POST": binding.create,
    },
    "/v1.0/bindings/{binding_id}": {
        "GET": binding.show,
        "DELETE": binding.delete,
    },
    "/v1.0/routings": {
        "GET": routing.index,
        "POST": routing.create,
    },
    "/v1.0/routings/{routing_id}": {
        "GET": routing.show,
        "PUT": routing.update,
        "DELETE": routing.delete,
    },
    "/v1.0/jobs": {
        "GET": job.index,
    },
    "/v1.0/jobs/{job_id}": {
        "GET": job.show,
        "PUT": job.redo,
    },
}
