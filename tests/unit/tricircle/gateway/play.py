# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Play a golden file: the file is the world, the strategy is what is tested.

A file has a request, the steps that the strategy takes with what each brings, and the
answer. A step is written as its name and what it is about; a call is
``GET Pod1 /v2.1/servers/S1``. Everything else of a call is shown where it matters:
the body, whose token, which microversion.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml

from tricircle.gateway import errors, microversion, steps
from tricircle.gateway.errors import GatewayError
from tricircle.gateway.intake import MAX_BODY
from tricircle.gateway.message import Answer, Call, Identity, Lost, Request, find
from tricircle.gateway.places import Kind
from tricircle.gateway.ports import Intent, Pod, Realised, Record
from tricircle.gateway.router import Table
from tricircle.gateway.services import NOUNS, SERVICES
from tricircle.gateway.spec import Service
from tricircle.gateway.strategies import STRATEGIES
from tricircle.quotas.demand import Demand
from tricircle.quotas.ledger import Raised

Golden = dict[str, Any]

TOKEN = "user-token"


def _region(name: str, host: str, zone: str, own_zone: str) -> Pod:
    """Pod2 is told no zone, and has its services below a path."""
    compute, volume = f"http://{host}:8774", f"http://{host}:8776"
    if name == "Pod2":
        compute, volume = f"https://{host}/compute", f"https://{host}/volume"
    return Pod(
        id=f"{name}-id",
        name=name,
        zone=zone,
        own_zone=own_zone,
        endpoints={"compute": f"{compute}/v2.1", "volume": f"{volume}/v3"},
        versions={"compute": ((2, 1), (2, 104)), "volume": ((3, 0), (3, 71))},
    )


CENTRAL = _region("RegionOne", "central", "", "")
PODS = (_region("Pod1", "pod1", "az1", "nova"), _region("Pod2", "pod2", "az2", ""))
REGIONS = {region.name: region for region in (CENTRAL, *PODS)}
ROOTS = {"compute": "https://cloud:19998", "volume": "https://cloud:19997"}


def play(path: Path) -> tuple[Golden, Golden]:
    """What the file expects, and what happens."""
    golden: Golden = yaml.safe_load(path.read_text())
    service = _service(golden.get("service", "compute"))
    taken: list[Golden] = []
    answer = _run(golden, service, taken)
    steps_given = golden.get("steps", [])
    expected = {
        "steps": [_without(step, "gives", "raises") for step in steps_given],
        "answer": golden["answer"],
    }
    return expected, {"steps": taken, "answer": _shown(answer, golden["answer"])}


def _service(type: str) -> Service:
    return next(service for service in SERVICES if service.type == type)


def exchange(asked: Golden, service: Service) -> steps.Exchange:
    """The request as the strategy gets it."""
    named = {k.lower(): str(v) for k, v in asked.get("headers", {}).items()}
    headers = [(b"x-auth-token", TOKEN.encode())]
    headers += [(k.encode(), v.encode()) for k, v in named.items()]
    regions = [CENTRAL, *PODS]
    offer = microversion.offered(service, regions)
    version, headers = microversion.negotiate(service, headers, offer)
    below, _, query = asked["path"].partition("?")
    match = Table(service).match(asked["method"], below)
    body = json.dumps(asked["body"]).encode() if "body" in asked else None
    assert body is None or len(body) < MAX_BODY
    request = Request(
        method=asked["method"],
        path=below,
        query=query,
        headers=headers,
        identity=Identity(TOKEN, "U", "P", frozenset(asked.get("roles", ())), 2e9),
        request_id="req-1",
        root=ROOTS[service.type],
        version=version,
        document=asked.get("body") if match.action.reads_body else None,
        body=body,
    )
    pods = [REGIONS[name] for name in asked.get("pods", ["Pod1", "Pod2"])]
    return steps.Exchange(request, match, service, pods, CENTRAL, NOUNS)


