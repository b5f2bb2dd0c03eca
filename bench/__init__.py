# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the gateway costs, beside others that do less or did the same before.

In one run, on one machine, with the same simulated pods behind all of them::

    __main__     the command: start everything, measure, print, write the document
      scenarios    what is measured: each gives named numbers of each contender
        contenders   who is measured: a pod itself, nginx, the forwarder, the gateway
          gateway database    how the gateway is run, and what it knows of pods
          stage        the simulated regions, and the directory that a run uses
            simulated    pods with lists, slow pods, a sink: a program of its own
            nginx        configuration: fast pods and Keystone, and the plain proxy
            answers      the documents that they give
          forwarder    Pecan and keystoneauth, in a virtual environment of its own
        load meter   asking (wrk, sockets); processor time and memory, of /proc
      figures      what the numbers should be
      report       numbers as a table: for the screen and for the documents
    book machine                  the numbers of all rounds; where they come from
    processes server installation addresses errors    programs, and where they listen

Only ratios of one run mean something: the machine has other work. So contenders take
turns within a round, what counts is the median of the rounds, and a cost is processor
time that the kernel counted for a contender's processes, never time on the wall.
"""
