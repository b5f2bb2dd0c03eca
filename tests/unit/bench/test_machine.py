# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What a page says of the machine that it was written on."""

import platform

from bench import installation, machine


def test_the_first_processor_tells_what_it_is() -> None:
    text = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n\nmodel name\t: Another\n"
    assert machine.model(text) == "Some CPU @ 2 GHz"


def test_one_that_does_not_tell_is_called_by_its_kind() -> None:
    assert machine.model("processor\t: 0\n") == platform.machine()


def test_versions_are_those_that_are_pinned() -> None:
    text = "# pecan==0\npecan==1.6.0 \\\n    --hash=sha256:0\npyuwsgi==2.0.30 \\\n"
    assert machine.pinned(text, "pyuwsgi") == "2.0.30"
    assert machine.pinned(text, "webob") == "unknown"
    assert machine.pinned(installation.CONSTRAINTS.read_text(), "pecan") != "unknown"
