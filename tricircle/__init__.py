# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One OpenStack cloud out of many.

An operator runs many stock OpenStack deployments, the *pods*. Users see one region.
``gateway`` answers their API calls and passes each to the right pod; ``network``
makes the networks of the central region work in every pod that needs them; ``jobs``
keeps pods in agreement with the central region; ``pods`` knows which pods exist and
where a project lives; ``admin`` is the operators' API to all this.

Packages depend downwards only, in the order that ``pyproject.toml`` states::

    cmd > admin | gateway | network > jobs > pods > regions | db > conf
"""
