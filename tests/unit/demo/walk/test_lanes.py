# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import io
import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from demo.walk.command import Command
from demo.walk.errors import CommandFailed, Unexpected
from demo.walk.expectations import Check, Facts, a_token, anything, says
from demo.walk.lanes import Lanes
from demo.walk.runner import Runner
from demo.walk.screen import Screen
from demo.walk.step import Ask, run


def echo(*words: str, check: Check = anything, unless: str = "") -> Ask:
    return Ask(Command(("echo", *words)), check, unless=unless)


def shell(script: str, check: Check = anything, again: bool = False) -> Ask:
    return Ask(Command(("sh", "-c", script.replace("$", "$$"))), check, again=again)


def keeps(fact: str) -> Check:
    def check(text: str, facts: Facts) -> dict[str, str]:
        return {fact: text.strip()}

    return check


class Stage:
    """Lanes in a directory, and what they print."""

    def __init__(self, directory: Path) -> None:
        self.output = io.StringIO()
        self.runner = Runner(directory, {"PATH": os.environ["PATH"], "CLOUD": "demo"})
        console = Console(file=self.output, highlight=False, soft_wrap=True)
        self.lanes = Lanes(self.runner, Screen(console))

    @property
    def lines(self) -> list[str]:
        return self.output.getvalue().splitlines()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_commands_are_shown_with_their_answers_in_the_storys_order(
    stage: Stage,
) -> None:
    slow = shell("until test -e go; do sleep 0.05; done; echo slow")
    stage.lanes.run(run(slow, (echo("one"), shell("touch go"), echo("two"))), {})
    assert stage.lines == [
        '$ sh -c "until test -e go; do sleep 0.05; done; echo slow"',
        "slow",
        "$ echo one",
        "one",
        '$ sh -c "touch go"',
        "$ echo two",
        "two",
    ]


def test_what_an_answer_tells_is_known_to_the_commands_after_it(stage: Stage) -> None:
    facts = {"old": "1"}
    first = (echo("seven", check=keeps("new")), echo("${old}", "${new}"))
    stage.lanes.run(run(first, echo("other", check=keeps("other"))), facts)
    assert facts == {"old": "1", "new": "seven", "other": "other"}
    assert "1 seven" in stage.lines


def test_a_command_that_a_fact_makes_needless_is_left_out(stage: Stage) -> None:
    asks = (echo("a", check=keeps("known")), echo("b", unless="known"), echo("c"))
    stage.lanes.run(run(asks), {})
    assert [line for line in stage.lines if line[0] != "$"] == ["a", "c"]


def test_commands_have_the_directory_and_the_environment(
    stage: Stage, tmp_path: Path
) -> None:
    stage.lanes.run(run(shell("pwd; echo $CLOUD")), {})
    assert stage.lines[1:] == [str(tmp_path), "demo"]


def test_a_token_is_read_and_not_shown(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    taking = Ask(Command(("cat", "token"), assigns="TOKEN"), a_token)
    reading = Ask(Command(("wc", "-c"), with_token=True), says("21"))
    stage.lanes.run(run((taking, reading)), {})
    assert stage.lines == [
        "$ TOKEN=$(cat token)",
        '$ wc -c <<< "X-Auth-Token: $TOKEN"',
        "21",
    ]


def test_an_answer_that_is_wrong_is_shown_before_the_reason(stage: Stage) -> None:
    wrong = shell("echo $CLOUD", check=says("pod"))
    with pytest.raises(Unexpected, match="does not say 'pod'"):
        stage.lanes.run(run((wrong, echo("never"))), {})
    assert stage.lines == ["$ sh -c 'echo $CLOUD'", "demo"]


def test_a_command_that_fails_tells_why(stage: Stage) -> None:
    with pytest.raises(CommandFailed, match="ended with 3:\nno such cloud"):
        stage.lanes.run(run(shell("echo out; echo no such cloud >&2; exit 3")), {})


def test_a_program_that_is_missing_is_named(stage: Stage) -> None:
    with pytest.raises(CommandFailed, match="cannot run no-such-program"):
        stage.lanes.run(run(Ask(Command(("no-such-program",)))), {})


def test_a_command_is_run_again_until_it_holds(stage: Stage) -> None:
    script = "echo x >> tries; wc -l < tries; test $(wc -l < tries) -ge 3"
    stage.lanes.run(run(shell(script, check=says("4"), again=True)), {})
    assert [line for line in stage.lines if line[0] != "$"] == ["4"]


def test_a_failure_ends_what_runs_beside_it(stage: Stage, tmp_path: Path) -> None:
    wait = "until test -e started; do sleep 0.05; done; exit 1"
    sleeper = "echo $$ > pid; touch started; exec sleep 600"
    with pytest.raises(CommandFailed, match="ended with 1"):
        stage.lanes.run(run(shell(wait), (shell(sleeper), echo("never"))), {})
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_after_a_stop_nothing_is_started(stage: Stage) -> None:
    stage.runner.stop()
    with pytest.raises(CommandFailed, match="was not started any more"):
        stage.lanes.run(run(Ask(Command(("echo",)), again=True)), {})


def test_an_interrupt_of_the_terminal_reaches_no_command(stage: Stage) -> None:
    script = "import os; print(os.getsid(0) == os.getpid())"
    own_session = Ask(Command((sys.executable, "-c", script)), says("True"))
    stage.lanes.run(run(own_session), {})


def test_an_interrupt_ends_all_commands(
    stage: Stage, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # Whoever runs tests in the background has interrupts ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))

    def interrupt() -> None:
        while not (tmp_path / "started").exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        stage.lanes.run(run(shell("echo $$ > pid; touch started; exec sleep 600")), {})
    thread.join()
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
