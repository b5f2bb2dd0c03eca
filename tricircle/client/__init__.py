# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The plugin of openstackclient: ``openstack multiregion ...``, for operators.

::

    plugin       what openstackclient loads; makes the client of the operators' API
      |
    commands/    one module a noun, one class a command
      |
    asking       the API: pages, bodies, its errors as sentences
    nouns        pods, bindings, routings and jobs: paths, keys and columns, as data
    names        pods and projects by the names that people know them by
    columns      what a table shows of an answer
    replicas     what a network's routings and jobs say about it. Pure

It knows of Tricircle what anyone may know, the API, and imports nothing else of it: a
client may be installed where no service is.
"""
