# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import shlex

import pytest

from demo.walk.command import Command, columns, curl, inside, openstack, token


def test_a_command_is_shown_as_it_is_run() -> None:
    command = openstack("demo", "server show vm1", *columns("id", "Fixed IP Addresses"))
    assert command.typed() == (
        'openstack --os-cloud demo server show vm1 -c id -c "Fixed IP Addresses"'
    )
    assert tuple(shlex.split(command.typed())) == command.words


def test_a_long_command_goes_on_after_an_option_with_its_value() -> None:
    options = [word for n in range(12) for word in ("--option", f"value{n}")]
    command = openstack("demo", "server create vm1", *options)
    lines = command.typed().split(" \\\n      ")
    assert len(lines) > 1
    assert all(len(line) < 88 for line in lines)
    assert all(line.startswith("--option value") for line in lines[1:])
    assert tuple(shlex.split(" ".join(lines))) == command.words


def test_facts_are_filled_in() -> None:
    command = inside("vm1", "ping -c3 ${vm2_address}").filled(
        {"vm2_address": "10.0.0.5"}
    )
    assert command.typed() == (
        'make --no-print-directory lab-exec SERVER=vm1 CMD="ping -c3 10.0.0.5"'
    )
    assert shlex.split(command.typed()) == list(command.words)


def test_a_fact_that_is_not_known_is_an_error() -> None:
    with pytest.raises(KeyError, match="vm2_address"):
        inside("vm1", "ping ${vm2_address}").filled({})


def test_a_token_comes_by_standard_input_and_is_never_shown() -> None:
    facts = {"TOKEN": "secret", "api": "http://api/v1.0"}
    command = curl("${api}/pods", {"pod": {"pod_name": "Pod1"}}).filled(facts)
    assert command.stdin(facts) == "X-Auth-Token: secret\n"
    assert "secret" not in " ".join(command.words)
    assert command.typed().endswith('<<< "X-Auth-Token: $TOKEN"')
    assert """--json '{"pod": {"pod_name": "Pod1"}}'""" in command.typed()


def test_a_command_without_a_token_reads_nothing() -> None:
    assert openstack("demo", "image list").stdin({"TOKEN": "secret"}) == ""


def test_what_is_kept_in_a_variable_is_shown_as_an_assignment() -> None:
    assert token("admin").typed() == (
        "TOKEN=$(openstack --os-cloud admin token issue -f value -c id)"
    )


@pytest.mark.parametrize("word", ["it's", "$HOME", 'say "no"', "a b", "`ls`", ""])
def test_any_word_is_quoted_so_that_the_shell_gives_it_back(word: str) -> None:
    assert shlex.split(Command(("echo", word)).typed()) == ["echo", word]


def test_a_long_command_is_named_by_its_beginning() -> None:
    options = [word for n in range(12) for word in ("--option", f"value{n}")]
    brief = openstack("demo", "server create vm1", *options).brief
    assert brief.startswith("openstack --os-cloud demo server create vm1 --option")
    assert brief.endswith(tuple("0123456789"))
    assert openstack("demo", "server list").brief.endswith("server list")
