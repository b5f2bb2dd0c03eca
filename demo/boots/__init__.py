# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What Tricircle adds to the time that a server takes until it is ACTIVE.

::

    measuring   rounds of boots: in a pod itself, through Tricircle on a network that
      |         the pod has not seen, and on the same network again
      ground    what a boot stands on, made new each time, and how it is removed
    figures     what came out, beside what is wanted: a table

Of the walk it has how clouds are reached, and how what bears a mark is removed.
"""
