# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Calls reach pods over real sockets; whatever pods do there, nobody else suffers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.unit.tricircle.gateway.pod import Talk, always, call, pod, run
from tricircle.gateway.line import Limits
from tricircle.gateway.message import Answer, Lost, Patience
from tricircle.gateway.transport import Transport

LONG = 15.0
"""Seconds that nothing here takes, on a machine that is busy with other things too."""
TIMES = {Patience.FANOUT: 0.2, Patience.READ: 0.3, Patience.WRITE: 0.4}
"""For those who wait in vain."""


def limits(**more: Any) -> Limits:
    patient = dict.fromkeys(Patience, LONG)
    return Limits(**{"connect": LONG, "first_byte": patient, "body": LONG, **more})


async def send(
    transport: Transport, origin: str, *args: object, **more: object
) -> Answer | Lost:
    return await transport.send(call(*args, **more), origin, whole=False)  # type: ignore[arg-type]


class Pieces:
    """A body that comes in pieces."""

    def __init__(self, *pieces: bytes, length: int | None = None) -> None:
        self.length = length
        self._pieces = pieces
        self.given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.given += 1
            yield piece

    async def aclose(self) -> None:
        pass


def test_a_call_goes_out_as_it_is_and_its_answer_comes_back() -> None:
    async def main() -> None:
        async with pod() as fake:
            transport = Transport(limits())
            answer = await send(
                transport,
                fake.origin,
                "POST",
                query="a=b",
                headers=[(b"x-auth-token", b"t")],
                body=b'{"server": {}}',
            )
            assert isinstance(answer, Answer)
            assert (answer.status, answer.body, answer.region) == (200, b"{}", "Pod1")
            (request,) = fake.requests
            head, _, body = request.partition(b"\r\n\r\n")
            assert head.split(b"\r\n") == [
                b"POST /v2.1/servers?a=b HTTP/1.1",
                b"host: " + fake.origin.removeprefix("http://").encode(),
                b"x-auth-token: t",
                b"content-length: 14",
            ]
            assert body == b'{"server": {}}'

    run(main())


def test_connections_are_kept_and_used_again() -> None:
    async def main() -> None:
        async with pod() as fake:
            transport = Transport(limits())
            for _ in range(5):
                assert isinstance(await send(transport, fake.origin), Answer)
            assert (fake.connections, len(fake.requests)) == (1, 5)

    run(main())


async def once(talk: Talk) -> None:
    await talk.request()
    await talk.answer()


def test_a_read_survives_a_connection_that_the_pod_closed() -> None:
    async def main() -> None:
        async with pod(once) as fake:
            transport = Transport(limits())
            for _ in range(3):
                assert isinstance(await send(transport, fake.origin), Answer)
            assert fake.connections == 3

    run(main())


def test_a_change_is_never_sent_twice() -> None:
    async def main() -> None:
        async def reads_then_hangs_up(talk: Talk) -> None:
            await talk.request()
            if len(talk.pod.requests) == 1:
                await talk.answer()
                await talk.request()

        async with pod(reads_then_hangs_up) as fake:
            transport = Transport(limits())
            await send(transport, fake.origin)
            lost = await send(transport, fake.origin, "POST", body=b"{}")
            assert lost == Lost("Pod1", "closed the connection", in_doubt=True)
            assert len(fake.requests) == 2

    run(main())


def test_a_change_does_not_use_a_connection_that_was_idle_for_long() -> None:
    async def main() -> None:
        now = 100.0
        async with pod() as fake:
            transport = Transport(limits(), clock=lambda: now)
            await send(transport, fake.origin)
            now += 2
            await send(transport, fake.origin)
            assert fake.connections == 1
            now += 2
            await send(transport, fake.origin, "POST", body=b"{}")
            assert fake.connections == 2

    run(main())


def test_a_pod_that_does_not_listen_did_not_get_it() -> None:
    async def main() -> None:
        async with pod() as fake:
            pass
        lost = await send(Transport(limits()), fake.origin, "POST", body=b"{}")
        assert lost == Lost("Pod1", "does not answer", in_doubt=False)

    run(main())


