# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The operators' REST API: pods, bindings, routes and jobs.

Each noun has a handler (what a call does), a schema (what it may say) and policies
(who may) of the same name. ``routes`` is the whole API as one table. ::

    edge         request id, bounded body, the log; errors of others in our shape
      |
    (keystonemiddleware's auth_token, but for the public paths)
      |
    dispatch     policy, query and body checked against the operation's schemas
      |
    handlers/    decide nothing by themselves: pods and jobs do

``operation``    what a route leads to, and what passes between it and ``dispatch``
``validation``   schemas -> sentences that say what is wrong
``paging``       limit, marker and next links
``openapi``      the same routes and schemas as an OpenAPI document
``audit``        a line for each call that may change something
``tally``        counts of calls, for Prometheus
``errors``       every error, its status and its public code, in one place
``application``  puts these together
"""
