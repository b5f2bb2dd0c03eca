# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import io

from rich.console import Console

from demo.walk.screen import Screen, shortened


def printed(terminal: bool) -> str:
    output = io.StringIO()
    console = Console(
        file=output, force_terminal=terminal, highlight=False, soft_wrap=True
    )
    with Screen(console) as screen:
        screen.heading(3, 14, "A network", "With [brackets].")
        screen.busy(["openstack ..."])
        screen.command("openstack network create net1 [x]")
        screen.output("| [red]net1[/] |\n")
        screen.say("vm1 ACTIVE")
        screen.fail("[bold] it broke")
    return output.getvalue()


def test_in_a_log_all_lines_are_plain() -> None:
    lines = printed(terminal=False).splitlines()
    assert "\x1b" not in "".join(lines)
    assert lines[1].endswith("3 of 14  A network")
    assert lines[2].strip() == "With [brackets]."
    assert lines[3] == "$ openstack network create net1 [x]"
    assert lines[4] == "| [red]net1[/] |"
    assert lines[5].endswith("vm1 ACTIVE")
    assert lines[6].endswith("[bold] it broke")
    assert len(lines) == 7


def test_a_terminal_is_told_what_runs() -> None:
    assert "openstack ..." in printed(terminal=True)


def test_what_runs_is_told_in_one_line() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=40, soft_wrap=True)
    with Screen(console) as screen:
        screen.busy(["openstack [x] server list"] * 9)
        screen.say("done")
    assert "openstack [x] server list · openstac…" in output.getvalue()


def test_a_long_answer_is_shortened() -> None:
    many = shortened("\n".join(map(str, range(100))))
    assert many[-1] == "... and 76 lines more"
    assert shortened("x" * 5000)[0].endswith("x ...")
    assert len(shortened("x" * 5000)[0]) < 700
    assert shortened("a\nb\n\n") == ["a", "b"]
    assert shortened("\n") == []
