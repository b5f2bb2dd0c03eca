# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The walk's first steps: the region, its pods, and what servers need. Pure data."""

from pathlib import Path

from demo.walk.command import columns, curl, openstack, shown, token
from demo.walk.expectations import (
    a_token,
    every,
    is_known,
    known_pods,
    lists,
    made,
    one_region,
    registered,
    shows,
)
from demo.walk.scene import (
    CIDR,
    FLAVOR,
    GROUP,
    IMAGE,
    KEY,
    MARK,
    NETWORK,
    OPERATOR,
    SUBNET,
    USER,
    Scene,
)
from demo.walk.step import Ask, Clear, Step, run

_PODS = "${api}/pods"


def list_endpoints(scene: Scene) -> Step:
    """Users find one region."""
    shown = columns("Region", "Service Type", "URL")
    command = openstack(OPERATOR, "endpoint list --interface public", *shown)
    return Step(
        "One region",
        "Users see a single region; the pods' own endpoints are not public.",
        (run(Ask(command, one_region(scene.central))),),
    )


def register_pods(scene: Scene) -> Step:
    """The operator registers the pods, if that has not been done yet."""

    def register(name: str, az: str | None = None, **more: str) -> Ask:
        zone = {} if az is None else {"az_name": az, **more}
        body = {"pod": {"pod_name": name, **zone}}
        return Ask(curl(_PODS, body), registered(name, az), unless=is_known(name))

    pods = [register(zone.pod, zone.az, dc_name=zone.dc) for zone in scene.zones]
    return Step(
        "The pods",
        "The operator registers the central region and the pods, once for all.",
        (
            run((Ask(token(OPERATOR), a_token), Ask(curl(_PODS), known_pods(scene)))),
            run((register(scene.central), *pods)),
            Clear(),
        ),
    )


def list_zones(scene: Scene) -> Step:
    """The zones that users choose are there."""
    wanted = {zone.aggregate: {"Availability Zone": zone.az} for zone in scene.zones}
    shown = columns("Name", "Availability Zone")
    return Step(
        "The availability zones",
        "Each pod is an aggregate of the central region, with the zone users choose.",
        (run(Ask(openstack(OPERATOR, "aggregate list", *shown), lists(wanted))),),
    )


def make_flavor() -> Step:
    """What servers are made of."""
    flavor = openstack(
        OPERATOR,
        f"flavor create {FLAVOR} --ram 64 --vcpus 1 --disk 1",
        *columns("name", "id", "ram"),
    )
    return Step(
        "A flavor and an image",
        "Made or uploaded once, in the central region; pods get them when needed.",
        (
            run(
                Ask(flavor, made(FLAVOR)),
                Ask(
                    openstack(USER, "image list"), lists({IMAGE: {"Status": "active"}})
                ),
            ),
        ),
    )


def make_network(key_file: Path) -> Step:
    """The network, who may ping there, and the key written to ``key_file``."""
    described = ("--description", MARK)
    network = openstack(USER, f"network create {NETWORK}", *described)
    subnet = f"subnet create {SUBNET} --network {NETWORK} --subnet-range {CIDR}"
    group = openstack(USER, f"security group create {GROUP}", *described)
    rule = f"security group rule create {GROUP} --protocol icmp --remote-ip {CIDR}"
    key = openstack(USER, "keypair create --private-key", str(key_file), KEY)
    keep_project = shows(NETWORK, keeps={"project_id": "project"})
    return Step(
        "A network",
        "One network for both zones, who may ping there, and the user's key.",
        (
            run(
                (
                    Ask(
                        shown(network, "name", "id", "project_id", "mtu"),
                        every(made(NETWORK), keep_project),
                    ),
                    Ask(
                        shown(openstack(USER, subnet), "name", "id", "cidr"),
                        every(made(SUBNET), shows(SUBNET, {"cidr": CIDR})),
                    ),
                ),
                (
                    Ask(shown(group, "name", "id"), made(GROUP)),
                    Ask(
                        shown(
                            openstack(USER, rule),
                            "direction",
                            "protocol",
                            "remote_ip_prefix",
                        ),
                        shows("the rule", {"protocol": "icmp"}),
                    ),
                ),
                Ask(shown(key, "name", "fingerprint"), shows(KEY, {"name": KEY})),
            ),
        ),
    )
