# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import inspect
import json
from collections.abc import Iterator
from http import HTTPStatus
from types import ModuleType

import pytest
from sqlalchemy.exc import IntegrityError

from tricircle.admin import errors
from tricircle.db import errors as db
from tricircle.jobs import errors as jobs
from tricircle.pods import errors as pods
from tricircle.regions import errors as regions

#: What only happens where no call is served: in a worker, or before a port opens.
ELSEWHERE = {
    pods.NoValidPod,
    pods.PluginUnusable,
    jobs.JobError,
    jobs.KindUnusable,
    jobs.NudgeUnusable,
    jobs.LeaseLost,
    db.DatabaseError,
    db.DatabaseUnusable,
}


def defined(module: ModuleType) -> Iterator[type[Exception]]:
    for _, found in inspect.getmembers(module, inspect.isclass):
        if issubclass(found, Exception) and found.__module__ == module.__name__:
            yield found


EVERY = [
    kind
    for module in (pods, jobs, regions, db)
    for kind in defined(module)
    if kind not in ELSEWHERE
]


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: str(kind.__name__))
def test_every_error_of_the_packages_below_has_an_answer(kind: type[Exception]) -> None:
    fault = errors.answer_to(kind.__new__(kind))
    assert fault is not None
    assert HTTPStatus.BAD_REQUEST <= fault.status
    assert fault.code.startswith("tricircle.")


@pytest.mark.parametrize("kind", list(defined(errors)), ids=lambda kind: kind.__name__)
def test_every_error_of_ours_has_an_answer(kind: type[errors.ApiError]) -> None:
    if kind is errors.ApiError:
        return
    assert errors.answer_to(kind("so")) == errors.Fault(kind.status, kind.code, "so")


def test_a_code_has_one_status() -> None:
    statuses: dict[str, set[HTTPStatus]] = {}
    for status, code in errors.ANSWERS.values():
        statuses.setdefault(code, set()).add(status)
    assert all(len(found) == 1 for found in statuses.values())


def test_the_nearest_base_counts() -> None:
    class NewConflict(pods.PodExists):
        pass

    fault = errors.answer_to(NewConflict("so"))
    assert fault == errors.Fault(HTTPStatus.CONFLICT, "tricircle.pod.exists", "so")


def test_what_nobody_foresaw_has_none() -> None:
    assert errors.answer_to(ZeroDivisionError()) is None


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("INSERT INTO pods VALUES secret", {}, Exception("secret")),
        db.DatabaseUnavailable("the database at 10.0.0.1: secret"),
    ],
)
def test_the_database_s_words_stay_here(error: Exception) -> None:
    fault = errors.answer_to(error)
    assert fault
    assert "secret" not in fault.detail


def test_the_one_shape() -> None:
    fault = errors.Fault(HTTPStatus.CONFLICT, "tricircle.conflict", "so")
    assert json.loads(errors.body(fault, "req-1")) == {
        "errors": [
            {
                "status": 409,
                "title": "Conflict",
                "code": "tricircle.conflict",
                "detail": "so",
                "request_id": "req-1",
            }
        ]
    }
