# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Sessions and endpoints: how to speak with a region.

Everything that leaves for Keystone or for a region's services with the operator's
credential goes through here, but for the gateway, which has its own transport. All of
it is synchronous, bounded in time, and safe to use from many threads. ::

    session   Regions: one credential, every region's services by the catalogue
       |
    service   Service: one service of one region; calls it, sorts out its errors
       |
    identity      Keystone: does a region exist?
    probe         what a region's services can: versions, extensions, zones
    aggregates    the central Nova's, which show zones to users

What goes wrong is in ``errors``. Nothing here knows the database.
"""
