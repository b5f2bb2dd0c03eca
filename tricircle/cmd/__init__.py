# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The programs: what an operator starts.

One module a program, ten lines each: read the configuration, put the parts together,
serve. Whatever can be wrong with a configuration is said here, before a port opens.
"""
