# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which pod is best, of those that can take a request: one aspect a module.

A weigher is found by its entry point in the group ``tricircle.pods.weighers`` and
switched on, with a factor, in ``[scheduler] weighers``; ``contract`` says what it
has to be. A pod's weight is the sum of all, each times its factor.
"""
