# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which pods exist, how they are, and where a project lives.

The registry holds pods and their availability zones; a binding is the pod that a
project uses in a zone, made at first use and kept; a route says that a resource lives
in a pod. The scheduler chooses a pod with filters, then weighers, and can explain
its choice.
"""
