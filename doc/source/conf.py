# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How Sphinx builds the documentation."""

import logging
import subprocess
from importlib.metadata import version as installed
from pathlib import Path

FULL_HISTORY = Path(__file__).parents[2] / "tools" / "full-history"

project = "Tricircle"
author = "The Tricircle Authors"
project_copyright = author
version = release = installed("tricircle")

extensions = ["oslo_config.sphinxext", "reno.sphinxext"]
# It tells all that it reads as soon as somebody listens to such messages.
logging.getLogger("reno").setLevel(logging.WARNING)
html_theme = "furo"
html_title = "Tricircle"
html_show_sphinx = False
nitpicky = True

# Release notes are read from git; a shallow clone builds the other pages.
if subprocess.run([FULL_HISTORY], check=False).returncode:
    exclude_patterns = ["releasenotes.rst"]
    suppress_warnings = ["toc.excluded"]
