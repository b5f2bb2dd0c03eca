# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The engine that keeps a pod in agreement with the central region.

A job says *what* must agree, never *what happened*, so that doing it twice is doing
it once. Jobs are rows in the database; a message is only a nudge. Workers hold a job
by a lease with a fence: a dead worker's job is taken over, and a slow one cannot
write after that. Failures back off and keep their last error. ::

    enqueue (queue) --row--> claim --job, lease--> Handler.reconcile (kinds)
        |                      ^                        |  returns, or raises
     nudge ~~message~~> worker-+      heartbeat         v  an outcome (retry)
                                      keeps leases   settle (claim) <- states decides

``queue``      wishes for a job, and the operator's redo
``listing``    the jobs that there are
``nudge``      "look for jobs now", sent and heard over RabbitMQ
``worker``     the loop: claims jobs, runs each in a thread, stops gracefully
``claim``      taking due jobs, and writing how a run ended
``lease``      what a run holds, and asks before each effect; ``heartbeat`` renews
``kinds``      what a handler is, and where the handlers come from
``retry``      how a run can end, and how long to wait then
``states``     how a job goes from state to state, decided without I/O
``tally``      counts of a worker's runs; ``pulse``  whether it is alive
``census``     how many jobs there are, and how far they are
``audit``      a kind of job that asks every other kind what is wanted
``clock``      the one clock that leases go by
``errors``     what can go wrong here
"""
