# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The walk through Tricircle: what a user and an operator do, typed and checked.

::

    scene              where it takes place, and what its things are called
      |
    story              the steps, in order, as data:
      preparing, servers, volumes, farewell
        of `step`      acts: commands side by side, and waiting
        of `command`   what is typed
        of `expectations`, `places`   what must come out; `reading` reads it
      |
    perform            runs the steps, one after another; it tells `screen`
      lanes, runner    start the clients' processes, side by side
      clouds, waiting  asks the SDK how far things are
      leftovers        removes what a walk has made, also one that was killed

``openrc`` renders files for going on by hand, ``summary`` the table at the end.
"""

from demo.walk.perform import run

__all__ = ["run"]
