# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which pods exist, how they are, and where a project lives.

``registry`` holds pods and their availability zones. ``binding`` holds the pod that a
project uses in a zone, made at first use and kept. ``routing`` holds where each
resource lives. All three are queries on a session that the caller opened, so that
several of them make one transaction.

Choosing a pod is in two halves. ``scheduler`` decides, without I/O: it takes a
``request`` (what shall be placed) and ``view`` (what is known of the pods), asks the
``filters`` which pods can take it and the ``weighers`` which of these is best, and
returns a ``decision`` that says why. ``placing`` acts: it reads pods and bindings,
has the scheduler decide, and makes the binding.

``membership`` makes a region a pod, changes it and lets it go, with what that needs
``outside``; ``intent`` has its transactions, so that whatever dies in between can be
completed. ``observation`` looks at pods and records what they can and how they are;
``health`` decides, without I/O, what many looks mean.

What goes wrong is in ``errors``.
"""
