# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How the gateway's forerunners worked, as small as it can be had.

``app`` is a WSGI application: Pecan dispatches, keystonemiddleware checks the token,
SQLAlchemy finds the route, keystoneauth calls the pod, and the answer is read and
written again. It is served by uWSGI with 32 threads, which costs less than the servers
that it would have had. Nothing here is part of Tricircle; the libraries are in a
virtual environment of the benchmark's own, as ``constraints`` pins them.
"""
