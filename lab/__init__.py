# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The lab: real OpenStack on one machine, as plain processes.

A central region and a few pods of stock OpenStack, with OVN data planes in
network namespaces. The ground of the integration tests and the developer's
bench; Tricircle itself does not import it.

Data flows one way::

    topology.toml -> topology -> config, services, ovn   (pure: what should be)
      (one of several: choice)         |
                                       v
    install, database, fabric, identity, images          (acts: make it so)
                                       |
                                       v
    steps (side by side) <- plan -> readiness            (in which order)
                                       |
                                       v
    control: up, down, clean <- preflight                (all of it, or an error)
                                       |
                                       v
    cli -> inspection, tempest                           (what the user types)

``processes`` is the only module that starts and stops lasting processes.
``drivers`` is what nova-compute and cinder-volume load: it runs inside
OpenStack's virtual environment, and knows nothing of the rest.
"""
