# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import pytest
from oslo_config import cfg

from tests.unit.tricircle.regions.wire import Answer, Request, Wire
from tricircle.conf import keystone
from tricircle.regions import session
from tricircle.regions.errors import CredentialUnusable, Denied, ServiceMissing


@pytest.fixture
def wire() -> Wire:
    return Wire(
        hosts={"neutron": lambda request: Answer(200, {"path": request.path})},
        catalogue={"Pod1": {"network": "http://neutron:9696"}},
    )


def test_a_version_is_added_where_the_catalogue_has_none(wire: Wire) -> None:
    found = wire.open().service("Pod1", "network").get("/ports")
    assert found == {"path": "/v2.0/ports"}


@pytest.mark.parametrize("url", ["http://neutron/x/v2.0", "http://neutron/v2.0/abc/"])
def test_a_version_in_the_catalogue_is_left_alone(wire: Wire, url: str) -> None:
    wire.catalogue["Pod1"]["network"] = url
    found = wire.open().service("Pod1", "network").get("/ports")
    assert found["path"].count("/v2.0") == 1


def test_an_old_service_type_will_do(wire: Wire) -> None:
    wire.catalogue["Pod1"] = {"volumev3": "http://neutron/v3/abc"}
    found = wire.open().service("Pod1", "block-storage").get("/types")
    assert found == {"path": "/v3/abc/types"}


def test_only_the_named_interfaces_are_used(wire: Wire) -> None:
    regions = session.Regions(wire.connect, ["public"])
    with pytest.raises(ServiceMissing, match="network in Pod1; add one"):
        regions.service("Pod1", "network")


def test_a_region_that_came_later_is_found(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = wire.open()
    regions.service("Pod1", "network")
    wire.catalogue["Pod2"] = {"network": "http://neutron:9696"}
    with pytest.raises(ServiceMissing):
        regions.service("Pod2", "network")  # the catalogue is believed for a while
    monkeypatch.setattr(session, "_BELIEF", 0.0)
    assert regions.service("Pod2", "network").get("/ports")


def test_a_token_is_shared(wire: Wire) -> None:
    regions = wire.open()
    for _ in range(3):
        regions.service("Pod1", "network").get("/ports")
    assert wire.tokens == 1


def test_ids_and_versions_of_a_request_go_along(wire: Wire) -> None:
    seen: dict[str, str] = {}

    def nova(request: Request) -> Answer:
        seen.update(request.headers)
        return Answer(200, {})

    wire.hosts["nova"] = nova
    wire.catalogue["Pod1"]["compute"] = "http://nova/v2.1"
    id_ = "req-3f4a0c4e-7d55-4dc0-9a6f-0a8b6b2c1d2e"
    wire.open().service("Pod1", "compute", microversion="2.90", request_id=id_).get("/")
    assert seen["X-OpenStack-Request-ID"] == id_
    assert seen["OpenStack-API-Version"] == "compute 2.90"


def _configured(text: str, path: str) -> cfg.ConfigOpts:
    with open(path, "w") as file:
        file.write(text)
    conf = cfg.ConfigOpts()
    keystone.register_opts(conf)
    conf(["--config-file", path])
    return conf


def test_no_credential_is_said(tmp_path: object) -> None:
    with pytest.raises(CredentialUnusable, match="auth_type"):
        session.from_conf(_configured("", f"{tmp_path}/c"))


def test_an_unknown_kind_of_credential_is_said(tmp_path: object) -> None:
    conf = _configured("[keystone]\nauth_type = nonsense\n", f"{tmp_path}/c")
    with pytest.raises(CredentialUnusable, match="nonsense"):
        session.from_conf(conf)


def test_a_wrong_password_is_said(wire: Wire) -> None:
    wire.hosts["keystone"] = lambda request: Answer(
        401, {"error": {"message": "wrong password", "code": 401}}
    )
    with pytest.raises(Denied, match="Keystone gave no token"):
        wire.open().service("Pod1", "network")


def test_there_is_a_bound_for_waiting(tmp_path: object) -> None:
    conf = _configured("[keystone]\nauth_type = password\n", f"{tmp_path}/c")
    assert conf.keystone.timeout == 10
