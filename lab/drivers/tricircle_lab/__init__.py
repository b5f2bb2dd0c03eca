# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the lab's pods have instead of hypervisors and storage.

guest, model, netns    a server's stand-in: a namespace, plugged into its host's OVS
compute, hypervisor    Nova's virt driver: Nova's operations, carried out on guests
volume, volume_files   Cinder's volume driver

Nova and Cinder load `compute` and `volume` in their own interpreter, with this
package's parent on PYTHONPATH; the `lab` program uses `guest` in its own. So
`guest` needs the standard library alone, and nothing is imported here.
"""
