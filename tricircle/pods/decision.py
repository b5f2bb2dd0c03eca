# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the scheduler decided, and why: enough to explain it to an operator."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tricircle.pods.request import Request
from tricircle.pods.view import PodView


class Effect(StrEnum):
    """What a decision means for the project's bindings in the zone."""

    KEEP = "keep"
    """The project's current pod takes it; nothing changes."""

    BIND = "bind"
    """First use of the zone: the pod becomes the current one."""

    MOVE = "move"
    """The current pod takes nothing new: the chosen one becomes current."""

    ADD = "add"
    """The current pod does not suit this request alone, and stays current."""


@dataclass(frozen=True)
class Refusal:
    """A filter's reason to refuse a pod."""

    filter: str
    reason: str
    is_lasting: bool


@dataclass(frozen=True)
class Verdict:
    """What was found about one pod; ``weight`` is None if it was refused.

    ``is_bound`` is True for the project's current pod, False for one that it has
    besides, and None if it has none there.
    """

    pod: PodView
    refusals: tuple[Refusal, ...]
    weight: float | None
    is_bound: bool | None

    @property
    def text(self) -> str:
        """Its reasons, in one phrase."""
        if self.refusals:
            reasons = ", ".join(refusal.reason for refusal in self.refusals)
            return f"{self.pod.name} {reasons}"
        return f"{self.pod.name} can take it (weight {self.weight:.3f})"


@dataclass(frozen=True)
class Decision:
    """The pod that takes a request (None: no pod can), and what was found of all.

    ``leaves`` is the id of the current pod that was passed over, if any.
    """

    request: Request
    verdicts: tuple[Verdict, ...]
    chosen: PodView | None
    effect: Effect | None
    leaves: str | None = None

    @property
    def summary(self) -> str:
        """The decision, in one sentence."""
        where = f" in {self.request.az_name}" if self.request.az_name else ""
        whose = f"project {self.request.project_id}{where}"
        reasons = "; ".join(verdict.text for verdict in self.verdicts)
        if self.chosen is None:
            return f"no pod can take this for {whose}: {reasons or 'there are none'}"
        return f"{self.chosen.name} takes this for {whose} ({self.effect}): {reasons}"

    def as_dict(self) -> dict[str, Any]:
        """Return the decision as it is shown by the API."""
        return {
            "pod_id": self.chosen.id if self.chosen else None,
            "pod_name": self.chosen.name if self.chosen else None,
            "effect": self.effect,
            "summary": self.summary,
            "pods": [_shown(verdict) for verdict in self.verdicts],
        }


def _shown(verdict: Verdict) -> dict[str, Any]:
    return {
        "pod_id": verdict.pod.id,
        "pod_name": verdict.pod.name,
        "weight": verdict.weight,
        "refusals": [
            {"filter": refusal.filter, "reason": refusal.reason}
            for refusal in verdict.refusals
        ],
    }
