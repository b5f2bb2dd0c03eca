# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Keystone, of the central region and so of all."""

from lab.config import sections
from lab.config.ini import Ini
from lab.config.sections import Site
from lab.topology import Port


def keystone(site: Site) -> Ini:
    """The content of keystone.conf."""
    return {
        "DEFAULT": {"public_endpoint": site.central.url(Port.KEYSTONE)},
        "database": sections.database(site, "keystone"),
        "token": {"provider": "fernet", "expiration": 86400},
        "fernet_tokens": {"key_repository": site.state("keystone/fernet-keys")},
        "credential": {"key_repository": site.state("keystone/credential-keys")},
        "cache": {
            "enabled": True,
            "backend": "dogpile.cache.memcached",
            "memcache_servers": sections.memcached(site),
        },
        "oslo_middleware": {"enable_proxy_headers_parsing": True},
        # The cheapest hash that Keystone takes: service users log in all day.
        "identity": {"password_hash_rounds": 4},
    }
