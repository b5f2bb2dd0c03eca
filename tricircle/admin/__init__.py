# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The operators' REST API: pods, bindings, routes and jobs.

Each noun has a handler (what a call does) and a schema (what it accepts) of the same
name. The whole API is one table of paths and methods; answers to a wrong path or
method follow from it. It decides nothing by itself: ``pods`` and ``jobs`` do.
"""
