# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How the schema came about: one revision a change, run by Alembic.

``env`` is what Alembic runs; ``versions`` holds the revisions. They are applied by
``tricircle.db.migration``, which serves ``tricircle-manage``. A revision spells out
its tables and never imports the models: those move on, it does not.

To make one: change the models, write ``versions/rNNNN_some_words.py`` after the
newest, and run the functional tests, which compare both on every server.
"""
