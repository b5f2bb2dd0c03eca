# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the hosts of all pods counted of their servers' usage, in an audit period."""

from typing import Any

from tricircle.gateway.naming import public_host
from tricircle.gateway.spec import Action, Resource, Strategy

_COUNTS = (
    "num_hosts",
    "num_hosts_done",
    "num_hosts_running",
    "num_hosts_not_run",
    "total_instances",
    "total_errors",
)


def combined(parts: list[Any]) -> Any:
    """One log of all hosts, with Nova's sentence about the whole."""
    _, first = parts[0]
    (key,) = first
    whole = {**first[key], **dict.fromkeys(_COUNTS, 0), "log": {}, "hosts_not_run": []}
    for pod, document in parts:
        part = document[key]
        for count in _COUNTS:
            whole[count] += part[count]
        whole["hosts_not_run"] += [public_host(n, pod) for n in part["hosts_not_run"]]
        whole["log"] |= {public_host(n, pod): log for n, log in part["log"].items()}
    done, hosts = whole["num_hosts_done"], whole["num_hosts"]
    share = "ALL" if done == hosts else f"{done} of {hosts}"
    errors = whole["total_errors"]
    whole["overall_status"] = f"{share} hosts done. {errors} errors."
    return {key: whole}


AUDIT_LOG = Resource(
    type="audit_log",
    actions=(
        Action(
            path="/os-instance_usage_audit_log",
            methods=("GET",),
            strategy=Strategy.SUMMED,
            combine=combined,
        ),
        Action(
            path="/os-instance_usage_audit_log/{before}",
            methods=("GET",),
            strategy=Strategy.SUMMED,
            combine=combined,
        ),
    ),
)