@pytest.mark.parametrize("patience", list(Patience))
def test_waiting_is_bounded(patience: Patience) -> None:
    async def main() -> None:
        async def silent(talk: Talk) -> None:
            await talk.request()
            await talk.reader.read()

        method = "POST" if patience is Patience.WRITE else "GET"
        async with pod(silent) as fake:
            transport = Transport(limits(first_byte=TIMES))
            lost = await send(transport, fake.origin, method, patience=patience)
            text = f"did not answer within {TIMES[patience]:g} s"
            assert lost == Lost("Pod1", text, in_doubt=method == "POST")

    run(main())


def test_an_answer_that_stops_in_the_middle_is_none() -> None:
    async def main() -> None:
        head = b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n"

        async def stops(talk: Talk) -> None:
            await talk.request()
            await talk.say(head + b"content-length: 9\r\n\r\n{")

        async def stalls(talk: Talk) -> None:
            await stops(talk)
            await talk.reader.read()

        async with pod(stops) as fake:
            lost = await send(Transport(limits()), fake.origin)
            text = "closed the connection in the middle of its answer"
            assert lost == Lost("Pod1", text, in_doubt=False)
            lost = await send(Transport(limits()), fake.origin, "POST")
            assert lost == Lost("Pod1", text, in_doubt=True)
        async with pod(stalls) as fake:
            lost = await send(Transport(limits(body=0.1)), fake.origin)
            assert lost == Lost("Pod1", "did not finish its answer", in_doubt=False)

    run(main())


NONSENSE = {
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 X\r\ncontent-length: 2\r\n"
    b"content-length: 3\r\n\r\n{}}",
    "length and chunks": b"HTTP/1.1 200 X\r\ncontent-length: 2\r\n"
    b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "bad chunk": b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n"
    b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "bare line feeds": b"HTTP/1.1 200 X\ncontent-length: 2\n\n{}",
    "endless head": b"HTTP/1.1 200 X\r\n" + b"x-a: " + b"a" * 500_000,
}


