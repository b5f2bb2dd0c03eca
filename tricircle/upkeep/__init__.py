# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Keeping pods as they should be, whoever dies: a kind of job, one job for each pod.

``wish``        has a pod looked after; said in the transaction that leaves it half-made
``handler``     completes what was begun with the pod, looks how it is, and comes again
``exposition``  how jobs and pods stand, for Prometheus

The job comes again by itself, so the audit only finds pods whose job is missing, or
late. It is not part of ``tricircle.admin``, for its workers serve no API; and not of
``tricircle.jobs``, which knows no kind of job.
"""
