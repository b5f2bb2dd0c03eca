# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The scheduler's choice, and what it means for the project's bindings."""

from dataclasses import replace
from pathlib import Path

import pytest
from oslo_config import cfg

from tricircle.conf import scheduler as scheduler_conf
from tricircle.db.models import Binding, PodState
from tricircle.pods.decision import Effect
from tricircle.pods.errors import PluginUnusable
from tricircle.pods.filters.az import AzFilter
from tricircle.pods.filters.contract import Filter
from tricircle.pods.filters.network_reach import NetworkReachFilter
from tricircle.pods.filters.state import StateFilter
from tricircle.pods.request import Network, Request
from tricircle.pods.scheduler import Scheduler, from_conf
from tricircle.pods.view import Capacity, PodView
from tricircle.pods.weighers.room import RoomWeigher
from tricircle.pods.weighers.spread import SpreadWeigher

ONE = PodView("1", "Pod1", "az1")
TWO = PodView("2", "Pod2", "az1")
THREE = PodView("3", "Pod3", "az2")
PODS = [ONE, TWO, THREE]
FILTERS: dict[str, Filter] = {
    "az": AzFilter(),
    "state": StateFilter(),
    "network_reach": NetworkReachFilter(),
}
AZ1 = Request("p", "az1")


def scheduler(room: float = 1, spread: float = 1) -> Scheduler:
    return Scheduler(
        FILTERS, {"room": (RoomWeigher(), room), "spread": (SpreadWeigher(), spread)}
    )


def cordoned(pod: PodView) -> PodView:
    return replace(pod, state=PodState.CORDONED)


def bound(pod: PodView, is_current: bool | None = True) -> Binding:
    return Binding(
        project_id="p", az_name=pod.az_name, pod_id=pod.id, is_current=is_current
    )


def local(pod: PodView) -> Request:
    return replace(AZ1, networks=(Network("n", True, frozenset([pod.id])),))


@pytest.mark.parametrize(
    ("request_", "pods", "bindings", "chosen", "effect", "leaves"),
    [
        (AZ1, [ONE, THREE], [], ONE, Effect.BIND, None),
        (AZ1, PODS, [bound(TWO)], TWO, Effect.KEEP, None),
        (AZ1, [ONE, replace(TWO, projects=99)], [bound(TWO)], TWO, "keep", None),
        (AZ1, [ONE, cordoned(TWO)], [bound(TWO)], ONE, Effect.MOVE, "2"),
        (AZ1, PODS, [bound(THREE)], None, Effect.BIND, None),
        (local(ONE), PODS, [bound(TWO)], ONE, Effect.ADD, "2"),
        (local(ONE), PODS, [bound(ONE, None), bound(TWO)], ONE, "add", "2"),
        # Leaving a pod, a project prefers to return to where it has been.
        (
            AZ1,
            [replace(ONE, projects=9), cordoned(TWO), replace(THREE, az_name="az1")],
            [bound(ONE, None), bound(TWO)],
            ONE,
            Effect.MOVE,
            "2",
        ),
        # The user names no zone: a zone that the project uses.
        (Request("p"), PODS, [bound(THREE)], THREE, Effect.KEEP, None),
        (Request("p"), [ONE, cordoned(THREE)], [bound(THREE)], ONE, "bind", None),
    ],
)
def test_the_choice(
    request_: Request,
    pods: list[PodView],
    bindings: list[Binding],
    chosen: PodView | None,
    effect: Effect,
    leaves: str | None,
) -> None:
    decision = scheduler().decide(request_, pods, bindings)
    assert decision.chosen is not None
    if chosen is not None:
        assert decision.chosen.id == chosen.id
    assert (decision.effect, decision.leaves) == (effect, leaves)


def test_no_pod_can_take_it() -> None:
    decision = scheduler().decide(local(THREE), [cordoned(ONE), THREE], [])
    assert decision.chosen is None
    assert decision.effect is None
    assert decision.summary == (
        "no pod can take this for project p in az1: Pod1 is cordoned, network n"
        " can't span pods and is in another one; Pod3 is in az2, not in az1"
    )
    nowhere = scheduler().decide(AZ1, [], [])
    assert nowhere.summary == (
        "no pod can take this for project p in az1: there are none"
    )


