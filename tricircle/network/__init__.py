# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Networks, routers and security groups that work across pods.

Users talk to the stock Neutron of the central region. A mechanism driver in it checks
what they ask for and queues jobs. Reconcilers *realise* the resources: they compare
the central one with its replica in a pod, through public APIs, and bring the replica
in line. ::

    user -> central Neutron -> plugin ~~job~~> reconcilers -> central region, pods
    gateway -> realiser ------------------------^

``plugin``        what runs inside the central Neutron, and alone imports it
``realiser``      what the gateway calls, in a thread, to have a port in a pod
``reconcilers``   one noun each: how it is made, kept, and removed in a pod
``interconnect``  how a network is carried so that it reaches all pods: a driver
``verify``        whether the central region, the routes and the pods agree
``members``       who is in a security group, and in which pod
``intents``       a route as a lock: who realises a resource in a pod, one at a time
``reach``         what reconcilers reach: the database, and the regions' Neutrons
``translate``     a central resource as a request to a pod, without I/O
``qos_rules``     the rules of a QoS policy, compared, without I/O
``report``        what a central port shows of its replica, without I/O
``errors``        what can go wrong here
"""
