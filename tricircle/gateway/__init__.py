# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The API that users see: Nova's and Cinder's, over all pods at once.

A request goes through these, from above to below::

    client_wire  a client's connection: uvicorn's, which sends an answer in one piece
    app          ASGI: check (intake, identity, microversion), match (router), answer;
                 version documents (discovery)
      strategies   what becomes of it: generators that yield steps, and do no I/O
        plan merge paginate streams rewrite    pure helpers of theirs: calls, answers
        naming networks reading                names, ports, what a request says
        publish twins                          an answer for users, its copies' ids
      act          takes the steps
        transport    calls regions (line: a pool, a bulkhead and a breaker for each;
                     wire: one connection)
        ports        what is wanted of the rest of Tricircle: `Placement`, `Realiser`
          memory stores   placements: in memory, and over the database
        quotas          limits over all pods (its calls: quota_calls; words: over_limit)

``observe`` has what operators see of it: metrics, logs, health.

``services`` has what OpenStack's APIs look like, as data in the words of ``spec``, and
of ``places`` for what documents hold; ``listing`` prints it. ``steps`` has the words
between strategies and ``act``; ``message`` what travels; ``errors`` what can go wrong
and how it is said.

Bodies pass as they came: only the fields that a description names are rewritten.
"""
