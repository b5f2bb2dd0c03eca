# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What became of a create, told from what is there."""

import pytest

from tricircle.placed.verdict import Made, Verdict, resolve

NOTHING = Verdict({}, (), ())


@pytest.mark.parametrize(
    ("made", "users", "expected"),
    [
        # It died before anything else.
        ([], {}, NOTHING),
        # It died with ports made, and nobody else is there who could use them.
        ([], {"A": "", "B": None}, Verdict({}, ("A", "B"), ())),
        # The pod made it, in whatever state it is.
        ([Made("S")], {}, Verdict({}, (), ("S",), "S")),
        ([Made("S")], {"A": "S"}, Verdict({"A": "S"}, (), ("S",), "S")),
        ([Made("S")], {"A": ""}, Verdict({}, ("A",), ("S",), "S")),
        # It has no replica any more.
        ([Made("S")], {"A": None}, Verdict({}, ("A",), ("S",), "S")),
        (
            [Made("S", is_building=True)],
            {"A": "S"},
            Verdict({"A": "S"}, (), ("S",), "S"),
        ),
        # Of two ports, one did not come to be used.
        ([Made("S")], {"A": "S", "B": ""}, Verdict({"A": "S"}, ("B",), ("S",), "S")),
        # Which is the one? That does not matter, as long as each has a route.
        ([Made("S"), Made("T")], {}, Verdict({}, (), ("S", "T"))),
        # The ports know.
        ([Made("S"), Made("T")], {"A": "T"}, Verdict({"A": "T"}, (), ("S", "T"), "T")),
        # Someone asked for it meanwhile.
        ([Made("S", has_route=True)], {}, NOTHING),
        ([Made("S", has_route=True)], {"A": "S"}, Verdict({"A": "S"}, (), ())),
        # Another create's server waits for ports of its own.
        (
            [Made("S", is_building=True, has_route=True, has_ports=True)],
            {"A": None},
            Verdict({}, ("A",), ()),
        ),
        # The pod's list is behind its Neutron.
        ([], {"A": "S"}, Verdict({"A": "S"}, (), ("S",), "S")),
        # Without ports there is nothing to wait for.
        ([Made("S", is_building=True)], {}, Verdict({}, (), ("S",), "S")),
    ],
)
def test_what_became_of_it(
    made: list[Made], users: dict[str, str | None], expected: Verdict
) -> None:
    there = {port: user for port, user in users.items() if user is not None}
    assert resolve(made, list(users), there) == expected


@pytest.mark.parametrize("has_route", [True, False])
def test_a_server_that_is_being_built_may_get_the_ports_yet(has_route: bool) -> None:
    made = [Made("S"), Made("T", is_building=True, has_route=has_route)]
    verdict = resolve(made, ["A"], {"A": ""})
    assert verdict == Verdict({}, (), (), waits_for="T")
