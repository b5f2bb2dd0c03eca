# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Sessions and endpoints: how to speak with a region.

Everything that leaves for Keystone or for a pod's services goes through here, with
the user's own token, or with the operator's where the user was first shown to be
allowed. Request ids travel along.
"""
