# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
from lab.tempest import results
from lab.tempest.results import Change

BOOT = "tempest.api.compute.Boot.test_boot"
STOP = "tempest.api.compute.Boot.test_stop"
PING = "tempest.scenario.Ping.test_ping"


def table(*rows: tuple[str, str]) -> str:
    """What subunit2csv prints."""
    times = "2026-11-22 13:24:00+00:00,2026-11-22 13:24:01+00:00"
    lines = [f"{test},{status},{times}" for test, status in rows]
    return "\n".join(["test,status,start_time,stop_time", *lines, ""])


def test_ids_lose_their_attributes() -> None:
    assert results.plain(f"{BOOT}[id-5de4,network,smoke]") == BOOT
    assert results.plain(BOOT) == BOOT


def test_outcomes_are_collected_by_plain_id() -> None:
    csv = table(
        (f'"{BOOT}[id-1,smoke]"', "success"),
        (f"{STOP}[id-2]", "failure"),
        (f"{PING}[id-3]", "skip"),
    )
    selected = [f"{BOOT}[id-1,smoke]", f"{STOP}[id-2]", f"{PING}[id-3]"]
    assert results.collect(csv, selected) == {
        BOOT: "success",
        STOP: "fail",
        PING: "skip",
    }


def test_a_class_that_is_skipped_or_fails_gives_its_outcome_to_its_tests() -> None:
    csv = table(
        ("setUpClass (tempest.api.compute.Boot)", "skip"),
        ("setUpClass (tempest.scenario.Ping)", "error"),
    )
    assert results.collect(csv, [f"{BOOT}[id-1]", f"{STOP}[id-2]", PING]) == {
        BOOT: "skip",
        STOP: "skip",
        PING: "fail",
    }


def test_a_test_without_outcome_failed() -> None:
    assert results.collect(table((BOOT, "success")), [BOOT, STOP]) == {
        BOOT: "success",
        STOP: "fail",
    }


def test_a_class_that_can_not_clean_up_is_a_failure_of_its_own() -> None:
    teardown = "tearDownClass (tempest.api.compute.Boot)"
    csv = table((BOOT, "success"), (teardown, "failure"))
    assert results.collect(csv, [BOOT]) == {BOOT: "success", teardown: "fail"}


def test_the_file_is_sorted_and_comes_back() -> None:
    outcomes = {STOP: "fail", BOOT: "success"}
    text = results.dump(outcomes, heading="One.\nTwo.")
    assert text == f"# One.\n# Two.\n{BOOT}\tsuccess\n{STOP}\tfail\n"
    assert results.load(text) == outcomes


def test_losses_and_gains_are_told_apart() -> None:
    baseline = {BOOT: "success", STOP: "fail", PING: "skip"}
    now = {BOOT: "skip", STOP: "success", PING: "fail"}
    comparison = results.compare(baseline, now, whole=True)
    assert comparison.losses == (
        Change(BOOT, "success", "skip"),
        Change(PING, "skip", "fail"),
    )
    assert comparison.gains == (Change(STOP, "fail", "success"),)


def test_what_stays_or_becomes_a_skip_is_no_loss() -> None:
    baseline = {BOOT: "fail", STOP: "fail"}
    now = {BOOT: "fail", STOP: "skip"}
    comparison = results.compare(baseline, now, whole=True)
    assert (comparison.losses, comparison.gains) == ((), ())


def test_a_new_failure_is_a_loss_and_a_new_success_a_gain() -> None:
    comparison = results.compare({}, {BOOT: "fail", STOP: "success"}, whole=True)
    assert comparison.losses == (Change(BOOT, "missing", "fail"),)
    assert comparison.gains == (Change(STOP, "missing", "success"),)


def test_a_vanished_test_is_a_loss_unless_it_was_not_chosen() -> None:
    baseline = {BOOT: "success", STOP: "success"}
    whole = results.compare(baseline, {BOOT: "success"}, whole=True)
    assert whole.losses == (Change(STOP, "success", "missing"),)
    part = results.compare(baseline, {BOOT: "success"}, whole=False)
    assert part.losses == ()


def test_the_report_names_every_failure_once() -> None:
    outcomes = {BOOT: "fail", STOP: "fail", PING: "success"}
    comparison = results.compare({BOOT: "success", STOP: "fail"}, outcomes, whole=True)
    assert results.report(outcomes, comparison).splitlines() == [
        "3 tests: 1 passed, 0 skipped, 2 failed",
        "0 of the 1 that pass in the baseline pass: 0.0%",
        f"LOST: {BOOT} (success -> fail)",
        f"gained: {PING} (missing -> success)",
        f"fails, as in the baseline: {STOP}",
    ]


def test_the_report_says_how_much_of_what_passed_still_passes() -> None:
    baseline = {BOOT: "success", STOP: "success", PING: "fail"}
    now = {BOOT: "success", STOP: "fail", PING: "success"}
    # What is excused is no loss, but it does not pass, either.
    comparison = results.compare(baseline, now, excused=[STOP], whole=True)
    assert comparison.losses == ()
    assert results.report(now, comparison).splitlines()[1:] == [
        "1 of the 2 that pass in the baseline pass: 50.0%",
        f"differs, as documented: {STOP} (success -> fail)",
        f"gained: {PING} (fail -> success)",
    ]


def test_the_share_is_of_the_tests_that_ran() -> None:
    baseline = {BOOT: "success", STOP: "success"}
    comparison = results.compare(baseline, {BOOT: "success"}, whole=False)
    assert (comparison.passed, comparison.pass_still) == (1, 1)