def _run(golden: Golden, service: Service, taken: list[Golden]) -> Answer:
    world = iter(golden.get("steps", []))
    try:
        made = exchange(golden["request"], service)
        strategy = STRATEGIES[made.match.action.strategy](made)
        step = next(strategy)
        while True:
            taken.append(_plain(step, service))
            scene = next(world, None)
            if scene is None:
                raise AssertionError(f"the file ends before {taken[-1]}")
            if _without(scene, "gives", "raises") != taken[-1]:
                raise AssertionError(f"{taken[-1]} instead of {scene}")
            if "raises" in scene:
                ((name, message),) = scene["raises"].items()
                step = strategy.throw(_error(name, message, service))
            else:
                step = strategy.send(_result(step, scene))
    except StopIteration as stop:
        answer: Answer = stop.value
        return answer
    except GatewayError as error:
        return errors.answer(error, service)


def _error(name: str, message: str, service: Service) -> GatewayError:
    if name == "OverLimit":  # each service has a status of its own for it
        return errors.OverLimit(message, 413 if service.type == "volume" else 403)
    error: GatewayError = getattr(errors, name)(message)
    return error


def _without(mapping: Mapping[str, Any], *keys: str) -> Golden:
    return {key: value for key, value in mapping.items() if key not in keys}


def _shown(answer: Answer, expected: Golden) -> Golden:
    """The answer, with those headers that the file names."""
    assert isinstance(answer.body, bytes)
    shown: Golden = {"status": answer.status}
    if "headers" in expected:
        shown["headers"] = {
            name: find(answer.headers, name.encode()).decode()
            for name in expected["headers"]
        }
    if "body" in expected:
        shown["body"] = json.loads(answer.body) if answer.body else None
        _decode_links(shown["body"])
    return shown


def _decode_links(body: Any) -> None:
    """A cursor is opaque to users, not to whoever reads a golden file."""
    if not isinstance(body, dict):
        return
    for key, links in body.items():
        if key.endswith("_links"):
            for link in links:
                before, _, query = link["href"].partition("?")
                link["href"] = before
                link["query"] = dict(parse_qsl(query))
                cursor = link["query"].get("tricircle_marker")
                if cursor:
                    position = steps_position(cursor)
                    link["query"]["tricircle_marker"] = position


def steps_position(cursor: str) -> Golden:
    """A cursor, for people."""
    from tricircle.gateway.paginate import decode

    position = decode(cursor)
    return {
        "values": list(position.values),
        "region": position.region,
        "after": dict(position.after),
    }


def _call(call: Call, service: Service) -> Any:
    target = f"{call.path}?{call.query}" if call.query else call.path
    text = f"{call.method} {call.region} {target}"
    more: Golden = {}
    if call.service != service.type:
        more["service"] = call.service
    if call.as_admin:
        more["as"] = "operator"
        assert not find(call.headers, b"x-auth-token")
    else:
        assert find(call.headers, b"x-auth-token") == TOKEN.encode()
    assert find(call.headers, b"x-openstack-request-id") == b"req-1"
    version = find(call.headers, b"openstack-api-version").decode()
    if version:
        more["version"] = version.partition(" ")[2]
    if call.body is not None:
        assert isinstance(call.body, bytes)
        more["body"] = json.loads(call.body)
    return {"call": text, **more} if more else text


