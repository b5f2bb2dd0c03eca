# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Placed resources after something was broken off: nothing is orphaned, or lost.

The gateway writes a pending route before a create, and completes it after that. If it
dies between, or a pod never answers, a job finds out what became of it; a delete
likewise goes on until the pod has let go of everything. All of it looks at what is
there, so it may stop anywhere and be run again. ::

    waiting   routes that wait: pending or deleting      } audits, as kinds of jobs
    strays    what lists and routes disagree about       }
       |
    handlers  kind ``placed_route``: a route and its pod    -> routes -> verdict (pure)
              kind ``server_port``: a port nobody may need  -> ports
       |
    lists     what a pod has, and what it certainly has not
    nouns     where pods list each type, as data
    reach     the database, the regions, and how long to wait

Nothing is deleted because a pod does not answer: only because it says, while it
answers in full, that something is not there. A port that a user made is only ever
freed.
"""
