# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Tricircle's own database: pods, bindings, routes and jobs.

Models, one noun a module, and the migrations between their versions. Queries live
beside the noun they serve, in the packages above; MariaDB, PostgreSQL and SQLite
give the same results.
"""