def test_a_decision_is_explained() -> None:
    decision = scheduler().decide(AZ1, [ONE, cordoned(TWO)], [bound(TWO)])
    assert decision.as_dict() == {
        "pod_id": "1",
        "pod_name": "Pod1",
        "effect": "move",
        "summary": "Pod1 takes this for project p in az1 (move):"
        " Pod1 can take it (weight 1.500); Pod2 is cordoned",
        "pods": [
            {"pod_id": "1", "pod_name": "Pod1", "weight": 1.5, "refusals": []},
            {
                "pod_id": "2",
                "pod_name": "Pod2",
                "weight": None,
                "refusals": [{"filter": "state", "reason": "is cordoned"}],
            },
        ],
    }


def test_weighers_and_their_factors_decide() -> None:
    roomy = replace(ONE, capacity=Capacity(1, 900, 1, 1000), projects=3)
    lonely = replace(TWO, capacity=Capacity(1, 100, 1, 1000))
    pods = [roomy, lonely]
    assert scheduler(spread=0).decide(AZ1, pods, []).chosen == roomy
    assert scheduler(room=0).decide(AZ1, pods, []).chosen == lonely
    assert scheduler(room=-1, spread=0).decide(AZ1, pods, []).chosen == lonely


@pytest.mark.parametrize(
    ("capacity", "weight"),
    [
        (None, 0.5),
        (Capacity(1, 0, 1, 0), 0.5),
        (Capacity(1, 250, 1, 1000), 0.25),
        (Capacity(1, 2000, 1, 1000), 1.0),  # more free than there is
        (Capacity(1, -5, 1, 1000), 0.0),  # overcommitted
    ],
)
def test_room(capacity: Capacity | None, weight: float) -> None:
    assert RoomWeigher().weigh(AZ1, replace(ONE, capacity=capacity)) == weight


def test_equal_pods_share_projects_and_each_choice_is_repeatable() -> None:
    def choose(project: str, pods: list[PodView]) -> str:
        chosen = scheduler().decide(Request(project, "az1"), pods, []).chosen
        assert chosen
        return chosen.id

    projects = [f"project-{number}" for number in range(200)]
    choices = [choose(project, [ONE, TWO]) for project in projects]
    assert 60 < choices.count("1") < 140
    assert choices == [choose(project, [TWO, ONE]) for project in projects]


def configured(**overrides: object) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    scheduler_conf.register_opts(conf)
    conf([])
    for name, value in overrides.items():
        conf.set_override(name, value, group="scheduler")
    return conf


def test_the_usual_plugins_are_found_by_their_entry_points() -> None:
    made = from_conf(configured())
    assert list(made.filters) == [
        "az",
        "state",
        "health",
        "flavor",
        "network_reach",
        "locality",
        "capacity",
    ]
    assert {name: factor for name, (_, factor) in made.weighers.items()} == {
        "room": 1.0,
        "spread": 1.0,
    }
    assert made.decide(AZ1, [ONE], []).chosen == ONE


def test_an_operators_own_filter_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ours.py").write_text(
        "class Never:\n"
        "    is_lasting = True\n"
        "    def refuse(self, request, pod): return 'never'\n"
    )
    info = tmp_path / "ours-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1\n")
    entry = "[tricircle.pods.filters]\nnever = ours:Never\nbroken = ours:Nothing\n"
    (info / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(str(tmp_path))
    made = from_conf(configured(filters=["never"], weighers={}))
    assert made.decide(AZ1, [ONE], []).verdicts[0].text == "Pod1 never"
    with pytest.raises(PluginUnusable, match="broken"):
        from_conf(configured(filters=["broken"], weighers={}))


def test_an_unknown_plugin_is_named() -> None:
    with pytest.raises(PluginUnusable, match="no_such_filter"):
        from_conf(configured(filters=["no_such_filter"]))
