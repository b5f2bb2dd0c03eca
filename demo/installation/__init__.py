# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Tricircle beside the lab's OpenStack: what the lab has to add, and nothing in pods.

``software`` builds and unpacks the wheel, ``configuration`` writes what the services
and the central Neutron read, ``tricircle`` says what runs and in which order.
"""

from demo.installation.tricircle import Tricircle

__all__ = ["Tricircle"]
