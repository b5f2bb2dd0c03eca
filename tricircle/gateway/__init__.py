# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The API that users see: Nova's and Cinder's, over all pods at once.

A call is matched with the description of its resource, which is data; a strategy
(schedule, ask the owner, ask everyone, ...) turns it into calls to pods; their
answers become one answer. Deciding does no I/O and acting is one module, so that the
first is tested with plain files and the second with a fake wire.

Bodies pass as they came: only the fields that a description names are rewritten.
"""
