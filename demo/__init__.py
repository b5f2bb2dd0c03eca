# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Tricircle on the lab, and a walk through what it does.

``installation`` puts Tricircle beside the lab's OpenStack as an operator would: the
topology names it, so ``make lab`` starts it too. ``walk`` shows it, with the commands
that a user types. ``boots`` measures what it adds to the time of a boot.
"""
