# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What every service shows of itself to the tools of its operator.

It knows no service: each says what it counts, and whether it is well. ::

    bounds       into which times histograms are divided
    labels       what labels say, where clients choose the words
    healthcheck  how /healthcheck is answered
    server       a port of its own for a process: /metrics, and /healthcheck if wanted
"""
