# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Configuration: one module a section, each with its options and their help.

Options are registered on a configuration that is passed along, never on a global
one; so two services, or two tests, can live in one process.
"""
