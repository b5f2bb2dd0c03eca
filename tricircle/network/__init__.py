# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Networks, routers and security groups that work across pods.

Users talk to the stock Neutron of the central region. A mechanism driver and an L3
plugin in it check what they ask for and queue jobs. Reconcilers *realise* the
resources: they compare the central one with its replica in a pod, through public
APIs, and bring the replica in line. How pods reach each other is a driver.

Only the part that runs inside Neutron imports Neutron.
"""
