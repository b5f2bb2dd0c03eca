# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The commands: one module a noun, one class a command.

``base`` has what the commands of all nouns do alike: a class there becomes a command
by naming its noun and its filters.
"""
