# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Whatever a user sends, a pod gets one request, to a path that was meant.

``make fuzz`` tries a million inputs.
"""

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from tests.unit.tricircle.gateway.cloud import PROJECT, token
from tests.unit.tricircle.gateway.effort import effort
from tests.unit.tricircle.gateway.ether import OWN, Ether, Sent, scope
from tests.unit.tricircle.gateway.mutation import Mutation
from tests.unit.tricircle.gateway.pod import run
from tricircle.gateway.places import Place
from tricircle.gateway.rewrite import slots
from tricircle.gateway.services import NOUNS, SERVICES
from tricircle.gateway.services.compute import COMPUTE
from tricircle.gateway.services.volume import VOLUME
from tricircle.gateway.spec import Action, Service

S1 = "11111111-1111-1111-1111-111111111111"
TOKENS = {
    "good": token(),
    "ruled": token(
        application_credential={
            "id": "A",
            "access_rules": [
                {"service": type, "method": method, "path": path}
                for type, path in (
                    ("compute", "/v2.1/servers/**"),
                    ("block-storage", "/v3/*/volumes/**"),
                )
                for method in ("GET", "POST", "DELETE")
            ],
        }
    ),
}
PREFIXES = {
    "central:8774": ("/v2.1/",),
    "pod1:8774": ("/v2.1/",),
    "pod2": ("/compute/v2.1/", "/volume/v3/"),
    "central:8776": ("/v3/",),
    "pod1:8776": ("/v3/",),
    "keystone:5000": ("/v3/auth/tokens",),
}
FORGED = re.compile(
    r"x-(service-)?(roles?|identity-status|is-admin-project|storage-token"
    r"|((user|project)(-domain)?|domain|tenant)(-id|-name)?)|x-service-catalog"
    r"|x-forwarded-.*|forwarded|openstack-system-scope|connection|upgrade|te|trailer"
)
#: What the operator's token may be used for, below a region's version.
AS_OPERATOR = re.compile(
    r"/(flavors|types|group_types|qos-specs|os-keypairs|servers)(/.*)?"
)


def check(sent: Sent, used: str) -> None:
    """That it is one request, as the gateway may send it for this token."""
    assert sent.whole == 1, sent
    assert re.fullmatch(r"[!-~]+", sent.target), sent
    assert sent.path.startswith(PREFIXES[sent.host]), sent
    decoded = unquote(sent.path).replace("\\", "/")
    assert {".", ".."}.isdisjoint(decoded.split("/")), sent
    assert sent.values("host") == [sent.host], sent
    framing = sent.values("content-length") + sent.values("transfer-encoding")
    assert len(framing) <= 1, sent
    for name, _ in sent.headers:
        assert "_" not in name, sent
        assert not FORGED.fullmatch(name), sent
    (tokens,) = sent.values("x-auth-token")
    if sent.host == "keystone:5000":
        assert tokens == OWN
        return
    services = sent.values("x-service-token")
    assert services in ([], [OWN]), sent
    assert not services or used == "ruled", sent
    if tokens == OWN:
        below = re.sub(r"^.*?/(v2\.1|v3/0perators)/", "/", sent.path)
        assert AS_OPERATOR.fullmatch(below), sent
    else:
        assert tokens == used, sent


def call(
    service: Service,
    method: str,
    target: str | bytes,
    *,
    headers: list[tuple[bytes, bytes]] | None = None,
    body: bytes = b"",
    used: str = "good",
    says: Any = None,
) -> tuple[int, list[Sent]]:
    """What becomes of a request, and what was sent for it."""

    async def main() -> tuple[int, list[Sent]]:
        ether = Ether(service, TOKENS)
        ether.says = says or nothing
        pairs = [(b"x-auth-token", used.encode()), *(headers or [])]
        return await over(ether, method, target, pairs, body)

    return run(main())


async def over(
    ether: Ether,
    method: str,
    target: str | bytes,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
) -> tuple[int, list[Sent]]:
    """One request more through a gateway."""
    ether.sent.clear()
    if body:
        headers = [*headers, (b"content-length", b"%d" % len(body))]
    status = await ether.call(scope(method, target, headers), [body])
    return status, [one for one in ether.sent if one.host != "keystone:5000"]


def nothing(sent: Sent) -> tuple[int, Any]:
    """It does not exist."""
    return 404, {}


SPLITTING = "x HTTP/1.1\r\nx-roles: admin\r\n\r\nDELETE /v2.1/servers/y"


@pytest.mark.parametrize(
    ("service", "method", "target", "document"),
    [
        (COMPUTE, "GET", f"/v2.1/servers?marker={quote(SPLITTING)}", None),
        (COMPUTE, "GET", f"/v2.1/servers?marker={quote('Pod1~' + SPLITTING)}", None),
        (
            COMPUTE,
            "POST",
            f"/v2.1/servers/{S1}/os-volume_attachments",
            {"volumeAttachment": {"volumeId": SPLITTING.replace("/", " ")}},
        ),
        (
            COMPUTE,
            "POST",
            "/v2.1/os-server-external-events",
            {"events": [{"name": "x", "server_uuid": SPLITTING.replace("/", " ")}]},
        ),
        (
            COMPUTE,
            "POST",
            "/v2.1/servers",
            {"server": {"flavorRef": SPLITTING.replace("/", " "), "networks": "none"}},
        ),
        (
            VOLUME,
            "POST",
            f"/v3/{PROJECT}/volumes",
            {"volume": {"size": 1, "snapshot_id": SPLITTING.replace("/", " ")}},
        ),
        (
            VOLUME,
            "POST",
            f"/v3/{PROJECT}/volumes",
            {"volume": {"size": 1, "source_volid": ".."}},
        ),
    ],
)
def test_an_id_is_no_request(
    service: Service, method: str, target: str, document: Any
) -> None:
    body = json.dumps(document).encode() if document else b""
    status, sent = call(service, method, target, body=body)
    assert status == 207 or 400 <= status < 500
    for one in sent:
        check(one, "good")


@pytest.mark.parametrize(
    "below",
    [
        "/..",
        "/../os-keypairs",
        "/%2e%2E/os-keypairs",
        "/..%2fos-keypairs",
        "/x%2faction",
        "/x/..%5cy",
        "/.",
        "/x/./y",
    ],
)
@pytest.mark.parametrize("used", ["good", "ruled"])
def test_a_path_that_might_be_another_is_none(below: str, used: str) -> None:
    for service, root in ((COMPUTE, "/v2.1/servers"), (VOLUME, "/v3/volumes")):
        status, sent = call(service, "GET", root + below, used=used)
        assert status in {401, 404}
        assert sent == []


def test_of_two_tokens_none_is_good() -> None:
    headers = [(b"x-auth-token", b"good")]
    status, sent = call(COMPUTE, "GET", "/v2.1/servers", headers=headers)
    assert (status, sent) == (401, [])


def test_headers_that_say_who_calls_go_nowhere() -> None:
    headers = [
        (b"x-roles", b"admin"),
        (b"x_roles", b"admin"),
        (b"x-user-domain-name", b"Default"),
        (b"x-service-user-id", b"nova"),
        (b"x_auth_token", b"other"),
        (b"x-storage-token", b"other"),
        (b"x-custom", b"stays"),
    ]
    status, sent = call(COMPUTE, "GET", "/v2.1/os-keypairs", headers=headers)
    assert status == 404
    (one,) = sent
    check(one, "good")
    assert one.values("x-custom") == ["stays"]


def test_what_has_no_place_in_a_target_is_sent_encoded() -> None:
    target = "/v2.1/os-keypairs/sch\xf6n {x}?name=\xe4#"
    status, sent = call(COMPUTE, "GET", target)
    assert status == 404
    (one,) = sent
    assert one.target == "/v2.1/os-keypairs/sch%C3%B6n%20%7Bx%7D?name=%C3%A4%23"


# Fuzzing

HOSTILE = [
    "",
    "..",
    ".",
    "%2e%2e",
    "..%2f",
    "%2F",
    "%5C",
    "\\",
    "/",
    "//",
    "?a=b",
    "#",
    "%23",
    "%0d%0a",
    "\r\nx-roles: admin\r\n",
    " HTTP/1.1\r\n\r\n",
    "\0",
    "\u00e9",
    "\u2028",
    "{operator}",
    "%7Boperator%7D",
    "Pod1~",
    "Pod2~..",
    "Pod1~host1",
    "4294967297",
    "9" * 30,
    "RegionOne~1",
    "null",
    "*",
    ";",
    "%",
    "%zz",
]
KNOWN_IDS = [S1, PROJECT, "F1", "default", "1", "az1", "az2"]
IDS = st.sampled_from(KNOWN_IDS)
TEXT = st.one_of(
    IDS,
    st.lists(st.one_of(IDS, st.sampled_from(HOSTILE)), max_size=4).map("".join),
    st.text(max_size=8),
)
LEAF = st.one_of(TEXT, st.none(), st.booleans(), st.integers(-1, 2**70))
JSON = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(TEXT, inner, max_size=2)
    ),
    max_leaves=4,
)
KNOWN_NAMES = [
    "accept",
    "connection",
    "content-type",
    "expect",
    "forwarded",
    "openstack-api-version",
    "x-openstack-nova-api-version",
    "openstack-system-scope",
    "te",  # codespell:ignore te
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-auth-token",
    "x_auth_token",
    "x-forwarded-host",
    "x-openstack-request-id",
    "x-project-id",
    "x-roles",
    "x_roles",
    "x-service-token",
    "x-service-roles",
    "x-tenant-name",
    "x-user-id",
]
NAMES = st.one_of(
    st.sampled_from(KNOWN_NAMES),
    st.from_regex(r"[a-z0-9!#$%&'*+.^_`|~-]{1,12}", fullmatch=True),
)
# What a server lets through: no line ends, and nothing that ends a text.
KNOWN_VALUES = [
    "compute 2.1",
    "compute 2.69",
    "compute 2.104",
    "volume 3.71",
    "close, x-auth-token, content-length",
    "x-openstack-request-id",
    "chunked",
    "identity",
    "100-continue",
    "websocket",
    OWN,
    "admin",
]
VALUES = st.one_of(
    st.sampled_from(KNOWN_VALUES),
    st.from_regex(r"[\t -~\x80-\xff]{0,20}", fullmatch=True),
)
PLACES = [
    "server.name",
    "server.imageRef",
    "volume.size",
    "addFloatingIp.address",
    "addSecurityGroup.name",
    "server.min_count",
]


def places(action: Action) -> list[Place]:
    """Where a body of an action names something."""
    found = [field.at for field in (*action.near, *action.needs)]
    found += [field.at for field in action.request]
    found += [at for at in (action.zone, action.networks) if at is not None]
    if action.splits[0]:
        found.append((action.splits[0], "[]", action.splits[1]))
    return found + [tuple(text.split(".")) for text in PLACES]


def put(node: Any, at: Place, value: Any) -> Any:
    """A document with a value at a place, and what is on the way there."""
    if not at:
        return value
    step, rest = at[0], at[1:]
    if step == "[]":
        inner = node[0] if isinstance(node, list) and node else None
        return [put(inner, rest, value)]
    document = dict(node) if isinstance(node, dict) else {}
    key = "any" if step == "*" else step
    document[key] = put(document.get(key), rest, value)
    return document


@st.composite
def bodies(draw: st.DrawFn, action: Action) -> bytes:
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.binary(max_size=20))
    if kind == 1:
        return json.dumps(draw(JSON)).encode()
    document: Any = {}
    for at in draw(st.lists(st.sampled_from(places(action)), max_size=4)):
        document = put(document, at, draw(st.one_of(TEXT, TEXT, JSON)))
    for field in action.near:
        if field.where is not None:
            for holder, _ in list(slots(document, field.at)):
                holder[field.where[0]] = field.where[1]
    return json.dumps(document).encode()


@st.composite
def targets(draw: st.DrawFn, service: Service, action: Action) -> bytes:
    segments = [
        draw(st.one_of(IDS, IDS, TEXT)) if segment.startswith(("{", "**")) else segment
        for segment in action.path.strip("/").split("/")
    ]
    if draw(st.integers(0, 9)) == 0:
        segments.insert(draw(st.integers(0, len(segments))), draw(TEXT))
    root = draw(
        st.sampled_from(
            [service.root, f"{service.root}/{PROJECT}"] * 9 + ["", "/v2", "/.."]
        )
    )
    path = f"{root}/{'/'.join(segments)}"
    pairs = draw(
        st.lists(
            st.tuples(
                st.one_of(
                    st.sampled_from(
                        "limit marker offset sort_key sort_dir sort host name "
                        "all_tenants tricircle_marker reservation_id status "
                        "availability_zone changes-since with_count".split()
                    ),
                    TEXT,
                ),
                TEXT,
            ),
            max_size=3,
        )
    )
    encode: Callable[[str], str] = quote if draw(st.booleans()) else str
    query = "&".join(f"{encode(key)}={encode(value)}" for key, value in pairs)
    return f"{path}?{query}".encode("utf-8", "surrogateescape")


def plausible(sent: Sent) -> tuple[int, Any]:
    """One of everything."""
    segments = [part for part in unquote(sent.path).split("/") if part]
    item = {
        "id": S1,
        "name": "x",
        "links": [{"rel": "self", "href": f"http://{sent.host}{sent.path}"}],
        "created": "2026-01-01T00:00:00Z",
        "size": 1,
        "vcpus": 1,
        "ram": 64,
        "disk": 1,
        "extra_specs": {},
        "members": [],
        "hosts": [],
        "metadata": {},
        "public_key": "ssh-rsa x",
        "project_id": PROJECT,
        "tenant_id": PROJECT,
        "OS-EXT-SRV-ATTR:reservation_id": "r-1",
    }
    nouns = {
        "servers": "server",
        "volumes": "volume",
        "snapshots": "snapshot",
        "backups": "backup",
        "attachments": "attachment",
        "groups": "group",
        "flavors": "flavor",
        "os-keypairs": "keypair",
        "os-server-groups": "server_group",
        "os-aggregates": "aggregate",
        "types": "volume_type",
        "group_types": "group_type",
    }
    for at, segment in enumerate(segments):
        if segment in nouns:
            noun = nouns[segment]
            last = segments[at + 1 :]
            if len(last) == 2 and last[1] == "encryption":
                return 200, {}
            if sent.method == "GET" and last in ([], ["detail"]):
                items = [{"keypair": item}] if noun == "keypair" else [item]
                plural = "server_groups" if noun == "server_group" else f"{noun}s"
                return 200, {segment if segment == plural else plural: items}
            return 200, {noun: item}
    if segments[-1] == "os-services":
        return 200, {"services": [item]}
    return 404, {}


@st.composite
def inputs(draw: st.DrawFn) -> dict[str, Any]:
    service = draw(st.sampled_from(SERVICES))
    resource = draw(st.sampled_from(service.resources))
    action = draw(st.sampled_from(resource.actions))
    methods = [*(action.methods or ("GET", "POST", "PUT", "DELETE"))]
    return {
        "type": service.type,
        "method": draw(st.sampled_from([*methods * 8, "HEAD", "PATCH", "OPTIONS"])),
        "target": draw(targets(service, action)),
        "headers": [
            (name.encode(), value.encode("latin-1"))
            for name, value in draw(
                st.lists(st.tuples(NAMES, VALUES), max_size=4, unique_by=lambda p: p[0])
            )
        ],
        "body": draw(st.one_of(st.just(b""), bodies(action))),
        "used": draw(st.sampled_from(["good", "good", "good", "ruled"])),
        "has": draw(st.booleans()),
    }


KNOWN_HEADERS = [
    (name.encode(), value.encode("latin-1"))
    for name in KNOWN_NAMES
    for value in KNOWN_VALUES
]
EACH = 20
"""So many inputs are made of each that is drawn."""


@effort(300, EACH)
@given(inputs(), st.integers(0, 2**32))
def test_whatever_is_asked_for(drawn: dict[str, Any], seed: int) -> None:
    mutation = Mutation(Random(seed), HOSTILE + KNOWN_IDS, KNOWN_HEADERS)  # noqa: S311
    service = next(service for service in SERVICES if service.type == drawn["type"])

    async def main() -> None:
        ether = Ether(service, TOKENS)
        for type in NOUNS:
            ether.placement.learn(type, S1, ether.placement.pods[0], PROJECT)
        for asked in mutation.variants(drawn, EACH - 1):
            note(repr(asked))
            ether.says = plausible if asked["has"] else nothing
            pairs = [(b"x-auth-token", asked["used"].encode()), *asked["headers"]]
            method, target, body = asked["method"], asked["target"], asked["body"]
            _, sent = await over(ether, method, target, pairs, body)
            for one in sent:
                check(one, asked["used"])

    run(main())
