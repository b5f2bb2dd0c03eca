# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Whether the central region, the routes and the pods agree: ``network verify``.

What a replica shall be is known to the reconcilers alone. So they are run as jobs run
them, but with clients and a database that only read, and write down what would have
been written: that is the drift. ::

    routes, audits, pods --> verifier --> handler of the kind --> dry clients
                                |
                              drift --> repair ~~jobs~~> workers

``drift``     what does not agree, and the words for it, without I/O
``dry``       the clients and the database that only read
``verifier``  goes through routes, audits and pods, and yields drift
``repair``    wishes the jobs that mend it; nothing else here writes
"""
