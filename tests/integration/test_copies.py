# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What was made a second before a create is in the pod when the create needs it."""

from lab.topology import Pod
from tests.integration.bench import connect
from tests.integration.cloud import Cloud, zone_of
from tests.integration.waiting import is_gone, wait_for_status, wait_until_gone


def test_a_server_with_a_new_flavor_and_key_pair(cloud: Cloud, pod: Pod) -> None:
    name = cloud.name("fresh")
    image = cloud.image
    public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
    flavor = cloud.admin.compute.create_flavor(
        name=name, ram=128, vcpus=1, disk=1, ephemeral=0
    )
    cloud.stack.callback(cloud.admin.compute.delete_flavor, flavor, ignore_missing=True)
    cloud.admin.compute.create_flavor_extra_specs(flavor, {"fresh:yes": "1"})
    cloud.user.compute.create_keypair(name=name, public_key=public)
    cloud.stack.callback(cloud.user.compute.delete_keypair, name, ignore_missing=True)
    server = cloud.user.compute.create_server(
        name=name,
        image_id=image,
        flavor_id=flavor.id,
        key_name=name,
        availability_zone=zone_of(pod),
        networks="none",
    )
    cloud.stack.callback(cloud.delete_servers, [server.id])
    active = cloud.wait_active(server.id)
    assert active.key_name == name
    assert (active.flavor.original_name, active.flavor.ram) == (name, 128)

    there = connect(pod.slug).compute
    copy = there.get_flavor(flavor.id)
    assert (copy.name, copy.ram) == (name, 128)
    assert there.fetch_flavor_extra_specs(copy).extra_specs == {"fresh:yes": "1"}
    cloud.delete_servers([server.id])
    cloud.user.compute.delete_keypair(name)
    cloud.admin.compute.delete_flavor(flavor)
    assert is_gone(there.get_flavor, flavor.id)
    assert is_gone(connect(f"{pod.slug}-demo").compute.get_keypair, name)


def test_a_volume_of_a_new_type(cloud: Cloud, pod: Pod) -> None:
    name = cloud.name("fresh")
    made = cloud.admin.block_storage.create_type(name=name)
    cloud.stack.callback(
        cloud.admin.block_storage.delete_type, made, ignore_missing=True
    )
    storage = cloud.user.block_storage
    volume = storage.create_volume(
        name=name, size=1, volume_type=name, availability_zone=zone_of(pod)
    )
    cloud.stack.callback(wait_until_gone, storage.get_volume, volume.id)
    cloud.stack.callback(storage.delete_volume, volume, ignore_missing=True)
    there = wait_for_status(storage.get_volume, volume.id, "available")
    assert (there.volume_type, there.availability_zone) == (name, zone_of(pod))
    # A pod's type has an id of its own, and it outlives the original: it might be the
    # pod's operator's.
    operator = connect(pod.slug).block_storage
    (copy,) = (found for found in operator.types() if found.name == name)
    cloud.stack.callback(operator.delete_type, copy)
    storage.delete_volume(volume)
    wait_until_gone(storage.get_volume, volume.id)
