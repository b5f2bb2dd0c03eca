# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One credential, and every region's services that the catalogue names."""

import re
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from keystoneauth1 import exceptions, loading
from keystoneauth1.adapter import Adapter
from keystoneauth1.discover import EndpointData
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.session import Session, TCPKeepAliveAdapter
from oslo_config import cfg

from tricircle.conf import keystone as keystone_conf
from tricircle.regions.errors import CredentialUnusable, ServiceMissing
from tricircle.regions.service import Service, translated

#: The API version that we use of a service, where the catalogue's URL has none.
_VERSIONS = {
    "identity": "v3",
    "compute": "v2.1",
    "network": "v2.0",
    "block-storage": "v3",
}
_VERSION = re.compile(r"/v\d[\d.]*(/|$)")
#: Seconds for which a catalogue without an endpoint is believed.
_BELIEF = 10.0
#: Kept open to each service: all threads of a process have one session.
_CONNECTIONS = 64


class Regions:
    """Speaks with all regions as the operator; one object for all threads.

    ``connect`` makes a session of keystoneauth; ``interfaces`` are those of the
    endpoints to use, the best first.
    """

    def __init__(
        self,
        connect: Callable[[], Session],
        interfaces: Sequence[str] = ("internal", "admin"),
    ) -> None:
        self._connect = connect
        self._interfaces = list(interfaces)
        self._lock = threading.Lock()
        self._session = connect()
        self._connected_at = time.monotonic()

    @property
    def session(self) -> Session:
        """The session in use now; ask again for each job, for it may be renewed."""
        return self._session

    def service(
        self,
        region: str,
        type_: str,
        *,
        microversion: str | None = None,
        request_id: str | None = None,
    ) -> Service:
        """Return a service of a region, by its official type ("block-storage").

        ServiceMissing, or what may happen when Keystone is asked for a token: a
        catalogue is as old as its token, so that it is fetched anew if the service
        is not in it. ``request_id`` is the global request id of what this is for.
        """
        name = f"{type_} in {region}"
        with translated(name):
            found = self._endpoint(region, type_)
            if found is None and self._renew():
                found = self._endpoint(region, type_)
        if found is None:
            raise ServiceMissing(
                f"Keystone's catalogue has no endpoint for {name}; add one of interface"
                f" {' or '.join(self._interfaces)}"
            )
        return self._service(name, type_, found, microversion, request_id)

    def keystone(self) -> Service:
        """Return Keystone, where we get our tokens: there is one for all regions."""
        auth = self._session.auth
        if not isinstance(auth, BaseIdentityPlugin) or auth.auth_url is None:
            raise CredentialUnusable("[keystone] auth_type has no auth_url")
        return self._service("Keystone", "identity", auth.auth_url)

    def discover(self, region: str, type_: str) -> EndpointData | None:
        """Return what a service's version document says; None if it is not there.

        Where there is no such document, it is what the catalogue's URL says.
        """
        with translated(f"{type_} in {region}"):
            return self._look_up(region, type_, discover_versions=True)

    def fresh(self) -> "Regions":
        """Return regions of which nothing is remembered: no token, no version."""
        return Regions(self._connect, self._interfaces)

    def rediscovering(self) -> "Regions":
        """Return regions with our token, of which no version is remembered.

        To look often, for a token is dear and the catalogue seldom changes.
        """
        made = self.fresh()
        with translated("Keystone"):
            self._session.get_token()
        ours, theirs = self._session.auth, made.session.auth
        state = ours.get_auth_state() if ours else None
        if theirs and state:
            theirs.set_auth_state(str(state))
        return made

    def _endpoint(self, region: str, type_: str) -> str | None:
        found = self._look_up(region, type_, discover_versions=False)
        return found.url if found else None

    def _look_up(
        self, region: str, type_: str, *, discover_versions: bool
    ) -> EndpointData | None:
        auth = self._session.auth
        if auth is None:
            raise CredentialUnusable("[keystone] leads to no credential")
        try:
            return auth.get_endpoint_data(
                self._session,
                service_type=type_,
                region_name=region,
                interface=self._interfaces,
                discover_versions=discover_versions,
            )
        except exceptions.CatalogException:
            return None

    def _service(
        self,
        name: str,
        type_: str,
        url: str,
        microversion: str | None = None,
        request_id: str | None = None,
    ) -> Service:
        # Not keystoneauth's own discovery: it takes a service that does not answer
        # for one that is not there.
        if type_ in _VERSIONS and not _VERSION.search(urlsplit(url).path):
            url = f"{url.rstrip('/')}/{_VERSIONS[type_]}"
        adapter = Adapter(
            self._session,
            service_type=type_,
            endpoint_override=url.rstrip("/"),
            default_microversion=microversion,
            global_request_id=request_id,
            client_name="tricircle",
        )
        return Service(adapter, name)

    def _renew(self) -> bool:
        with self._lock:
            if time.monotonic() - self._connected_at < _BELIEF:
                return False
            self._session = self._connect()
            self._connected_at = time.monotonic()
            return True


def from_conf(conf: cfg.ConfigOpts) -> Regions:
    """Return the regions that section ``[keystone]`` leads to. CredentialUnusable.

    Nothing is called before something is wanted.
    """

    def connect() -> Session:
        try:
            auth = loading.load_auth_from_conf_options(conf, keystone_conf.GROUP)
            session = loading.load_session_from_conf_options(
                conf, keystone_conf.GROUP, auth=auth
            )
        except exceptions.ClientException as error:
            raise CredentialUnusable(f"[keystone] can't be used: {error}") from error
        connections = TCPKeepAliveAdapter(pool_maxsize=_CONNECTIONS)
        for scheme in ("http://", "https://"):
            session.session.mount(scheme, connections)
        return session

    if not conf[keystone_conf.GROUP].auth_type:
        raise CredentialUnusable(
            "[keystone] has no auth_type; write password, and auth_url, username,"
            " password, project_name, user_domain_id and project_domain_id"
        )
    return Regions(connect, conf[keystone_conf.GROUP].valid_interfaces)
