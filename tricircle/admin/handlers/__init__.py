# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the calls do: one module a noun, one function an operation.

A handler gets a call that was checked, asks ``pods`` or ``jobs``, and shows what they
return. What they raise is answered by ``errors``.
"""
