# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What becomes of a call: one verb a module.

A strategy is a generator: it yields steps (`tricircle.gateway.steps`), is sent their
results, and ends in an answer. It does no I/O, so a golden file can play the world.

- ``scheduled``: choose a pod, write the intent, have copies and ports there, create.
- ``owner``: find the pod, forward. ``locate`` finds what no route knows;
  ``out_of_reach`` shows what routes tell where the pod does not answer.
- ``broadcast``: ask every pod, merge the lists.
- ``limited``: a limit that the central region sets, if pods do not use more.
- ``mirrored``: do it in the central region; ``copies`` brings it to pods.
- ``twinned``: what the central region has, with the parts of it that are in pods.
- ``hosted``: aggregates, whose hosts are in pods.
- ``central``: forward to the central region.
- ``sought``: find the pod by a name, or by asking all of them; forward.
- ``split``: forward to each pod the part that is about its own.
- ``summed``: the central region's numbers, with the pods' added up.
- ``stitched``: the pods' numbers, which come in pages.
- ``local``: answer from what is known.
- ``refused``: say why not.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from tricircle.gateway.message import Answer
from tricircle.gateway.spec import Strategy
from tricircle.gateway.steps import Exchange, Steps
from tricircle.gateway.strategies.broadcast import broadcast
from tricircle.gateway.strategies.central import central
from tricircle.gateway.strategies.hosted import hosted
from tricircle.gateway.strategies.limited import limited
from tricircle.gateway.strategies.local import local
from tricircle.gateway.strategies.mirrored import mirrored
from tricircle.gateway.strategies.owner import owner
from tricircle.gateway.strategies.refused import refused
from tricircle.gateway.strategies.scheduled import scheduled
from tricircle.gateway.strategies.sought import sought
from tricircle.gateway.strategies.split import split
from tricircle.gateway.strategies.stitched import stitched
from tricircle.gateway.strategies.summed import summed
from tricircle.gateway.strategies.twinned import twinned

StrategyFunction: TypeAlias = Callable[[Exchange], Steps[Answer]]

STRATEGIES: Mapping[Strategy, StrategyFunction] = {
    Strategy.SCHEDULED: scheduled,
    Strategy.OWNER: owner,
    Strategy.BROADCAST: broadcast,
    Strategy.LIMITED: limited,
    Strategy.MIRRORED: mirrored,
    Strategy.TWINNED: twinned,
    Strategy.HOSTED: hosted,
    Strategy.CENTRAL: central,
    Strategy.SOUGHT: sought,
    Strategy.SPLIT: split,
    Strategy.STITCHED: stitched,
    Strategy.SUMMED: summed,
    Strategy.LOCAL: local,
    Strategy.REFUSED: refused,
}
