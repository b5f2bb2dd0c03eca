# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What can go wrong with the database.

::

    DatabaseError
     +- DatabaseUnusable      its configuration, or its schema, is wrong
     +- DatabaseUnavailable   it can't be reached, or others kept us from working
"""


class DatabaseError(Exception):
    """The database did not do it. ``str()`` says what to look at."""


class DatabaseUnusable(DatabaseError):
    """Trying again is of no use before an operator changed something."""


class DatabaseUnavailable(DatabaseError):
    """A lost connection, a deadlock, a lock held too long: trying again may help.

    The transaction did not happen; only if the connection broke in the middle of
    its commit, nobody knows.
    """