def _plain(step: steps.Step, service: Service) -> Golden:  # noqa: C901
    """A step, as files write it."""
    match step:
        case steps.Send(call):
            return {"send": _call(call, service)}
        case steps.Gather(calls):
            return {"gather": [_call(call, service) for call in calls]}
        case steps.Find(type, id):
            return {"find": f"{type} {id}"}
        case steps.Consult(type, pods, id, limit, everybodys):
            what = f"{type} {id}" if id else f"{limit} of type {type}"
            where = " ".join(pod.name for pod in pods)
            whose = " of all projects" if everybodys else ""
            return {"consult": f"{what} in {where}{whose}"}
        case steps.Learn(type, ids, pod, project):
            whose = f" of {project}" if project else ""
            return {"learn": f"{type} {' '.join(ids)} in {pod.name}{whose}"}
        case steps.Miss(type, id):
            return {"miss": f"{type} {id}"}
        case steps.Forget(type, id, pod, gone):
            return {"gone" if gone else "deleting": f"{type} {id} in {pod.name}"}
        case steps.Bind(wishes):
            wanted = {
                "type": wishes.type,
                "zone": wishes.zone,
                "pod": wishes.pod,
                "near": [" ".join(pair) for pair in wishes.near],
                "networks": list(wishes.networks),
                "flavor": wishes.flavor and wishes.flavor["id"],
                "count": wishes.count if wishes.count > 1 else None,
            }
            return {"bind": {key: value for key, value in wanted.items() if value}}
        case steps.Begin(type, pod, demand):
            counted = ", counted" if demand is not None else ""
            return {"begin": f"{type} in {pod.name}{counted}"}
        case steps.Afford(takes, type, pod, counts):
            more = {"count": counts.most} if counts.most > 1 else {}
            return {"afford": {**takes}, "of": f"{type} in {pod.name}", **more}
        case steps.Grow(type, id, pod, takes):
            return {"grow": f"{type} {id} in {pod.name}", "to": {**takes}}
        case steps.Shrink(grown):
            return {"shrink": grown.route_id}
        case steps.Complete(intent, id):
            return {"complete": f"{intent.id} as {id}"}
        case steps.Abandon(intent):
            return {"abandon": intent.id}
        case steps.Prepare(wanted, pod, intent):
            about = {
                "pod": pod.name,
                "intent": intent,
                "automatic": wanted.automatic,
                "security_groups": list(wanted.security_groups),
                "interfaces": [
                    {
                        key: value
                        for key, value in {
                            "network": item.network_id,
                            "port": item.port_id,
                            "fixed_ips": list(item.fixed_ips),
                        }.items()
                        if value
                    }
                    for item in wanted.interfaces
                ],
            }
            return {"prepare": {key: value for key, value in about.items() if value}}
        case steps.Claim(realised, id, pod):
            return {"claim": f"{' '.join(realised.pod_ports)} for {id} in {pod.name}"}
        case steps.Undo(realised, pod):
            return {"undo": f"{' '.join(realised.pod_ports)} in {pod.name}"}
        case steps.Refresh(port, pod):
            return {"refresh": f"{port} in {pod.name}"}
        case steps.Release(id, pod, None):
            return {"release": f"{id} in {pod.name}"}
        case steps.Release(id, pod, port):
            return {"release": f"{port} of {id} in {pod.name}"}
        case steps.Translate(pairs, pod, inward):
            way = f"into {pod.name}" if inward else f"out of {pod.name}"
            return {
                "translate": sorted(f"{kind} {id}" for kind, id in pairs),
                "way": way,
            }
        case steps.Recall(key):
            return {"recall": f"{key[0]} {key[-1]}"}
        case steps.Keep(key, _):
            return {"keep": f"{key[0]} {key[-1]}"}


def _result(step: steps.Step, scene: Golden) -> Any:
    """What the file says that a step brings."""
    gives: Any = scene.get("gives")
    match step:
        case steps.Send(call):
            return _answer(call, gives)
        case steps.Gather(calls):
            return [_answer(*pair) for pair in zip(calls, gives, strict=True)]
        case steps.Find() | steps.Bind():
            return REGIONS[gives] if gives else None
        case steps.Consult():
            return [
                Record(
                    one["id"],
                    REGIONS[one["pod"]],
                    one["project_id"],
                    datetime.fromisoformat(one["created_at"]),
                )
                for one in gives or ()
            ]
        case steps.Begin(type, pod):
            return Intent(gives, type, pod, "P")
        case steps.Afford(takes, type, _, counts):
            most = counts.most if gives is None else gives
            return Demand("P", type, takes, takes), most
        case steps.Grow():
            return Raised(gives, "P", {}, {}) if gives else None
        case steps.Prepare():
            return Realised(tuple(gives))
        case steps.Translate():
            pairs = ((key.split(" ", 1), value) for key, value in (gives or {}).items())
            return {(Kind(kind), id): value for (kind, id), value in pairs}
        case _:
            return gives


def _answer(call: Call, gives: Any) -> Answer | Lost:
    if "lost" in gives:
        return Lost(call.region, gives["lost"], in_doubt=gives.get("in_doubt", True))
    body = json.dumps(gives["body"]).encode() if "body" in gives else b""
    headers = [(b"content-type", b"application/json")] if body else []
    headers += [(k.encode(), v.encode()) for k, v in gives.get("headers", {}).items()]
    return Answer(gives["status"], headers, body, call.region)