@pytest.mark.parametrize("said", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_no_answer_and_ends_the_connection(said: bytes) -> None:
    async def main() -> None:
        async def nonsense(talk: Talk) -> None:
            await talk.request()
            await talk.say(said)
            await talk.reader.read()

        async with pod(nonsense) as fake:
            transport = Transport(limits())
            lost = await send(transport, fake.origin)
            assert isinstance(lost, Lost)
            assert "did not answer" not in lost.reason
            while fake.open:
                await asyncio.sleep(0)

    run(main())


def test_a_second_answer_to_one_request_is_not_taken_for_the_next() -> None:
    async def main() -> None:
        async def twice(talk: Talk) -> None:
            await talk.request()
            await talk.answer(b'{"n": 1}')
            await talk.answer(b'{"n": "smuggled"}')
            await talk.reader.read()

        async with pod(twice) as fake:
            transport = Transport(limits())
            first = await send(transport, fake.origin)
            assert isinstance(first, Answer)
            assert first.body == b'{"n": 1}'
            second = await send(transport, fake.origin)
            assert isinstance(second, Answer)
            assert second.body == b'{"n": 1}'
            assert fake.connections == 2

    run(main())


def test_interim_answers_are_passed_over() -> None:
    async def main() -> None:
        async def interim(talk: Talk) -> None:
            await talk.request()
            await talk.say(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n")
            await talk.answer(b'{"a": 1}')

        async with pod(interim) as fake:
            answer = await send(Transport(limits()), fake.origin)
            assert isinstance(answer, Answer)
            assert (answer.status, answer.body) == (200, b'{"a": 1}')
            assert answer.header(b"link") == b""

    run(main())


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body_leave_the_connection_usable(status: int) -> None:
    async def main() -> None:
        async def empty(talk: Talk) -> None:
            while True:
                await talk.request()
                await talk.say(f"HTTP/1.1 {status} X\r\n\r\n".encode())

        async with pod(empty) as fake:
            transport = Transport(limits())
            for _ in range(2):
                answer = await transport.send(call(), fake.origin, whole=True)
                assert isinstance(answer, Answer)
                assert (answer.status, answer.body) == (status, b"")
            assert fake.connections == 1

    run(main())


def test_the_answer_to_a_head_has_no_body_whatever_its_length() -> None:
    async def main() -> None:
        async def head(talk: Talk) -> None:
            await talk.request()
            await talk.say(b"HTTP/1.1 200 X\r\ncontent-length: 5\r\n\r\n")
            await talk.reader.read()

        async with pod(head) as fake:
            answer = await Transport(limits()).send(
                call("HEAD"), fake.origin, whole=True
            )
            assert isinstance(answer, Answer)
            assert answer.body == b""

    run(main())


def test_a_body_that_ends_with_the_connection_is_whole() -> None:
    async def main() -> None:
        async def old(talk: Talk) -> None:
            await talk.request()
            await talk.say(b"HTTP/1.0 200 X\r\ncontent-type: application/json\r\n\r\n")
            await talk.say(b"{}")

        async with pod(old) as fake:
            answer = await send(Transport(limits()), fake.origin)
            assert isinstance(answer, Answer)
            assert answer.body == b"{}"

    run(main())


def test_what_is_no_json_is_a_stream_that_does_not_fill_the_memory() -> None:
    async def main() -> None:
        sent = 0

        async def image(talk: Talk) -> None:
            nonlocal sent
            await talk.request()
            await talk.say(b"HTTP/1.1 200 X\r\ncontent-length: 33554432\r\n\r\n")
            for _ in range(512):
                await talk.say(b"x" * 65536)
                sent += 65536

        async with pod(image) as fake:
            answer = await send(Transport(limits()), fake.origin)
            assert isinstance(answer, Answer)
            assert not isinstance(answer.body, bytes)
            assert answer.body.length == 33554432
            before = -1
            while before != sent:  # until the pod can send no more
                before = sent
                await asyncio.sleep(0.05)
            assert sent < 12 * 1024 * 1024  # the kernel's buffers, and ours
            got = 0
            async for chunk in answer.body:
                got += len(chunk)
            assert got == 33554432

    run(main())


def test_a_stream_that_is_given_up_ends_its_connection_and_its_turn() -> None:
    async def main() -> None:
        async def endless(talk: Talk) -> None:
            await talk.request()
            await talk.say(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")
            while True:
                await talk.say(b"5\r\nxxxxx\r\n")
                await asyncio.sleep(0)

        async with pod(endless) as fake:
            transport = Transport(limits(concurrent=1))
            for _ in range(3):
                answer = await send(transport, fake.origin)
                assert isinstance(answer, Answer)
                assert not isinstance(answer.body, bytes)
                async for _ in answer.body:
                    break
                await answer.body.aclose()
            while fake.open:
                await asyncio.sleep(0)

    run(main())


def test_a_stream_that_stalls_breaks_off() -> None:
    async def main() -> None:
        async def stalls(talk: Talk) -> None:
            await talk.request()
            await talk.say(b"HTTP/1.1 200 X\r\ncontent-length: 10\r\n\r\nxx")
            await talk.reader.read()

        async with pod(stalls) as fake:
            answer = await send(Transport(limits(body=0.1)), fake.origin)
            assert isinstance(answer, Answer)
            assert not isinstance(answer.body, bytes)
            with pytest.raises(ConnectionError, match="sent nothing for"):
                async for _ in answer.body:
                    pass

    run(main())


@pytest.mark.parametrize("length", [6, None])
def test_a_body_is_streamed_to_the_pod(length: int | None) -> None:
    async def main() -> None:
        async with pod() as fake:
            body = Pieces(b"abc", b"def", length=length)
            answer = await send(Transport(limits()), fake.origin, "PUT", body=body)
            assert isinstance(answer, Answer)
            head, _, sent = fake.requests[0].partition(b"\r\n\r\n")
            if length is None:
                assert b"transfer-encoding: chunked" in head
                assert sent == b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"
            else:
                assert b"content-length: 6" in head
                assert sent == b"abcdef"

    run(main())


def test_a_pod_that_reads_slowly_slows_the_sender() -> None:
    async def main() -> None:
        goes_on = asyncio.Event()

        async def slow(talk: Talk) -> None:
            await goes_on.wait()
            await talk.request()
            await talk.answer()

        async with pod(slow) as fake:
            body = Pieces(*[b"x" * 65536] * 512, length=512 * 65536)
            transport = Transport(limits())
            async with asyncio.TaskGroup() as group:
                task = group.create_task(send(transport, fake.origin, "PUT", body=body))
                before = 0
                while not before or before != body.given:  # until no more can be sent
                    before = body.given
                    await asyncio.sleep(0.05)
                assert body.given < 200
                goes_on.set()
            assert isinstance(task.result(), Answer)
            assert body.given == 512

    run(main())


def test_a_client_that_goes_away_while_it_sends_leaves_no_half_request() -> None:
    async def main() -> None:
        class Breaks(Pieces):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                yield b"abc"
                raise ConnectionResetError("the client went away")

        async with pod() as fake:
            body = Breaks(length=6)
            lost = await send(Transport(limits()), fake.origin, "PUT", body=body)
            assert isinstance(lost, Lost)
            while fake.open:
                await asyncio.sleep(0)
            assert fake.requests == []

    run(main())


def test_a_cancelled_call_leaves_no_answer_for_the_next_one() -> None:
    async def main() -> None:
        asked, cancelled = asyncio.Event(), asyncio.Event()

        async def late(talk: Talk) -> None:
            await talk.request()
            asked.set()
            await cancelled.wait()
            await talk.answer(b'{"whose": "the first"}')
            await always(talk)

        async with pod(late) as fake:
            transport = Transport(limits(concurrent=1))
            async with asyncio.TaskGroup() as group:
                task = group.create_task(send(transport, fake.origin))
                await asked.wait()
                task.cancel()
            cancelled.set()
            while fake.open:
                await asyncio.sleep(0)
            answer = await send(transport, fake.origin)
            assert isinstance(answer, Answer)
            assert fake.connections == 2

    run(main())


def test_a_pod_that_hangs_takes_no_more_than_its_share() -> None:
    async def main() -> None:
        enough = asyncio.Event()

        async def silent(talk: Talk) -> None:
            await talk.request()
            await enough.wait()

        async with pod(silent) as hangs, pod() as well:
            transport = Transport(limits(concurrent=2, waiting=1, failures=99))
            async with asyncio.TaskGroup() as group:
                stuck = [
                    group.create_task(send(transport, hangs.origin)) for _ in range(3)
                ]
                while not any(line.waiting for line in transport.lines):
                    await asyncio.sleep(0)
                turned_away = await send(transport, hangs.origin)
                assert turned_away == Lost(
                    "Pod1", "has too many calls waiting", in_doubt=False, busy=True
                )
                assert isinstance(await send(transport, well.origin), Answer)
                enough.set()
            assert all(isinstance(task.result(), Lost) for task in stuck)

    run(main())


def test_a_pod_that_fails_is_left_alone_and_then_tried() -> None:
    async def main() -> None:
        now = 0.0
        up = False

        async def moody(talk: Talk) -> None:
            await talk.request()
            if up:
                await talk.answer()

        async with pod(moody) as fake:
            transport = Transport(limits(failures=2), clock=lambda: now)
            for _ in range(2):
                await send(transport, fake.origin)
            tried = len(fake.requests)
            lost = await send(transport, fake.origin)
            assert lost == Lost("Pod1", "did not answer lately", in_doubt=False)
            assert len(fake.requests) == tried
            now, up = 6.0, True
            assert isinstance(await send(transport, fake.origin), Answer)
            assert isinstance(await send(transport, fake.origin), Answer)

    run(main())


def test_an_answer_without_end_is_refused() -> None:
    async def main() -> None:
        async def endless(talk: Talk) -> None:
            await talk.request()
            await talk.say(
                b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n"
                b"transfer-encoding: chunked\r\n\r\n"
            )
            while True:
                await talk.say(b"400\r\n" + b" " * 1024 + b"\r\n")

        async with pod(endless) as fake:
            transport = Transport(limits(max_answer=100_000))
            lost = await send(transport, fake.origin)
            text = "answered with more than 100000 bytes"
            assert lost == Lost("Pod1", text, in_doubt=False)

    run(main())


@pytest.mark.parametrize(
    "wrong", [{"connect": 0}, {"first_byte": {}}, {"concurrent": 0}]
)
def test_limits_by_which_nothing_could_be_sent_are_refused(
    wrong: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match=r"0 seconds|patience|1 or more"):
        limits(**wrong)
