# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Hosts and numbers of different pods never clash, and lead back to their pod."""

import random
from uuid import UUID

import pytest

from tricircle.gateway import naming
from tricircle.gateway.errors import BadRequest, Conflict
from tricircle.gateway.ports import Pod

CHANCE = random.Random(7)  # noqa: S311
CENTRAL = Pod("0", "RegionOne")


def pods(*names: str) -> list[Pod]:
    return [
        Pod(str(UUID(int=CHANCE.getrandbits(128))), name, zone="az") for name in names
    ]


PODS = pods("Pod1", "Pod10", "Pod1~x", "eu-west.2", *(f"P{n}" for n in range(30)))
HOSTS = ["host1", "host1.example.com", "h_1@lvm#ssd", "Pod1", "~", "0", "a~b"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_leads_back_to_its_pod(host: str) -> None:
    shown = {naming.public_host(host, pod) for pod in PODS}
    assert len(shown) == len(PODS)
    for pod in PODS:
        assert naming.own_host(naming.public_host(host, pod), PODS) == (pod, host)


def test_a_pod_whose_name_continues_anothers_is_told_apart() -> None:
    short, long = pods("Pod1", "Pod1~x")
    assert naming.own_host("Pod1~x~host1", [short, long]) == (long, "host1")
    assert naming.own_host("Pod1~host1", [long, short]) == (short, "host1")


def test_what_tells_no_pod_stays() -> None:
    for value in ("host1", "Pod99~host1", "7", 7, None, True, ["x"]):
        assert naming.own(value, PODS) == (None, value)


@pytest.mark.parametrize("number", [0, 1, 7, 2**31 - 1, 2**32 - 1])
def test_a_number_leads_back_to_its_pod(number: int) -> None:
    shown = {naming.public_number(number, pod) for pod in PODS}
    assert len(shown) == len(PODS)
    for pod in PODS:
        public = naming.public_number(number, pod)
        assert 2**32 <= public < 2**53  # more, and JSON in a browser would round it
        assert naming.own(public, PODS) == (pod, number)
        assert naming.own(str(public), PODS) == (pod, str(number))


def test_the_central_regions_names_are_what_they_are() -> None:
    assert naming.public_number(7, CENTRAL) == 7
    assert naming.public_host("host1", CENTRAL) == "host1"


def test_a_pods_number_does_not_depend_on_other_pods() -> None:
    before = [naming.public_number(1, pod) for pod in PODS]
    CHANCE.shuffle(PODS)
    assert sorted(before) == sorted(naming.public_number(1, pod) for pod in PODS)


def test_pods_with_the_same_number_are_not_guessed_between() -> None:
    one, two = (Pod("same id", name, zone="az") for name in ("Pod1", "Pod2"))
    public = naming.public_number(7, one)
    with pytest.raises(Conflict, match="Pod1 and Pod2"):
        naming.own(public, [one, two])
    assert naming.own(public, [two]) == (two, 7)


def test_names_of_two_pods_do_not_go_together() -> None:
    one, two = PODS[:2]
    assert naming.one_pod([None, one, one]) == one
    assert naming.one_pod([None]) is None
    with pytest.raises(BadRequest, match="in one of them"):
        naming.one_pod([one, None, two])
