# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Quotas: the central region's limits, held over all pods at once.

The central region's Nova and Cinder validate, keep and show the limits; what is taken
of them is counted here, in the transaction that writes a create's intent. A *charge*
says what a route takes, and goes with the route. An *account* is a project's count for
one service: it is locked while a limit is checked, so that nobody takes the same rest
twice. Pods may do things by themselves, so that a project is *recounted* by what they
list: before its first check, before it is refused, and now and then by a job. What
pods make besides what is asked for is counted beforehand, too: as a *hold*. ::

    demand      what is wanted, and whether it fits: pure
    taking      what an item of a pod's list takes: pure
    known       what is known of a project
    doubt       what may be what is counted already: pure
    holds       what pods are about to make by themselves: pure
    comparing   what charges and lists disagree about: pure
    ledger      the checks, as transactions
    recount     the corrections, as a transaction
    listing     where pods list what counts, as data
    handler     the kind of job ``quota``: recounts a project

What goes wrong is in ``errors``.
"""
