# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which pods can take a request: one question a module.

A filter is found by its entry point in the group ``tricircle.pods.filters`` and
switched on in ``[scheduler] filters``; ``contract`` says what it has to be. All of
them are asked about all pods, so that a decision can name every reason.
"""
