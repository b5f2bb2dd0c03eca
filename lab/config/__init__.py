# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Configuration files of OpenStack's services, as pure data.

One module a service; each returns an :data:`~lab.config.ini.Ini` for a region.
``sections`` holds what several services share, ``tree`` puts all files of the
lab together.
"""
