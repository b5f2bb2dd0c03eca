# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can go wrong with a call, and how everything that goes wrong is answered.

::

    ApiError
     +- BadRequest            400
     +- Unauthorized          401
     +- Forbidden             403
     +- NotFound              404
     +- TooLarge              413
     +- NotJson               415

Errors of the packages below are translated here, once, by ``answer_to``. A code is
part of the API: it never changes its meaning, and none is given to something else.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from sqlalchemy.exc import IntegrityError

from tricircle.db import errors as db
from tricircle.jobs import errors as jobs
from tricircle.pods import errors as pods
from tricircle.regions import errors as regions


@dataclass(frozen=True)
class Fault:
    """An error as it is answered."""

    status: HTTPStatus
    code: str
    detail: str


class ApiError(Exception):
    """A call that can't be done. ``str()`` names the fault and says what to do."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]

    @property
    def fault(self) -> Fault:
        """How it is answered."""
        return Fault(self.status, self.code, str(self))


class BadRequest(ApiError):
    """The call says something that it must not."""

    status = HTTPStatus.BAD_REQUEST
    code = "tricircle.invalid"


class Unauthorized(ApiError):
    """The call has no valid token."""

    status = HTTPStatus.UNAUTHORIZED
    code = "tricircle.unauthorized"


class Forbidden(ApiError):
    """The token is not enough."""

    status = HTTPStatus.FORBIDDEN
    code = "tricircle.forbidden"


class NotFound(ApiError):
    """There is no such thing."""

    status = HTTPStatus.NOT_FOUND
    code = "tricircle.not_found"


class TooLarge(ApiError):
    """The body is larger than we read."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "tricircle.too_large"


class NotJson(ApiError):
    """The body is of another type."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "tricircle.not_json"


_Answers = dict[type[Exception], tuple[HTTPStatus, str]]

#: What the packages below raise; the nearest base class counts.
ANSWERS: _Answers = {
    pods.PodsError: (HTTPStatus.BAD_REQUEST, "tricircle.refused"),
    pods.NotFound: (HTTPStatus.NOT_FOUND, "tricircle.not_found"),
    pods.PodNotFound: (HTTPStatus.NOT_FOUND, "tricircle.pod.not_found"),
    pods.BindingNotFound: (HTTPStatus.NOT_FOUND, "tricircle.binding.not_found"),
    pods.RouteNotFound: (HTTPStatus.NOT_FOUND, "tricircle.routing.not_found"),
    pods.MarkerNotFound: (HTTPStatus.BAD_REQUEST, "tricircle.marker.not_found"),
    pods.Conflict: (HTTPStatus.CONFLICT, "tricircle.conflict"),
    pods.PodExists: (HTTPStatus.CONFLICT, "tricircle.pod.exists"),
    pods.CentralRegionExists: (HTTPStatus.CONFLICT, "tricircle.central.exists"),
    pods.BindingExists: (HTTPStatus.CONFLICT, "tricircle.binding.exists"),
    pods.RouteExists: (HTTPStatus.CONFLICT, "tricircle.routing.exists"),
    pods.RouteElsewhere: (HTTPStatus.CONFLICT, "tricircle.routing.elsewhere"),
    pods.PodUnsettled: (HTTPStatus.CONFLICT, "tricircle.pod.unsettled"),
    pods.PodClosed: (HTTPStatus.CONFLICT, "tricircle.pod.closed"),
    pods.PodInUse: (HTTPStatus.CONFLICT, "tricircle.pod.in_use"),
    pods.BindingInUse: (HTTPStatus.CONFLICT, "tricircle.binding.in_use"),
    pods.NotBindable: (HTTPStatus.BAD_REQUEST, "tricircle.binding.central"),
    pods.NoCentralRegion: (HTTPStatus.CONFLICT, "tricircle.central.missing"),
    pods.CentralRegionInUse: (HTTPStatus.CONFLICT, "tricircle.central.in_use"),
    jobs.JobNotFound: (HTTPStatus.NOT_FOUND, "tricircle.job.not_found"),
    regions.RegionNotFound: (HTTPStatus.BAD_REQUEST, "tricircle.region.not_found"),
    regions.ZoneUnknown: (HTTPStatus.BAD_REQUEST, "tricircle.region.zone_unknown"),
    regions.ServiceMissing: (HTTPStatus.CONFLICT, "tricircle.region.service_missing"),
    regions.AggregateTaken: (HTTPStatus.CONFLICT, "tricircle.aggregate.taken"),
    regions.Unreachable: (HTTPStatus.SERVICE_UNAVAILABLE, "tricircle.region.away"),
    regions.RegionsError: (HTTPStatus.BAD_GATEWAY, "tricircle.region.failed"),
    db.DatabaseUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "tricircle.database.away"),
    IntegrityError: (HTTPStatus.CONFLICT, "tricircle.conflict"),
}

#: What is not told to the client, for it would not help and may say too much.
_VEILED = {
    IntegrityError: "others changed what this is about meanwhile; look, and try again",
    db.DatabaseUnavailable: "the database does not answer; try again later",
}


def answer_to(error: Exception) -> Fault | None:
    """Return how ``error`` is answered, or None if nobody foresaw it."""
    if isinstance(error, ApiError):
        return error.fault
    for kind in type(error).__mro__:
        if kind in ANSWERS:
            status, code = ANSWERS[kind]
            return Fault(status, code, _VEILED.get(kind, str(error)))
    return None


def body(fault: Fault, request_id: str) -> bytes:
    """Return the body that tells ``fault``."""
    error = {
        "status": fault.status.value,
        "title": fault.status.phrase,
        "code": fault.code,
        "detail": fault.detail,
        "request_id": request_id,
    }
    return json.dumps({"errors": [error]}).encode()
