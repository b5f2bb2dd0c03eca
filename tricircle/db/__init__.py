# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Tricircle's own database: pods, bindings, routes and jobs.

``models`` are the tables, one noun a module; ``migrations`` the way from each
version of them to the next, which ``migration`` goes. ``engine`` opens transactions
and tries them again after a deadlock or a lost connection; ``faults`` knows which
errors these are, and ``errors`` is what callers see.

Queries live beside the noun they serve, in the packages above. MariaDB, PostgreSQL
and SQLite give the same results.
"""
