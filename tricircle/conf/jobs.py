# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``[jobs]``: how workers take jobs, hold them and try again."""

from oslo_config import cfg

from tricircle.conf import monitoring

GROUP = "jobs"

OPTS: list[cfg.Opt] = [
    cfg.IntOpt(
        "threads",
        default=8,
        min=1,
        help="Jobs that a worker runs at once. Start more workers for more.",
    ),
    cfg.IntOpt(
        "threads_per_pod",
        default=4,
        min=1,
        help="Jobs of one pod that a worker runs at once. Keep it below threads, so"
        " that a pod that does not answer can't hold up the others.",
    ),
    cfg.FloatOpt(
        "poll_interval",
        default=5.0,
        min=0.01,
        help="Seconds after which an idle worker looks for jobs without being nudged."
        " This bounds what a lost message costs.",
    ),
    cfg.FloatOpt(
        "lease_time",
        default=30.0,
        min=0.1,
        help="Seconds for which a worker holds a job without a heartbeat; there is one"
        " each third of it. A dead worker's jobs have failed after that time, and are"
        " tried again by others.",
    ),
    cfg.FloatOpt(
        "run_time_limit",
        default=1800.0,
        min=1.0,
        help="Seconds that one run may take. After that its lease is let go, and"
        " another worker may begin.",
    ),
    cfg.FloatOpt(
        "first_backoff",
        default=1.0,
        min=0.01,
        help="Seconds to wait after a job's first failure; each further one doubles"
        " it. Up to half of it is left out by chance, so that jobs which failed"
        " together do not come back together.",
    ),
    cfg.FloatOpt(
        "longest_backoff",
        default=300.0,
        min=0.01,
        help="Seconds that the wait after a failure never exceeds.",
    ),
    cfg.FloatOpt(
        "stop_time",
        default=30.0,
        min=0.0,
        help="Seconds that running jobs have to finish when a worker is told to stop."
        " After that they are interrupted at their next step and given back.",
    ),
    cfg.FloatOpt(
        "audit_interval",
        default=600.0,
        min=1.0,
        help="Seconds from the end of one comparison of the central region with the"
        " pods to the next, for each kind of job that has no interval of its own.",
    ),
    *monitoring.opts(
        ", and of /healthcheck; each worker of a machine needs a port of its own"
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the section on ``conf``."""
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the section, for the sample configuration."""
    return [(GROUP, OPTS)]
