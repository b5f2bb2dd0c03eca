# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The engine that keeps a pod in agreement with the central region.

A job says *what* must agree, never *what happened*, so that doing it twice is doing
it once. Jobs are rows in the database; a message is only a nudge. Workers hold a job
by a lease with a fence: a dead worker's job is taken over, and a slow one cannot
write after that. Failures back off and keep their last error.
"""
