"""The stand-in for the model's service: agents get a token, the service gets the key, and nothing else changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cockpit import events
from cockpit.commands import StartNight
from cockpit.config import Config
from cockpit.days import local
from cockpit.engine.environment import can_stand_in, without_keys
from cockpit.engine.network import is_cut
from cockpit.events import Recorded
from cockpit.fold import fold
from cockpit.hosts.stand_in_server import Refused, StandIn, Upstream, rewritten
from cockpit.policy.requests import answer

HEAD = b"POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:9\r\nx-api-key: run-token\r\nContent-Length: 2"
ANSWER = (
    b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nanthropic-ratelimit-requests-remaining: 0\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n6\r\ndata:1\r\n6\r\ndata:2\r\n0\r\n\r\n"
)


def test_the_key_takes_the_place_of_the_token_and_the_address_that_of_ours() -> None:
    changed, length = rewritten(HEAD, Upstream("https://gate.example/llm/", key="real"), "run-token")
    lines = changed.decode().split("\r\n")
    assert lines[0] == "POST /llm/v1/messages HTTP/1.1"
    assert {"Host: gate.example", "x-api-key: real", "Content-Length: 2"} <= set(lines)
    assert "run-token" not in changed.decode()
    assert length == 2


def test_a_gateways_token_goes_as_a_bearer() -> None:
    head = b"GET /v1/models HTTP/1.1\r\nauthorization: Bearer run-token\r\nTransfer-Encoding: chunked"
    changed, length = rewritten(head, Upstream("http://gate:81", token="theirs"), "run-token")
    assert b"Authorization: Bearer theirs" in changed
    assert b"x-api-key" not in changed
    assert length is None


@pytest.mark.parametrize("token", [b"", b"x-api-key: other", b"Authorization: Bearer \xff"])
def test_without_the_runs_token_nothing_is_passed_on(token: bytes) -> None:
    with pytest.raises(Refused, match="not the token"):
        rewritten(b"POST / HTTP/1.1\r\n" + token, Upstream("http://x", key="real"), "run-token")


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(Refused, match="no request"):
        rewritten(b"CONNECT example.org:443 HTTP/1.1", Upstream("http://x", key="real"), "run-token")


def test_who_it_stands_in_for() -> None:
    key = {"ANTHROPIC_API_KEY": "k"}
    assert can_stand_in(key, "claude")
    assert not can_stand_in(key, "terminal")
    assert not can_stand_in({}, "claude")
    assert not can_stand_in(key | {"CLAUDE_CODE_USE_BEDROCK": "1"}, "claude")
    assert without_keys(key | {"HOME": "/h"}) == {"HOME": "/h"}


@asynccontextmanager
async def between(answer: bytes) -> AsyncIterator[tuple[int, list[bytes], asyncio.Event]]:
    """A service that gives `answer` to each request, and a stand-in before it: port, what came, who left."""
    came: list[bytes] = []
    left = asyncio.Event()

    async def service(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(2)
                came.append(head + body)
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            left.set()
            writer.close()

    async with await asyncio.start_server(service, "127.0.0.1", 0) as real:
        url = f"http://127.0.0.1:{real.sockets[0].getsockname()[1]}"
        stand_in = StandIn(Upstream(url, key="real"), "run-token", {})
        async with await asyncio.start_server(stand_in.serve, "127.0.0.1", 0) as server:
            yield server.sockets[0].getsockname()[1], came, left


async def test_answers_pass_through_unchanged_on_a_connection_that_stays() -> None:
    async with asyncio.timeout(60), between(ANSWER) as (port, came, left):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(HEAD + b"\r\n\r\n{}")
            assert await reader.readexactly(len(ANSWER)) == ANSWER
        assert len(came) == 2
        assert all(b"x-api-key: real" in one and one.endswith(b"{}") for one in came)
        writer.close()
        await left.wait()  # who breaks off here breaks off there


async def test_a_wrong_token_is_answered_as_the_service_would() -> None:
    async with asyncio.timeout(60), between(ANSWER) as (port, came, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD.replace(b"run-token", b"forged") + b"\r\n\r\n{}")
        said = await reader.read()
        assert said.startswith(b"HTTP/1.1 401 ")
        assert b"authentication_error" in said
        assert not came
        writer.close()


async def test_a_service_that_cant_be_reached_is_said() -> None:
    gone = StandIn(Upstream("http://127.0.0.1:1", key="real"), "run-token", {})
    async with asyncio.timeout(60), await asyncio.start_server(gone.serve, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        writer.write(HEAD + b"\r\n\r\n{}")
        assert (await reader.read()).startswith(b"HTTP/1.1 502 ")
        writer.close()


def test_a_night_that_was_begun_without_a_network_stays_so_when_it_is_started_again() -> None:
    begun = [
        Recorded(1, "task/T1", 1, 1.0, events.TaskAdded("T1", "fix")),
        Recorded(2, "night", 1, 1.0, events.NightStarted("n", 1, "main", network=False)),
    ]
    state = fold(begun)
    assert state.night is not None
    for network in (True, False):
        made, said = answer(state, "k", StartNight(2, "main", network=network), "you", 2.0, local)
        assert said.ok
        again = fold([Recorded(n, "night", n, 2.0, one) for n, one in enumerate(made, 3)], state)
        assert again.night is not None
        assert (again.night.agents, again.night.network) == (2, False)
        assert is_cut(Config(), again.night)
    assert not is_cut(Config(), fold([Recorded(1, "night", 1, 1.0, events.NightStarted("n", 1, "main"))]).night)
